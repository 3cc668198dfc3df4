"""Addresses of this app, collected by portal.urls."""

from __future__ import annotations

from django.urls import URLPattern, path

from scheduling.views import acts, allocations, drift, home, own, quota

ops_urlpatterns: list[URLPattern] = [
    path("", home.ops_home, name="ops_home"),
    path("allocations/", allocations.allocation_all_page, name="allocation_all"),
    path("allocations/release/", acts.release_many, name="allocation_release_any"),
    path("drift/", drift.drift_list_page, name="drift_list"),
    path("drift/choose/", drift.drift_choose_many, name="drift_choose_many"),
    path("drift/<int:drift_id>/choose/", drift.drift_choose_act, name="drift_choose"),
    path("quota/", quota.quota_grid_page, name="quota_grid"),
    path("quota/effect/", quota.quota_effect_part, name="quota_effect"),
    path("quota/<int:quota_id>/", quota.quota_history_page, name="quota_history"),
]
tenant_urlpatterns: list[URLPattern] = [
    path("allocations/", allocations.allocation_list_page, name="allocation_list"),
    path("allocations/release/", acts.release_many, name="allocation_release_many"),
    path("allocations/<int:allocation_id>/", allocations.allocation_page, name="allocation_page"),
    path(
        "allocations/<int:allocation_id>/kubeconfig/",
        allocations.allocation_kubeconfig,
        name="allocation_kubeconfig",
    ),
    path("allocations/<int:allocation_id>/release/", acts.release_page, name="allocation_release"),
    path("allocations/<int:allocation_id>/replace/", acts.replace_page, name="allocation_replace"),
    path("quota/", own.quota_own_page, name="quota_own"),
    path("quota/panel/", own.quota_panel, name="quota_panel"),
    path("now/panel/", own.now_panel, name="tenant_now_panel"),
    path("quota/home/", own.home_quota_panel, name="tenant_quota_panel"),
    path("held/panel/", own.held_panel, name="tenant_held_panel"),
]
shared_urlpatterns: list[URLPattern] = []
