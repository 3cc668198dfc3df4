"""How a person wants to be told: two boxes for each kind."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from portal.notices.inbox import Choice
from portal.notices.notify import Ways


class ChoicesForm(forms.Form):
    """Boxes "<kind>.bell" and "<kind>.email"."""

    def __init__(self, choices: list[Choice], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = [choice.kind for choice in choices]
        for choice in choices:
            for way, value in (("bell", choice.ways.bell), ("email", choice.ways.email)):
                label = _("%(kind)s: bell") if way == "bell" else _("%(kind)s: e-mail")
                self.fields[f"{choice.kind}.{way}"] = forms.BooleanField(
                    required=False, initial=value, label=label % {"kind": choice.label}
                )

    def ways(self) -> dict[str, Ways]:
        """What was chosen, by kind."""
        data = self.cleaned_data
        return {kind: Ways(data[f"{kind}.bell"], data[f"{kind}.email"]) for kind in self.kinds}
