"""Forms of the operator's decision."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.ui.forms import UnitInput
from portal.ui.units import amount_text, resource_title
from scheduling.selectors.fleet import resources_ordered
from tenants.choices_requests import RequestKind
from tenants.forms_requests import MomentField, base_to_shown, local, shown_to_base
from tenants.models import MAX_JUSTIFICATION, CapacityRequest
from tenants.offers import Terms


class ReasonForm(forms.Form):
    """Why; the tenant reads it."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=MAX_JUSTIFICATION,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Sent to the tenant."),
    )


class LessForm(ReasonForm):
    """A smaller offer: fields depend on what was asked for."""

    def __init__(self, *args: Any, found: CapacityRequest, terms: Terms, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request_kind, self.terms = found.kind, terms
        self.fields["reason"].required = True
        asked = terms.ask
        if found.kind == RequestKind.ALLOCATION:
            self.amounts = dict(asked["shape"])
            self.fields["replicas"] = forms.IntegerField(
                label=_("Replicas"), min_value=1, max_value=asked["replicas"]
            )
            self.initial.setdefault("replicas", asked["replicas"])
        else:
            self.amounts = dict(asked.get("guaranteed", {}))
        for name in resources_ordered(self.amounts):
            self.fields[f"a_{name}"] = _amount_field(name, self.amounts[name])
        if found.kind != RequestKind.QUOTA:
            self.fields["until_at"] = MomentField(label=_("Ends"), required=False)
            self.initial.setdefault("until_at", local(terms.until_at))
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])
        # A dialog gives the focus to it, else to the button that closes.
        next(iter(self.fields.values())).widget.attrs["autofocus"] = True

    def offered_until(self) -> datetime | None:
        """The end to offer; None where it was left as it is, which the field shows in minutes."""
        until: datetime | None = self.cleaned_data.get("until_at")
        asked = self.terms.until_at
        if until and asked and until == asked.replace(second=0, microsecond=0):
            return None
        return until

    def offer(self) -> dict[str, Any]:
        """The fields of the ask that the offer may change, as the service reads them."""
        data = self.cleaned_data
        amounts = {
            name: shown_to_base(data[f"a_{name}"], name) if f"a_{name}" in data else amount
            for name, amount in self.amounts.items()
        }
        if self.request_kind == RequestKind.ALLOCATION:
            return {"replicas": data["replicas"], "shape": amounts}
        return {"guaranteed": amounts} if amounts else {}


def _amount_field(name: str, asked: int) -> forms.DecimalField:
    unit = amount_text(asked, name).unit or _("devices")
    return forms.DecimalField(
        label=resource_title(name),
        min_value=0,
        max_digits=20,
        decimal_places=10,
        initial=base_to_shown(asked, name),
        widget=UnitInput(unit, attrs={"step": "any", "inputmode": "decimal"}),
    )
