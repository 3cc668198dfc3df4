"""Addresses of tenants: the tree, members, tokens, accounts, one's own settings."""

from __future__ import annotations

from tests.surface.kit import (
    ANY_TEAM,
    EVERYONE,
    EVERYONE_SIGNED_IN,
    FLEET_READS,
    FLEET_WRITES,
    MAKER,
    MEMBERS_MAKE,
    MEMBERS_READ,
    MEMBERS_WRITE,
    ONESELF_TOO,
    OPERATOR_MAKES,
    OPERATOR_ROTATES,
    OPERATORS_DECIDE,
    OWNERS_WRITE,
    PERSONAL,
    PLATFORM_READS,
    PLATFORM_WRITES,
    TEAM_READS,
    Row,
)

KEY = {"key": "tenant"}
TENANT = {"tenant_key": "tenant"}
MEMBER = TENANT | {"user_id": "user"}
TOKEN = TENANT | {"token_id": "token"}
PLATFORM_TOKEN = {"token_id": "platform_token"}
BELOW = {"key": "below-one", "title": "Below", "kind": "project", "parent": "{tenant}"}
TITLE = {"title": "Another", "kind": "project"}
NEW_TOKEN = {"name": "nightly", "scopes": ["read"], "days": 30}
REVOKE = {"ids": "{token}", "sure": "revoke"}
REVOKE_PLATFORM = {"ids": "{platform_token}", "sure": "revoke"}
# To add a person one names their account, and the answer says whether there is one: no secret.
NEWCOMER = {"user": "{newcomer}", "role": "member"}
LEAF = {"key": "leaf"}
PREFERENCE = {
    "language": "en",
    "theme": "dark",
    "time_zone": "UTC",
    "density": "compact",
}

