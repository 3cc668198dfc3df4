"""A form and a filter with every kind of field."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.ui.filters import BerthFilterSet
from portal.ui.forms import MonoInput, Segmented, UnitInput


class SampleForm(forms.Form):
    """Fields of a request, none of which does anything."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[("workload", _("Workload")), ("open", _("Open capacity"))],
        widget=Segmented,
        initial="workload",
    )
    runs_as = forms.ChoiceField(
        label=_("Runs as"),
        choices=[("completion", _("To completion")), ("service", _("Service"))],
        widget=Segmented,
        initial="completion",
    )
    name = forms.SlugField(label=_("Name"), initial="asr-finetune-v3", max_length=40)
    image = forms.CharField(
        label=_("Image"), initial="registry.example/speech/asr:3.4.1", widget=MonoInput
    )
    command = forms.CharField(label=_("Command"), required=False, widget=MonoInput)
    pool = forms.ChoiceField(label=_("Pool"), choices=[("h100-train", "h100-train")])
    device = forms.ChoiceField(label=_("Device type"), choices=[("h100", "H100 SXM 80 GB")])
    replicas = forms.IntegerField(label=_("Replicas"), min_value=1, initial=4)
    devices = forms.IntegerField(
        label=_("H100 per replica"), min_value=1, initial=4, widget=UnitInput(_("devices"))
    )
    cores = forms.IntegerField(
        label=_("CPU per replica"), min_value=1, initial=48, widget=UnitInput(_("cores"))
    )
    memory = forms.IntegerField(
        label=_("Memory per replica"), min_value=1, initial=480, widget=UnitInput("GiB")
    )
    keep_for = forms.IntegerField(
        label=_("Keep for"), min_value=1, initial=14, widget=UnitInput(_("days"))
    )
    preemptible = forms.BooleanField(label=_("May be preempted"), required=False)
    reason = forms.CharField(
        label=_("Justification"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Seen by the approvers."),
    )


class SignInForm(forms.Form):
    """What allauth's form looks like."""

    login = forms.CharField(label=_("Username or e-mail"))
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput)
    remember = forms.BooleanField(label=_("Remember me"), required=False)


class SampleFilter(BerthFilterSet):
    """Filters over a plain list; only what the gallery needs of a filter set."""

    class FilterForm(forms.Form):
        """What the bar shows."""

        q = forms.CharField(
            label=_("Name"), required=False, widget=forms.TextInput({"placeholder": _("Name")})
        )
        state = forms.ChoiceField(
            label=_("State"),
            required=False,
            choices=[("", _("Any state")), ("ok", _("Ready")), ("danger", _("Not ready"))],
        )

    def __init__(self, data: Any, rows: list[dict[str, Any]]) -> None:
        super().__init__(data, queryset=_NO_ROWS)
        self._rows = rows

    @cached_property
    def form(self) -> forms.Form:
        """The filter form bound to the address."""
        return self.FilterForm(self.data)

    @property
    def qs(self) -> list[dict[str, Any]]:
        """Rows that match."""
        wanted, state = self.data.get("q", ""), self.data.get("state", "")
        return [
            row
            for row in self._rows
            if wanted in row["name"] and (not state or row["state"][0] == state)
        ]


_NO_ROWS: Any = type("NoRows", (), {"all": lambda self: self, "model": None})()
