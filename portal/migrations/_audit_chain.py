"""SQL of the audit chain: one chain of hashes for each tenant, '' for the platform.

Sealing happens at COMMIT, in a deferred constraint trigger, so no lock of a chain is ever held
while the transaction still asks for another lock:

* `seal_ask` fires for the first entry of a transaction. It only marks that entry, which queues
  `seal_do` behind every check that was already waiting for the commit (foreign keys lock rows).
* `seal_do` then takes one advisory lock for each chain in the order of the lock numbers, and
  links and hashes all entries of the transaction. Unsealed entries that a transaction can see
  are its own: others' become visible by their commit, which has sealed them.

So `portal.audit.record` may be called anywhere in a transaction, and two transactions that write
to the same chains in a different order can't wait for each other.
"""

# Every field carries its length, so that no two entries share one text.
DIGEST = """
CREATE FUNCTION portal_audit_digest(e portal_auditentry) RETURNS bytea
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT sha256(convert_to(string_agg(
        CASE WHEN part IS NULL THEN '-;'
             ELSE octet_length(convert_to(part, 'UTF8')) || ':' || part || ';' END,
        '' ORDER BY place), 'UTF8'))
    FROM unnest(ARRAY[
        e.chain_key, e.chain_seq::text, encode(e.prev_hash, 'hex'), e.id::text,
        (extract(epoch FROM e.at) * 1000000)::bigint::text, e.actor_user_id::text, e.actor_label,
        e.actor_kind, e.verb, e.target_type, e.target_id, e.tenant_key, e.before::text,
        e.after::text, e.reason, e.request_id, e.job_id::text
    ]) WITH ORDINALITY AS parts(part, place)
$$
"""

FRESH = """
CREATE FUNCTION portal_audit_fresh() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := clock_timestamp();
    NEW.chain_key := NEW.tenant_key;
    NEW.chain_seq := NULL;
    NEW.prev_hash := NULL;
    NEW.hash := NULL;
    RETURN NEW;
END $$
"""

SEAL = """
CREATE FUNCTION portal_audit_seal() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    chain record;
    entry portal_auditentry;
    last_seq bigint;
    last_hash bytea;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM portal_auditentry WHERE hash IS NULL AND chain_seq < 0) THEN
            UPDATE portal_auditentry SET chain_seq = -id WHERE id = NEW.id AND hash IS NULL;
        END IF;
        RETURN NULL;
    END IF;
    FOR chain IN
        SELECT DISTINCT chain_key, hashtextextended('berth.audit:' || chain_key, 0) AS lock_number
        FROM portal_auditentry WHERE hash IS NULL ORDER BY lock_number, chain_key
    LOOP
        PERFORM pg_advisory_xact_lock(chain.lock_number);
        SELECT h.seq, h.hash INTO last_seq, last_hash
        FROM portal_audithead h WHERE h.chain_key = chain.chain_key;
        IF NOT FOUND THEN
            last_seq := 0;
            last_hash := ''::bytea;
        END IF;
        FOR entry IN
            SELECT * FROM portal_auditentry
            WHERE hash IS NULL AND chain_key = chain.chain_key ORDER BY id
        LOOP
            entry.chain_seq := last_seq + 1;
            entry.prev_hash := last_hash;
            entry.hash := portal_audit_digest(entry);
            UPDATE portal_auditentry
            SET chain_seq = entry.chain_seq, prev_hash = entry.prev_hash, hash = entry.hash
            WHERE id = entry.id;
            last_seq := entry.chain_seq;
            last_hash := entry.hash;
        END LOOP;
        INSERT INTO portal_audithead (chain_key, seq, hash)
        VALUES (chain.chain_key, last_seq, last_hash)
        ON CONFLICT (chain_key) DO UPDATE SET seq = EXCLUDED.seq, hash = EXCLUDED.hash;
    END LOOP;
    RETURN NULL;
END $$
"""

# Only the owner may write to the table again, and only to seal; TRUNCATE is for its test runs.
GUARD = """
CREATE FUNCTION portal_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owned boolean := (
        SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE oid = TG_RELID);
BEGIN
    IF TG_OP = 'TRUNCATE' AND owned THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND owned THEN
        IF OLD.hash IS NULL AND to_jsonb(NEW) - '{chain_seq,prev_hash,hash}'::text[]
                = to_jsonb(OLD) - '{chain_seq,prev_hash,hash}'::text[] THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$
"""

# The heads of the chains are written by the sealing trigger alone, which runs as the owner.
HEAD_GUARD = """
CREATE FUNCTION portal_audit_head_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT pg_get_userbyid(relowner) <> current_user FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION 'only the database writes heads of audit chains'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$
"""

TRIGGERS = [
    "CREATE TRIGGER fresh BEFORE INSERT ON portal_auditentry"
    " FOR EACH ROW EXECUTE FUNCTION portal_audit_fresh()",
    "CREATE CONSTRAINT TRIGGER seal_ask AFTER INSERT ON portal_auditentry"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION portal_audit_seal()",
    "CREATE CONSTRAINT TRIGGER seal_do AFTER UPDATE ON portal_auditentry"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.chain_seq < 0)"
    " EXECUTE FUNCTION portal_audit_seal()",
    "CREATE TRIGGER guard_rows BEFORE UPDATE OR DELETE ON portal_auditentry"
    " FOR EACH ROW EXECUTE FUNCTION portal_audit_guard()",
    "CREATE TRIGGER guard_table BEFORE TRUNCATE ON portal_auditentry"
    " FOR EACH STATEMENT EXECUTE FUNCTION portal_audit_guard()",
    "CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON portal_audithead"
    " FOR EACH STATEMENT EXECUTE FUNCTION portal_audit_head_guard()",
]

# Reading follows the tenant; writing is free, since an actor may act above what it may read.
WALL = [
    "ALTER TABLE portal_auditentry ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY berth_tenant ON portal_auditentry FOR SELECT USING (
        (SELECT current_setting('berth.all', true)) = 'on'
        OR NULLIF(tenant_key, '') = ANY(
            (SELECT string_to_array(current_setting('berth.tenants', true), ','))::text[])
    )
    """,
    "CREATE POLICY berth_insert ON portal_auditentry FOR INSERT WITH CHECK (true)",
]

# Whoever got rights on new tables by default keeps what an append-only table allows.
REVOKE = """
DO $$
DECLARE grantee_name text;
BEGIN
    FOR grantee_name IN
        SELECT DISTINCT grantee FROM information_schema.role_table_grants
        WHERE table_schema = 'public' AND table_name IN ('portal_auditentry', 'portal_audithead')
            AND grantee <> current_user
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON portal_auditentry FROM %I',
            grantee_name);
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON portal_audithead FROM %I',
            grantee_name);
    END LOOP;
END $$
"""

CREATE = [DIGEST, FRESH, SEAL, GUARD, HEAD_GUARD, *TRIGGERS, *WALL, REVOKE]
DROP = [
    "DROP TRIGGER fresh ON portal_auditentry",
    "DROP TRIGGER seal_ask ON portal_auditentry",
    "DROP TRIGGER seal_do ON portal_auditentry",
    "DROP TRIGGER guard_rows ON portal_auditentry",
    "DROP TRIGGER guard_table ON portal_auditentry",
    "DROP TRIGGER guard ON portal_audithead",
    "DROP FUNCTION portal_audit_head_guard()",
    "DROP FUNCTION portal_audit_guard()",
    "DROP FUNCTION portal_audit_seal()",
    "DROP FUNCTION portal_audit_fresh()",
    "DROP FUNCTION portal_audit_digest(portal_auditentry)",
]
