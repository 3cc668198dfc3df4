"""Forms of requests: they turn fields into a RequestInput and call nothing.

A form is lenient about what is missing, because drafts and previews are incomplete; the services
say what is required, and `errors_add` puts their sentences beside the fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.errors import Invalid
from portal.ui.forms import LocalDateTimeInput, Segmented, UnitInput
from scheduling.choices import Priority
from tenants.choices_requests import RequestKind
from tenants.models import MAX_JUSTIFICATION, CapacityRequest
from tenants.services.requests import RequestInput

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LASTS = (
    ("open", _("Until released")),
    ("days", _("Some days")),
    ("until", _("To a time")),
)


class MomentField(forms.DateTimeField):
    """A time to which days can be added and that every time zone has.

    Bounds for arithmetic only; the services say which times make sense.
    """

    widget = LocalDateTimeInput
    default_validators = [
        MinValueValidator(datetime(2000, 1, 1, tzinfo=UTC), _("Choose a time in the future.")),
        MaxValueValidator(
            datetime(9000, 1, 1, tzinfo=UTC), _("Choose a time within the next five years.")
        ),
    ]


class RequestForm(forms.Form):
    """What every kind of request has: reason, priority, a deadline for the decision."""

    kind_of_request: ClassVar[str] = ""
    # Longest prefix of a service's field name -> the form's field.
    field_of: Mapping[str, str] = {}
    # What the services need, or what always has a value: not to be called optional.
    answered: ClassVar[frozenset[str]] = frozenset({"priority", "lasts", "pool", "allocation"})

    justification = forms.CharField(
        label=_("Justification"),
        required=False,
        max_length=MAX_JUSTIFICATION,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Seen by the approvers."),
    )
    deadline_at = MomentField(
        label=_("Decide and place by"),
        required=False,
        help_text=_("Seven days after the start where this is empty."),
    )

    def ask(self) -> dict[str, Any]:
        """The ask as the services read it; only what was filled in."""
        raise NotImplementedError

    def until(self, now: datetime) -> datetime | None:
        """When it ends; None for no end."""
        return None

    def as_input(self, now: datetime) -> RequestInput:
        """What is handed to the services; needs a form without errors of its own."""
        data = self.cleaned_data
        return RequestInput(
            kind=self.kind_of_request,
            ask=self.ask(),
            start_at=data.get("start_at") if data.get("start") == "at" else None,
            until_at=self.until(now),
            deadline_at=data.get("deadline_at"),
            priority=data.get("priority") or Priority.NORMAL,
            preemptible=bool(data.get("preemptible")),
            justification=data.get("justification", ""),
        )

    def errors_add(self, error: Invalid) -> None:
        """Put each sentence of a service beside the field that it is about."""
        for name, sentences in error.fields.items():
            for sentence in sentences:
                self.add_error(self._field(name), str(sentence))

    def _field(self, name: str) -> str | None:
        prefixes = sorted(self.field_of, key=len, reverse=True)
        found = next((self.field_of[p] for p in prefixes if name.startswith(p)), name)
        return found if found in self.fields else None


class DecidedForm(RequestForm):
    """What is done with the decision: nothing is placed, so the deadline is that of the answer."""

    deadline_at = MomentField(
        label=_("Decide by"),
        required=False,
        help_text=_("Seven days from now where this is empty."),
    )


class QuotaForm(DecidedForm):
    """New guaranteed amounts in a pool: one field for each resource."""

    kind_of_request = RequestKind.QUOTA
    field_of = {"ask.pool": "pool"}

    pool = forms.ChoiceField(label=_("Pool"), required=False)

    def __init__(
        self,
        *args: Any,
        pools: list[tuple[str, str]],
        amounts: Mapping[str, tuple[StrOrPromise, StrOrPromise, int]],
        **kwargs: Any,
    ) -> None:
        """`amounts` maps a resource to (title, unit, guaranteed now in base units)."""
        super().__init__(*args, **kwargs)
        self.fields["pool"].choices = pools  # type: ignore[attr-defined]
        self.now = {resource: now for resource, (_title, _unit, now) in amounts.items()}
        for resource, (title, unit, now) in amounts.items():
            self.fields[f"g_{resource}"] = forms.DecimalField(
                label=title,
                required=False,
                min_value=0,
                max_digits=18,
                decimal_places=10,
                initial=base_to_shown(now, resource),
                widget=UnitInput(unit, attrs={"step": "any", "inputmode": "decimal"}),
            )
        self.field_of = {
            **QuotaForm.field_of,
            **{f"ask.guaranteed.{resource}": f"g_{resource}" for resource in amounts},
        }

    def ask(self) -> dict[str, Any]:
        """Only amounts that are to change."""
        wanted = {
            resource: shown_to_base(self.cleaned_data[f"g_{resource}"], resource)
            for resource in self.now
            if self.cleaned_data.get(f"g_{resource}") is not None
        }
        changed = {name: value for name, value in wanted.items() if value != self.now[name]}
        return {"pool": self.cleaned_data.get("pool", ""), "guaranteed": changed}


class RenewForm(DecidedForm):
    """Another end for an allocation that runs."""

    kind_of_request = RequestKind.RENEW
    field_of = {"ask.allocation": "allocation", "until": "until_at"}

    allocation = forms.ChoiceField(label=_("Allocation"), required=False)
    lasts = forms.ChoiceField(
        label=_("Keep it"), choices=LASTS, initial="days", widget=Segmented, required=False
    )
    keep_days = forms.IntegerField(
        label=_("Days from now"),
        required=False,
        min_value=1,
        max_value=1830,
        initial=7,
        widget=UnitInput(_("d")),
    )
    until_at = MomentField(label=_("Until"), required=False)

    def __init__(self, *args: Any, allocations: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["allocation"].choices = [("", _("Choose one")), *allocations]  # type: ignore[attr-defined]

    def ask(self) -> dict[str, Any]:
        """The allocation."""
        chosen = self.cleaned_data.get("allocation")
        return {"allocation": int(chosen)} if chosen else {}

    def until(self, now: datetime) -> datetime | None:
        """As chosen."""
        return until_of(self.cleaned_data, now)


def until_of(data: Mapping[str, Any], begins: datetime) -> datetime | None:
    """The end that the three fields `lasts`, `keep_days` and `until_at` mean together."""
    if data.get("lasts") == "days" and data.get("keep_days"):
        return begins + timedelta(days=data["keep_days"])
    return data.get("until_at") if data.get("lasts") == "until" else None


def times_initial(request: CapacityRequest) -> dict[str, Any]:
    """Times of a request as the form's fields hold them."""
    return {
        "start": "at" if request.start_at else "now",
        "start_at": local(request.start_at),
        "lasts": "until" if request.until_at else "open",
        "until_at": local(request.until_at),
        "deadline_at": local(request.deadline_at),
        "priority": request.priority,
        "preemptible": request.preemptible,
        "justification": request.justification,
    }


def local(at: datetime | None) -> datetime | None:
    """The viewer's own time, as a field of the browser shows it."""
    return timezone.localtime(at) if at else None


def shown_to_base(value: Decimal, resource: str) -> int:
    """Cores to milli-cores, GiB to bytes; whole devices stay."""
    return round(value * {"cpu": 1000, "memory": 2**30}.get(resource, 1))


def base_to_shown(value: int, resource: str) -> str:
    """Milli-cores to cores, bytes to GiB, without zeros at the end."""
    size = {"cpu": 1000, "memory": 2**30}.get(resource, 1)
    text = f"{value / size:.10f}".rstrip("0").rstrip(".")
    return text or "0"
