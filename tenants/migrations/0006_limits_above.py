"""Whose limits for automatic approval hold for a tenant: a narrow look up the tree for its page."""

from typing import ClassVar

from django.db import migrations

from portal.db import definer_function

# As `berth_auto_approve`, for all pools at once, with the key of the tenant that sets them.
HOLDING = """
    SELECT DISTINCT ON (named.key) named.key, named.value, level.key::text
    FROM tenants_tenant AS leaf
    JOIN tenants_tenant AS level ON starts_with(leaf.path, level.path)
    CROSS JOIN jsonb_each(level.auto_approve_limits) AS named
    WHERE leaf.key = wanted_tenant AND berth_sees(wanted_tenant)
    ORDER BY named.key, level.depth DESC
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tenants", "0005_request_editors")]

    operations: ClassVar = [
        definer_function(
            "berth_auto_limits",
            "wanted_tenant text",
            "TABLE (pool text, limits jsonb, tenant_key text)",
            HOLDING,
        ),
    ]