ROWS = [
    Row("tenant_list", get=PLATFORM_READS, query={"search": "{tenant}"}),
    Row("tenant_new", get=PLATFORM_WRITES, post=PLATFORM_WRITES, send=BELOW),
    Row("tenant_page", KEY, get=PLATFORM_READS),
    Row("tenant_limits", KEY, get=PLATFORM_WRITES, post=PLATFORM_WRITES),
    Row(
        "tenant_move",
        LEAF,
        get=PLATFORM_WRITES,
        post=PLATFORM_WRITES,
        send={"parent": "-"},
    ),
    Row(
        "tenant_archive",
        LEAF,
        get=PLATFORM_WRITES,
        post=PLATFORM_WRITES,
        send={"reason": "x"},
    ),
    Row("tenant_restore", {"key": "old"}, post=PLATFORM_WRITES),
    Row("tenant_tab", KEY | {"tab": "tab"}, get=PLATFORM_READS),
    Row("user_list", get=PLATFORM_READS, query={"search": "{username}"}),
    Row(
        "user_new",
        get=PLATFORM_WRITES,
        post=PLATFORM_WRITES,
        send={"username": "newcomer", "email": "newcomer@example.com"},
    ),
    Row("user_page", {"user_id": "user"}, get=PLATFORM_READS),
    Row("user_role", {"user_id": "user"}, post=PLATFORM_WRITES, send={"role": "auditor"}),
    Row("user_switch", {"user_id": "user"}, post=PLATFORM_WRITES, send={"active": "false"}),
    Row("platform_token_list", get=PLATFORM_READS),
    Row("platform_token_new", get=PLATFORM_WRITES, post=PLATFORM_WRITES, send=NEW_TOKEN),
    Row("platform_token_revoke_many", post=PLATFORM_WRITES, send=REVOKE_PLATFORM),
    Row("platform_token_rotate", PLATFORM_TOKEN, post=PLATFORM_WRITES),
    Row("platform_token_revoke", PLATFORM_TOKEN, post=PLATFORM_WRITES),
    Row("platform_token_switch", PLATFORM_TOKEN, post=PLATFORM_WRITES, send={"enabled": "false"}),
    Row("tenant_home", TENANT, get=TEAM_READS),
    Row("tenant_edit", TENANT, get=OWNERS_WRITE, post=OWNERS_WRITE, send=TITLE),
    Row("tenant_below", TENANT, get=OWNERS_WRITE, post=OWNERS_WRITE, send=BELOW),
    Row("tenant_activity", TENANT, get=TEAM_READS),
    Row("tenant_activity_panel", TENANT, get=TEAM_READS),
    Row("member_list", TENANT, get=TEAM_READS, post=OWNERS_WRITE, send=NEWCOMER),
    Row("member_panel", TENANT, get=TEAM_READS),
    Row("member_page", MEMBER, get=OWNERS_WRITE),
    Row("member_role", MEMBER, post=OWNERS_WRITE, send={"role": "viewer"}),
    Row("member_remove", MEMBER, post=ONESELF_TOO),
    Row("token_list", TENANT, get=MEMBERS_READ),
    Row("token_new", TENANT, get=MEMBERS_WRITE, post=MEMBERS_WRITE, send=NEW_TOKEN),
    # Each row says by itself whether this person may end it.
    Row("token_revoke_many", TENANT, post=MEMBERS_WRITE, send=REVOKE),
    Row("token_rotate", TOKEN, post=MAKER),
    Row("token_revoke", TOKEN, post=OWNERS_WRITE),
    Row("token_switch", TOKEN, post=OWNERS_WRITE, send={"enabled": "false"}),
    # Nobody gets in by it where there is no demonstration.
    Row("demo_sign_in", post=EVERYONE, send={"account": "operator"}, done=(404,)),
    Row("settings", get=EVERYONE_SIGNED_IN, post=EVERYONE_SIGNED_IN, send=PREFERENCE),
    # REST
    Row("api-me", get=EVERYONE_SIGNED_IN, patch=PERSONAL, send={"theme": "dark"}),
    Row(
        "api-tenant-list", get=ANY_TEAM, post=OWNERS_WRITE, send=BELOW, query={"search": "{tenant}"}
    ),
    Row("api-tenant-detail", KEY, get=TEAM_READS, patch=OWNERS_WRITE, send=TITLE),
    Row("api-tenant-archive", LEAF, post=OPERATORS_DECIDE, send={"reason": "x"}),
    Row("api-tenant-move", LEAF, post=OPERATORS_DECIDE, send={"parent": None}),
    Row("api-tenant-restore", {"key": "old"}, post=OPERATORS_DECIDE),
    Row("api-member-list", TENANT, get=TEAM_READS, post=OWNERS_WRITE, send=NEWCOMER),
    Row(
        "api-member-detail",
        TENANT | {"user": "username"},
        get=TEAM_READS,
        patch=OWNERS_WRITE,
        delete=ONESELF_TOO,
        send={"role": "viewer"},
    ),
    Row("api-tenant-token-list", TENANT, get=MEMBERS_READ, post=MEMBERS_MAKE, send=NEW_TOKEN),
    Row(
        "api-tenant-token-detail",
        TENANT | {"token": "token_public"},
        get=MEMBERS_READ,
        patch=OWNERS_WRITE,
        delete=OWNERS_WRITE,
        send={"enabled": False},
    ),
    Row("api-tenant-token-rotate", TENANT | {"token": "token_public"}, post=MAKER),
    Row("api-token-list", get=PLATFORM_READS, post=OPERATOR_MAKES, send=NEW_TOKEN),
    Row(
        "api-token-detail",
        {"token": "platform_token_public"},
        get=FLEET_READS,
        patch=FLEET_WRITES,
        delete=FLEET_WRITES,
        send={"enabled": False},
    ),
    Row("api-token-rotate", {"token": "platform_token_public"}, post=OPERATOR_ROTATES),
    Row(
        "api-user-list",
        get=PLATFORM_READS,
        post=PLATFORM_WRITES,
        send={"username": "newcomer", "email": "newcomer@example.com"},
        query={"search": "{username}"},
    ),
    Row(
        "api-user-detail",
        {"user": "user"},
        get=FLEET_READS,
        patch=FLEET_WRITES,
        send={"platform_role": "auditor"},
    ),
]
