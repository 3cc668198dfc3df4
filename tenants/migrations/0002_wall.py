"""Row-level security on the tenant tables, and the few look-ups that must happen above it.

Rights are needed before a scope can be opened, so these functions run as the owner of the tables
and answer one narrow question each. Paths are ranges in byte order (see tenants/paths.py).
"""

from typing import ClassVar

from django.db import migrations

from portal.db import definer_function, tenant_table

# Everything a request needs to know about its person, in one row; NULL for nobody.
VIEWER = """
    SELECT jsonb_build_object(
        'label', u.username,
        'active', u.is_active,
        'platform', (SELECT p.role FROM tenants_platformrole p WHERE p.user_id = u.id),
        'preference', (SELECT to_jsonb(p) FROM tenants_userpreference p WHERE p.user_id = u.id),
        'tenants', COALESCE((
            SELECT jsonb_agg(jsonb_build_object(
                'key', t.key, 'title', t.title, 'path', t.path, 'role', m.role,
                'direct', m.tenant_key = t.key, 'archived', t.archived_at IS NOT NULL)
                ORDER BY t.path)
            FROM tenants_membership m
            JOIN tenants_tenant r ON r.key = m.tenant_key
            JOIN tenants_tenant t ON t.path >= r.path AND t.path < left(r.path, -1) || '0'
            WHERE m.user_id = u.id), '[]'::jsonb))
    FROM auth_user u WHERE u.id = wanted
"""

# A token with its creator's rights and the tenants it is bound to; NULL for an unknown one.
KEY_FACTS = """
    SELECT jsonb_build_object(
        'id', k.id, 'name', k.name, 'public_id', k.public_id, 'digest', encode(k.digest, 'hex'),
        'pepper_number', k.pepper_number, 'scopes', to_jsonb(k.scopes), 'enabled', k.enabled,
        'revoked', k.revoked_at IS NOT NULL, 'expires_at', extract(epoch FROM k.expires_at),
        'last_used_at', extract(epoch FROM k.last_used_at), 'created_by', k.created_by_id,
        'tenant_key', k.tenant_key, 'creator', berth_viewer(k.created_by_id),
        'subtree', COALESCE((
            SELECT jsonb_agg(jsonb_build_object(
                'key', t.key, 'archived', t.archived_at IS NOT NULL))
            FROM tenants_tenant r
            JOIN tenants_tenant t ON t.path >= r.path AND t.path < left(r.path, -1) || '0'
            WHERE r.key = k.tenant_key), '[]'::jsonb))
    FROM tenants_apitoken k WHERE k.public_id = wanted
"""


class Migration(migrations.Migration):
    """The second wall."""

    dependencies: ClassVar = [("tenants", "0001_initial")]

    operations: ClassVar = [
        tenant_table("tenants_tenant", "key"),
        tenant_table("tenants_membership"),
        tenant_table("tenants_apitoken"),
        definer_function("berth_viewer", "wanted bigint", "jsonb", VIEWER),
        definer_function("berth_token", "wanted text", "jsonb", KEY_FACTS),
    ]
