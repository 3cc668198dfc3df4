"""Rights in words of people, and icons of what is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from portal.joins import comma_join
from portal.ui.units import amount_text, moment_text, resource_title
from scheduling.words import amount_words
from tenants.choices import PlatformRoleName, Role, TenantKind
from tenants.roles import READ

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

VERB_TITLES: Mapping[str, StrOrPromise] = {
    READ: _("Read whatever you may read"),
    "tenant.view": _("See the tenant"),
    "tenant.create": _("Create tenants below it"),
    "tenant.edit": _("Change title and kind"),
    "tenant.move": _("Move tenants"),
    "tenant.archive": _("Archive tenants"),
    "member.view": _("See members"),
    "member.edit": _("Add, change and remove members"),
    "token.view": _("See tokens"),
    "token.create": _("Make tokens, end one's own"),
    "token.edit": _("End the tokens of others"),
    "pool.view": _("See pools"),
    "pool.edit": _("Change pools"),
    "limits.edit": _("Set limits for automatic approval"),
    "quota.view": _("See quota"),
    "quota.edit": _("Change quota"),
    "request.view": _("See requests"),
    "request.create": _("Ask for capacity"),
    "request.decide": _("Approve and reject requests"),
    "allocation.view": _("See allocations"),
    "allocation.edit": _("Change allocations"),
    "allocation.release": _("Release allocations"),
    "audit.view": _("See what was done"),
    "job.view": _("See jobs"),
    "job.control": _("Cancel and repeat jobs"),
    "cluster.view": _("See clusters"),
    "cluster.edit": _("Add, change and remove clusters"),
    "node.view": _("See nodes"),
    "namespace.view": _("See namespaces"),
    "namespace.edit": _("Assign namespaces"),
    "drift.view": _("See drift"),
    "drift.edit": _("Settle drift"),
    "user.view": _("See accounts"),
    "user.edit": _("Make and disable accounts"),
    "role.view": _("See platform roles"),
    "role.edit": _("Give and take platform roles"),
}

ROLE_HINTS: Mapping[str, StrOrPromise] = {
    "owner": _("Everything in this tenant and below it, members and tokens too."),
    "member": _("Asks for capacity, changes and releases allocations, makes tokens."),
    "viewer": _("Reads everything but tokens, changes nothing."),
}

ACT_ICONS: Mapping[str, str] = {
    "tenant": "building-community",
    "member": "users",
    "token": "key",
    "quota": "scale",
    "request": "inbox",
    "allocation": "stack-2",
    "job": "player-play",
    "namespace": "box",
    "drift": "git-compare",
}

# Fields whose change is worth a word beside the act's title; what the title says is left out.
FIELD_TITLES: Mapping[str, StrOrPromise] = {
    "title": _("Title"),
    "kind": _("Kind"),
    "path": _("Where"),
    "until": _("Until"),
}
CODES: Mapping[str, StrOrPromise] = {
    code: title for kind in (Role, PlatformRoleName, TenantKind) for code, title in kind.choices
}


def verb_title(verb: str) -> str:
    """What a verb allows; its code where nobody has named it."""
    return str(VERB_TITLES.get(verb, verb))


def change_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What an act changed, "alice, Member → Owner", from the facts kept of it; often empty."""
    subject = after.get("user") or before.get("user") or after.get("name")
    if subject:
        roles = [
            str(CODES.get(facts["role"], facts["role"]))
            for facts in (before, after)
            if facts.get("role")
        ]
        return comma_join(filter(None, (str(subject), " → ".join(roles))))
    if "resource" in after and "guaranteed" in before:
        resource = str(after["resource"])
        old, new = (amount_text(facts["guaranteed"], resource) for facts in (before, after))
        then = amount_words(after["guaranteed"], resource) if new.unit else new.number
        return comma_join((after["pool"], f"{resource_title(resource)} {old.number} → {then}"))
    changed = [name for name in FIELD_TITLES if name in before and before[name] != after.get(name)]
    return comma_join(
        f"{FIELD_TITLES[name]} {_value(name, before[name])} → {_value(name, after.get(name))}"
        for name in changed
    )


def _value(name: str, value: object) -> str:
    if name != "until":
        return str(CODES.get(str(value), value)) if name == "kind" else str(value)
    at = parse_datetime(str(value))
    return moment_text(at, "minute") if at else str(_("no end"))
