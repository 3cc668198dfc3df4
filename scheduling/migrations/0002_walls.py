"""Row-level security, append-only logs, and the one door to the counters."""

from typing import ClassVar

from django.conf import settings
from django.db import migrations

from portal.db import append_only, child_table, tenant_table

# Levels come from the caller in one fixed order, top of the tree first. A ledger row that is
# already there means that this move was made before: nothing moves twice.
MOVE = """
CREATE FUNCTION berth_quota_move(
    p_operation text, p_direction text, p_job bigint, p_allocation bigint,
    p_quota bigint[], p_reserved bigint[], p_bound bigint[], p_releasing bigint[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    i integer;
    delta bigint;
BEGIN
    FOR i IN 1 .. cardinality(p_quota) LOOP
        INSERT INTO scheduling_quotaledger
            (operation, direction, job_id, allocation_id, quota_id,
             d_reserved, d_bound, d_releasing)
        VALUES (p_operation, p_direction, p_job, p_allocation, p_quota[i],
                p_reserved[i], p_bound[i], p_releasing[i])
        ON CONFLICT (operation, direction, quota_id) DO NOTHING;
        IF NOT FOUND THEN
            CONTINUE;
        END IF;
        delta := p_reserved[i] + p_bound[i] + p_releasing[i];
        UPDATE scheduling_quota SET
            reserved = reserved + p_reserved[i],
            bound = bound + p_bound[i],
            releasing = releasing + p_releasing[i]
        WHERE id = p_quota[i]
            AND (delta <= 0 OR reserved + bound + releasing + delta <= guaranteed);
        IF NOT FOUND THEN
            RETURN p_quota[i];
        END IF;
    END LOOP;
    RETURN NULL;
END $$
"""

# Root first; a level without a number for a resource counts as zero for the caller. Answers only
# for a tenant that the open scope sees.
CHAIN = """
CREATE FUNCTION berth_quota_chain(p_tenant text, p_pool bigint)
RETURNS TABLE (tenant_key text, resource text, cap bigint, allocated bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT level.tenant_key::text, quota.resource::text, quota.guaranteed,
        quota.reserved + quota.bound + quota.releasing
    FROM scheduling_quotanode AS leaf
    JOIN scheduling_quotanode AS level ON leaf.path LIKE level.path || '%'
    LEFT JOIN scheduling_quota AS quota ON quota.node_id = level.id AND quota.pool_id = p_pool
    WHERE leaf.tenant_key = p_tenant AND (
        current_setting('berth.all', true) = 'on'
        OR p_tenant = ANY(string_to_array(current_setting('berth.tenants', true), ','))
    )
    ORDER BY level.depth, quota.resource
$$
"""

CLAIM_ENDS_ONCE = """
CREATE FUNCTION scheduling_claiminterval_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.to_at IS NULL AND NEW.to_at IS NOT NULL
        AND NEW.to_at >= OLD.from_at
        AND to_jsonb(NEW) - 'to_at' = to_jsonb(OLD) - 'to_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a claim interval only gets its end, once'
        USING ERRCODE = 'insufficient_privilege';
END $$
"""

EMPTY_AT_FIRST = """
CREATE FUNCTION scheduling_quota_empty_at_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.reserved := 0; NEW.bound := 0; NEW.releasing := 0;
    RETURN NEW;
END $$
"""


def _role() -> str:
    return str(settings.DATABASES["default"]["USER"]).replace('"', '""')


OPEN_COLUMNS = "guaranteed, borrow_limit, lend_limit, weight, generation, updated_at"


class Migration(migrations.Migration):
    dependencies: ClassVar = [("scheduling", "0001_initial")]

    operations: ClassVar = [
        *(
            tenant_table(f"scheduling_{table}")
            for table in (
                "quotanode",
                "quota",
                "commitment",
                "allocation",
                "tenantnamespace",
                "claiminterval",
                "drift",
            )
        ),
        child_table("scheduling_quotaledger", "quota_id", "scheduling_quota"),
        child_table("scheduling_quotachange", "quota_id", "scheduling_quota"),
        child_table("scheduling_decision", "allocation_id", "scheduling_allocation"),
        append_only("scheduling_quotaledger"),
        append_only("scheduling_quotachange"),
        migrations.RunSQL(
            [
                CLAIM_ENDS_ONCE,
                "CREATE TRIGGER ends_once BEFORE UPDATE OR DELETE ON scheduling_claiminterval"
                " FOR EACH ROW EXECUTE FUNCTION scheduling_claiminterval_ends_once()",
                EMPTY_AT_FIRST,
                "CREATE TRIGGER empty_at_first BEFORE INSERT ON scheduling_quota"
                " FOR EACH ROW EXECUTE FUNCTION scheduling_quota_empty_at_first()",
            ],
            [
                "DROP TRIGGER ends_once ON scheduling_claiminterval",
                "DROP FUNCTION scheduling_claiminterval_ends_once()",
                "DROP TRIGGER empty_at_first ON scheduling_quota",
                "DROP FUNCTION scheduling_quota_empty_at_first()",
            ],
        ),
        migrations.RunSQL(
            [
                MOVE,
                CHAIN,
                f'REVOKE UPDATE ON scheduling_quota FROM "{_role()}"',
                f'GRANT UPDATE ({OPEN_COLUMNS}) ON scheduling_quota TO "{_role()}"',
                f'REVOKE INSERT ON scheduling_quotaledger FROM "{_role()}"',
            ],
            [
                f'GRANT INSERT ON scheduling_quotaledger TO "{_role()}"',
                f'GRANT UPDATE ON scheduling_quota TO "{_role()}"',
                "DROP FUNCTION berth_quota_chain(text, bigint)",
                "DROP FUNCTION berth_quota_move(text, text, bigint, bigint, bigint[], bigint[],"
                " bigint[], bigint[])",
            ],
        ),
    ]
