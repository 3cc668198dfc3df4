"""The rules by which scheduling refuses, each named once."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.refusal import rule_register

QUOTA_CAP = rule_register("quota.cap", _("Quota cap"))
QUOTA_PARENT = rule_register("quota.parent", _("Quota cap of a parent"))
QUOTA_CHILDREN = rule_register(
    "quota.children", _("Guaranteed quota of the children exceeds the parent's")
)
QUOTA_IN_USE = rule_register("quota.in-use", _("Quota below what is allocated"))
QUOTA_OVERPROMISE = rule_register(
    "quota.over-promise", _("More guaranteed than the pool's usable capacity")
)
ROOM = rule_register("room", _("Room in the pool"))
NODE_SIZE = rule_register("room.node", _("Size of the pool's largest node"))
OPEN_ONE_TYPE = rule_register(
    "open.one-type", _("Open capacity needs a resource key that means one device type")
)
OPEN_POLICIES = rule_register(
    "open.policies", _("Open capacity needs Berth's admission policies on the cluster")
)
OPEN = (OPEN_ONE_TYPE, OPEN_POLICIES)
NAMESPACE_FOREIGN = rule_register("namespace.foreign", _("The namespace belongs to somebody else"))
