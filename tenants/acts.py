"""What tenants and their people do, in words of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ACTS: Mapping[str, StrOrPromise] = {
    "tenant.create": _("Tenant created"),
    "tenant.edit": _("Tenant changed"),
    "tenant.move": _("Tenant moved"),
    "tenant.archive": _("Tenant archived"),
    "tenant.restore": _("Tenant restored"),
    "member.add": _("Member added"),
    "member.edit": _("Role changed"),
    "member.remove": _("Member removed"),
    "token.create": _("Token made"),
    "token.switch": _("Token switched"),
    "token.revoke": _("Token revoked"),
    "user.create": _("Account made"),
    "user.switch": _("Account switched"),
    "role.grant": _("Platform role given"),
    "role.revoke": _("Platform role taken"),
    "request.draft": _("Request drafted"),
    "request.edit": _("Draft of the request changed"),
    "request.submit": _("Request submitted"),
    "request.rule": _("Request approved by rule"),
    "request.claim": _("Request taken into review"),
    "request.approve": _("Request approved"),
    "request.counter": _("Less offered than requested"),
    "request.accept": _("Offer accepted"),
    "request.decline": _("Offer declined"),
    "request.reject": _("Request rejected"),
    "request.withdraw": _("Request withdrawn"),
    "request.expire": _("Request expired"),
}
# A rule decides on the right to ask of whoever submitted.
BY_BERTH = ("request.rule",)
OBJECTS: Mapping[str, StrOrPromise] = {
    "tenant": _("Tenant"),
    "member": _("Member"),
    "api-key": _("Token"),
    "user": _("Account"),
    "request": _("Request"),
}
