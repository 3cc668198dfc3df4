"""Addresses of this app, collected by portal.urls."""

from __future__ import annotations

from django.urls import URLPattern, path

from inventory.views import cluster_acts, clusters, devices, nodes, onboarding, pools

ops_urlpatterns: list[URLPattern] = [
    path("clusters/", clusters.cluster_list_page, name="cluster_list"),
    path("clusters/new/", onboarding.cluster_new_page, name="cluster_new"),
    path("clusters/by-id/<int:cluster_id>/", clusters.cluster_by_id_page, name="cluster_by_id"),
    path("clusters/<slug:name>/", clusters.cluster_page, name="cluster_page"),
    path("clusters/<slug:name>/nodes/", nodes.cluster_nodes_part, name="cluster_nodes"),
    path("clusters/<slug:name>/setup/", onboarding.cluster_setup_page, name="cluster_setup"),
    path("clusters/<slug:name>/edit/", cluster_acts.cluster_edit_page, name="cluster_edit"),
    path("clusters/<slug:name>/test/", cluster_acts.cluster_test_act, name="cluster_test"),
    path("clusters/<slug:name>/rotate/", cluster_acts.cluster_rotate_page, name="cluster_rotate"),
    path("clusters/<slug:name>/pause/", cluster_acts.cluster_pause_page, name="cluster_pause"),
    path("clusters/<slug:name>/resume/", cluster_acts.cluster_resume_act, name="cluster_resume"),
    path("clusters/<slug:name>/remove/", cluster_acts.cluster_remove_page, name="cluster_remove"),
    path("nodes/", nodes.node_list_page, name="node_list"),
    path("nodes/<slug:cluster>/<str:node>/", nodes.node_page, name="node_page"),
    path("pools/", pools.pool_list_page, name="pool_list"),
    path("pools/new/", pools.pool_new_page, name="pool_new"),
    path("pools/preview/", pools.pool_preview_part, name="pool_preview"),
    path("pools/<slug:name>/", pools.pool_page, name="pool_page"),
    path("pools/<slug:name>/move/", pools.pool_move_act, name="pool_move"),
    path("pools/<slug:name>/delete/", pools.pool_delete_act, name="pool_delete"),
    path("devices/types/", devices.device_list_page, name="device_list"),
    path("devices/types/new/", devices.device_type_new_page, name="device_type_new"),
    path("devices/mappings/new/", devices.mapping_new_page, name="mapping_new"),
    path(
        "devices/mappings/<int:mapping_id>/delete/",
        devices.mapping_delete_act,
        name="mapping_delete",
    ),
]
tenant_urlpatterns: list[URLPattern] = []
shared_urlpatterns: list[URLPattern] = []
