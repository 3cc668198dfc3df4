"""Addresses of this app, collected by portal.urls.

Operators' pages name a tenant `key`: there the right must hold for the whole platform. Below
/t/<tenant_key>/ it must hold in that tenant.
"""

from __future__ import annotations

from django.urls import URLPattern, path

from tenants.request_urls import request_ops_urlpatterns, request_tenant_urlpatterns
from tenants.views import changes, demo, limits, members, settings, tenant, tokens, tree, users

ops_urlpatterns: list[URLPattern] = [
    path("tenants/", tree.tenant_list_page, name="tenant_list"),
    path("tenants/new/", tree.tenant_new_page, name="tenant_new"),
    path("tenants/<slug:key>/", tenant.tenant_page, name="tenant_page"),
    path("tenants/<slug:key>/limits/", limits.tenant_limits_page, name="tenant_limits"),
    path("tenants/<slug:key>/move/", changes.tenant_move_page, name="tenant_move"),
    path("tenants/<slug:key>/archive/", changes.tenant_archive_page, name="tenant_archive"),
    path("tenants/<slug:key>/restore/", changes.tenant_restore_act, name="tenant_restore"),
    path("tenants/<slug:key>/see/<slug:tab>/", tenant.tenant_page, name="tenant_tab"),
    path("users/", users.user_list_page, name="user_list"),
    path("users/new/", users.user_new_page, name="user_new"),
    path("users/<int:user_id>/", users.user_page, name="user_page"),
    path("users/<int:user_id>/role/", users.user_role_act, name="user_role"),
    path("users/<int:user_id>/switch/", users.user_switch_act, name="user_switch"),
    path("tokens/", tokens.token_list_page, name="platform_token_list"),
    path("tokens/new/", tokens.token_new_page, name="platform_token_new"),
    path("tokens/revoke/", tokens.token_revoke_many, name="platform_token_revoke_many"),
    path("tokens/<int:token_id>/rotate/", tokens.token_rotate_act, name="platform_token_rotate"),
    path("tokens/<int:token_id>/revoke/", tokens.token_revoke_act, name="platform_token_revoke"),
    path("tokens/<int:token_id>/switch/", tokens.token_switch_act, name="platform_token_switch"),
    *request_ops_urlpatterns,
]

tenant_urlpatterns: list[URLPattern] = [
    path("", tenant.tenant_home, name="tenant_home"),
    path("edit/", changes.tenant_edit_page, name="tenant_edit"),
    path("below/", tree.tenant_below_page, name="tenant_below"),
    path("activity/", tenant.activity_page, name="tenant_activity"),
    path("activity/panel/", tenant.activity_panel, name="tenant_activity_panel"),
    path("members/", members.member_list_page, name="member_list"),
    path("members/panel/", members.member_panel, name="member_panel"),
    path("members/<int:user_id>/", members.member_page, name="member_page"),
    path("members/<int:user_id>/role/", members.member_role_act, name="member_role"),
    path("members/<int:user_id>/remove/", members.member_remove_act, name="member_remove"),
    path("tokens/", tokens.token_list_page, name="token_list"),
    path("tokens/new/", tokens.token_new_page, name="token_new"),
    path("tokens/revoke/", tokens.token_revoke_many, name="token_revoke_many"),
    path("tokens/<int:token_id>/rotate/", tokens.token_rotate_act, name="token_rotate"),
    path("tokens/<int:token_id>/revoke/", tokens.token_revoke_act, name="token_revoke"),
    path("tokens/<int:token_id>/switch/", tokens.token_switch_act, name="token_switch"),
    *request_tenant_urlpatterns,
]

shared_urlpatterns: list[URLPattern] = [
    path("settings/", settings.settings_page, name="settings"),
    path("demo/sign-in/", demo.demo_sign_in, name="demo_sign_in"),
]
