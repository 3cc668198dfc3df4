"""Row-level security of requests, their append-only history, and two narrow looks up the tree."""

from typing import ClassVar

from django.db import migrations

from portal.db import append_only, child_table, definer_function, tenant_table

# What the policies ask of each row, for functions that run above them.
SEES = """
    SELECT COALESCE(current_setting('berth.all', true) = 'on', false)
        OR COALESCE(wanted_tenant = ANY(
            string_to_array(current_setting('berth.tenants', true), ',')), false)
"""

# Up to which amounts requests of a tenant in a pool need no operator: the limits of the nearest
# tenant on the way up that names the pool.
LIMITS = """
    SELECT level.auto_approve_limits -> wanted_pool
    FROM tenants_tenant AS leaf
    JOIN tenants_tenant AS level ON starts_with(leaf.path, level.path)
    WHERE leaf.key = wanted_tenant AND level.auto_approve_limits ? wanted_pool
        AND berth_sees(wanted_tenant)
    ORDER BY level.depth DESC
    LIMIT 1
"""

# What a change of guaranteed quota has to fit between, per resource: the tenant's own numbers, the
# sum of its children, its parent's amount and the sum of its siblings.
ROOM = """
    SELECT own.resource::text, own.guaranteed, own.allocated, own.children,
        above.tenant_key::text, COALESCE(promised.guaranteed, 0),
        COALESCE((
            SELECT sum(beside.guaranteed) FROM scheduling_quota AS beside
            JOIN scheduling_quotanode AS node ON node.id = beside.node_id
            WHERE node.parent_id = own.parent_id AND node.id <> own.node_id
                AND beside.pool_id = wanted_pool AND beside.resource = own.resource), 0)::bigint
    FROM (
        SELECT leaf.id AS node_id, leaf.parent_id, named.resource,
            COALESCE(quota.guaranteed, 0) AS guaranteed,
            COALESCE(quota.reserved + quota.bound + quota.releasing, 0) AS allocated,
            COALESCE((
                SELECT sum(below.guaranteed) FROM scheduling_quota AS below
                JOIN scheduling_quotanode AS node ON node.id = below.node_id
                WHERE node.parent_id = leaf.id AND below.pool_id = wanted_pool
                    AND below.resource = named.resource), 0)::bigint AS children
        FROM scheduling_quotanode AS leaf
        CROSS JOIN unnest(wanted_resources) AS named(resource)
        LEFT JOIN scheduling_quota AS quota ON quota.node_id = leaf.id
            AND quota.pool_id = wanted_pool AND quota.resource = named.resource
        WHERE leaf.tenant_key = wanted_tenant AND berth_sees(wanted_tenant)
    ) AS own
    LEFT JOIN scheduling_quotanode AS above ON above.id = own.parent_id
    LEFT JOIN scheduling_quota AS promised ON promised.node_id = own.parent_id
        AND promised.pool_id = wanted_pool AND promised.resource = own.resource
    ORDER BY own.resource
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("tenants", "0003_requests"),
        ("scheduling", "0002_walls"),
    ]

    operations: ClassVar = [
        tenant_table("tenants_capacityrequest"),
        child_table("tenants_requestevent", "request_id", "tenants_capacityrequest"),
        append_only("tenants_requestevent"),
        definer_function("berth_sees", "wanted_tenant text", "boolean", SEES),
        definer_function(
            "berth_auto_approve", "wanted_tenant text, wanted_pool text", "jsonb", LIMITS
        ),
        definer_function(
            "berth_quota_room",
            "wanted_tenant text, wanted_pool bigint, wanted_resources text[]",
            "TABLE (resource text, guaranteed bigint, allocated bigint, children bigint,"
            " parent_key text, parent_guaranteed bigint, siblings bigint)",
            ROOM,
        ),
    ]
