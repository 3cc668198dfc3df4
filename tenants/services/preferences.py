"""How a person wants to see Berth."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from portal.errors import Denied, FieldErrors
from portal.viewer import Viewer
from tenants.choices import Density, Theme
from tenants.inputs import choice_check
from tenants.models import UserPreference
from tenants.selectors.viewers import Preference
from tenants.zones import zones_known


@transaction.atomic
def preference_set(*, preference: Preference, viewer: Viewer) -> Preference:
    """Store one's own preference, whole.

    Not audited: it changes nobody's rights and nothing but one's own pages. Raises Invalid, or
    Denied for anybody but a person.
    """
    if viewer.kind != "user" or viewer.user_id is None:
        raise Denied(_("Only a person has preferences. Sign in with your account."))
    errors = FieldErrors()
    choice_check(errors, "theme", preference.theme, Theme.values)
    choice_check(errors, "density", preference.density, Density.values)
    languages = {code for code, _title in settings.LANGUAGES}
    choice_check(errors, "language", preference.language, {"", *languages})
    if preference.time_zone and preference.time_zone not in zones_known():
        errors.add("time_zone", _("A name such as Europe/Berlin or Asia/Shanghai."))
    errors.raise_any()
    values = {name: getattr(preference, name) for name in Preference.__dataclass_fields__}
    UserPreference.objects.update_or_create(user_id=viewer.user_id, defaults=values)
    return preference
