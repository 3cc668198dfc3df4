"""The rules of this app that refuse, with their titles."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.refusal import rule_register

LAST_OWNER = rule_register("tenant.last-owner", _("A tenant keeps at least one owner"))
LAST_OPERATOR = rule_register("platform.last-operator", _("One operator always remains"))
HAS_ALLOCATIONS = rule_register(
    "tenant.has-allocations", _("A tenant that holds capacity can't be archived")
)
HAS_CHILDREN = rule_register(
    "tenant.has-children", _("A tenant with tenants below it can't be archived")
)
HAS_REQUESTS = rule_register(
    "tenant.has-requests", _("A tenant with open requests can't be archived")
)
MOVE_INTO_SELF = rule_register("tenant.move-into-itself", _("A tenant can't move below itself"))
TOO_DEEP = rule_register("tenant.too-deep", _("The tree has a greatest depth"))
TOO_MANY_TOKENS = rule_register("token.too-many", _("A person has a greatest number of tokens"))
