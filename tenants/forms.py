"""Forms of this app: they check shape and call nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from portal.ui.forms import MonoInput, Segmented
from portal.viewer import Viewer
from tenants.choices import Density, PlatformRoleName, Role, TenantKind, Theme
from tenants.models import KEY_HELP, KEY_PATTERN
from tenants.roles import NOT_OF_A_TENANT, READ, READ_VERBS
from tenants.selectors.viewers import Preference
from tenants.words import verb_title
from tenants.zones import zones_known

NONE = "-"  # chosen on purpose; no key and no role is called so
LIVES = ((7, _("7 days")), (30, _("30 days")), (90, _("90 days")))


class TenantForm(forms.Form):
    """Title and kind of a tenant."""

    title = forms.CharField(label=_("Title"), max_length=120)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=TenantKind.choices, initial=TenantKind.PROJECT, widget=Segmented
    )


class TenantNewForm(TenantForm):
    """A new tenant."""

    key = forms.CharField(
        label=_("Key"),
        max_length=40,
        widget=MonoInput,
        help_text=KEY_HELP,
        validators=[RegexValidator(KEY_PATTERN, KEY_HELP)],
    )
    parent = forms.ChoiceField(label=_("Parent"))
    field_order = ("title", "key", "parent", "kind")

    def __init__(self, *args: Any, parents: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].choices = parents  # type: ignore[attr-defined]


class TenantMoveForm(forms.Form):
    """Where a tenant is to hang."""

    parent = forms.ChoiceField(label=_("New parent"))

    def __init__(self, *args: Any, parents: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Nothing is chosen beforehand: each place is a real move.
        choices = [("", _("Choose a place")), *parents] if parents else []
        self.fields["parent"].choices = choices  # type: ignore[attr-defined]


class TenantArchiveForm(forms.Form):
    """Why a tenant is taken out of use."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


class MemberForm(forms.Form):
    """A member to add."""

    user = forms.CharField(label=_("User name or e-mail"), max_length=254)
    role = forms.ChoiceField(
        label=_("Role"), choices=Role.choices, initial=Role.MEMBER, widget=Segmented
    )


class TokenForm(forms.Form):
    """A token to make; offers only what its maker may do."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What will use it, such as “nightly build”.")
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"), choices=LIVES, coerce=int, initial=30, widget=Segmented
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), initial=[READ], widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, viewer: Viewer, tenant_key: str | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = viewer.platform_verbs
        if tenant_key is not None:
            held = viewer.tenant_verbs.get(tenant_key, held) - NOT_OF_A_TENANT
        verbs = [READ, *sorted(held - READ_VERBS)]
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (verb, verb_title(verb)) for verb in verbs
        ]


class UserForm(forms.Form):
    """An account to make."""

    username = forms.CharField(label=_("User name"), max_length=150)
    email = forms.EmailField(label=_("E-mail"), required=False)


class PlatformRoleForm(forms.Form):
    """A platform role; NONE takes it away."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(NONE, _("None")), *PlatformRoleName.choices],
        widget=Segmented,
    )


class PreferenceForm(forms.Form):
    """How one wants to see Berth."""

    language = forms.ChoiceField(
        label=_("Language"),
        choices=[
            (NONE, _("As the browser")),
            *((code, get_language_info(code)["name_local"]) for code, _title in settings.LANGUAGES),
        ],
        widget=Segmented,
    )
    theme = forms.ChoiceField(label=_("Colours"), choices=Theme.choices, widget=Segmented)
    time_zone = forms.ChoiceField(label=_("Time zone"))
    density = forms.ChoiceField(label=_("Density"), choices=Density.choices, widget=Segmented)
    shortcuts = forms.BooleanField(label=_("Single-key shortcuts"), required=False)

    def __init__(self, *args: Any, preference: Preference, **kwargs: Any) -> None:
        shown = {
            "language": preference.language or NONE,
            "time_zone": preference.time_zone or NONE,
        }
        kwargs["initial"] = asdict(preference) | shown
        super().__init__(*args, **kwargs)
        zones = [(zone, zone) for zone in sorted(zones_known())]
        self.fields["time_zone"].choices = [  # type: ignore[attr-defined]
            (NONE, _("As the browser")),
            *zones,
        ]

    def clean_language(self) -> str:
        """Empty stands for the browser's."""
        return _chosen(self.cleaned_data["language"])

    def clean_time_zone(self) -> str:
        """Empty stands for the browser's."""
        return _chosen(self.cleaned_data["time_zone"])


def _chosen(text: str) -> str:
    return "" if text == NONE else text
