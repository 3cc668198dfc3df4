"""Refusals in words, and what of them a viewer may read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from msgspec.structs import replace

from portal.refusal import Refusal
from portal.viewer import Viewer
from scheduling import rules
from scheduling.engine import Check

# Rules whose scope is the key of a tenant.
OF_TENANTS = {rules.QUOTA_CAP, rules.QUOTA_PARENT, rules.QUOTA_CHILDREN, rules.QUOTA_IN_USE}


def refusal_of_quota(
    *, own_key: str, scope_key: str, resource: str, limit: int, now: int, asked: int
) -> Refusal:
    """The refusal of a cap, in the tenant's own words or in its parent's."""
    own = own_key == scope_key
    return Refusal(
        rule=rules.QUOTA_CAP if own else rules.QUOTA_PARENT,
        scope=scope_key,
        dimension=resource,
        limit=limit,
        now=now,
        asked=asked,
        short_by=max(0, now + asked - limit),
        who=_("an owner of the tenant asks, an operator decides"),
        next_step=_("Ask for more quota, ask for less, or release something."),
        next_url=f"/t/{own_key}/requests/new/?kind=quota",
    )


def refusal_advised(refusal: Refusal, *, pool: str, viewer: Viewer) -> Refusal:
    """A cap's refusal with the way out of whoever can raise the cap: an operator asks nobody."""
    if refusal.rule not in (rules.QUOTA_CAP, rules.QUOTA_PARENT) or not viewer.can("quota.edit"):
        return refusal
    return replace(
        refusal,
        who=_("you, or another operator"),
        next_step=_("Raise the quota, or lower the amount."),
        next_url=f"/ops/quota/?{urlencode({'pool': pool})}",
    )


def refusal_of_room(check: Check, *, pool: str, never: bool) -> Refusal:
    """Why a pool takes fewer replicas than are asked for; `never` where no release helps."""
    if never:
        who = _("an operator, with other nodes in the pool")
        next_step = _("Ask for fewer or smaller replicas, or in another pool.")
    else:
        who = _("whoever releases something in the pool, or an operator")
        next_step = _(
            "It can start as soon as there is room. Or ask for fewer or smaller replicas, or in"
            " another pool."
        )
    return Refusal(
        rule=rules.ROOM,
        scope=pool,
        dimension="replicas",
        limit=check.limit,
        now=check.now,
        asked=check.asked,
        short_by=check.short_by,
        who=who,
        next_step=next_step,
    )


def refusal_of_size(check: Check, *, pool: str) -> Refusal:
    """One replica takes more than any node of the pool has: waiting doesn't help, cutting does."""
    return Refusal(
        rule=rules.NODE_SIZE,
        scope=pool,
        dimension=check.resource,
        limit=check.limit,
        now=0,  # a replica begins with nothing
        asked=check.asked,
        short_by=check.short_by,
        who=_("an operator, with larger nodes in the pool"),
        next_step=_(
            "It never fits. Ask for at most the limit per replica and for more replicas, or in a"
            " pool with larger nodes."
        ),
    )


def refusal_of_open(rule: str, *, cluster: str, resource: str) -> Refusal:
    """Why a cluster offers no open capacity of a shape, and the way out."""
    if rule == rules.OPEN_ONE_TYPE:
        return Refusal(
            rule=rule,
            scope=cluster,
            dimension=resource,
            who=_("an operator"),
            next_step=_(
                "Pods name a resource key, and the key of this device type means another type of"
                " the pool, too. Split the pool so that the key means one type, or ask for a"
                " workload."
            ),
        )
    return Refusal(
        rule=rule,
        scope=cluster,
        who=_("an administrator of the cluster"),
        next_step=_(
            "Apply the shipped admission policies (deploy/kubernetes), test the cluster again,"
            " or ask for a workload."
        ),
    )


def refusal_masked(refusal: Refusal, viewer: Viewer) -> Refusal:
    """Without the numbers of a scope that the viewer may not read (design, section 2)."""
    if not scope_hidden(rule=refusal.rule, scope=refusal.scope, viewer=viewer):
        return refusal
    return Refusal(
        rule=refusal.rule,
        scope=_("above your tenant"),
        dimension=refusal.dimension,
        asked=refusal.asked,
        who=_("an operator"),
        next_step=refusal.next_step,
        next_url="" if refusal.next_url.startswith("/ops/") else refusal.next_url,
    )


def scope_hidden(*, rule: str, scope: str, viewer: Viewer) -> bool:
    """Tell whether a rule's numbers belong to somebody whom the viewer can't see.

    What all roots together are promised of a pool is nobody's but the operators'.
    """
    if rule in OF_TENANTS:
        return not viewer.sees(scope)
    return rule == rules.QUOTA_OVERPROMISE and not viewer.sees_all


def check_masked(check: Mapping[str, Any], viewer: Viewer) -> dict[str, Any]:
    """A check as it was kept ({"rule", "scope", "limit", "now", ...}), as this viewer may read it.

    What is kept was seen by somebody else: Berth itself, or whoever submitted a request.
    """
    if not scope_hidden(rule=check["rule"], scope=check.get("scope", ""), viewer=viewer):
        return dict(check)
    return {**check, "scope": "", "limit": None, "now": None, "short_by": None}
