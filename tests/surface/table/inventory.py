"""Addresses of the inventory: clusters, nodes, pools, device types, namespaces."""

from __future__ import annotations

from tests.surface.kit import (
    ANY_TEAM,
    EVERYONE_SIGNED_IN,
    FLEET_READS,
    FLEET_WRITES,
    PLATFORM_READS,
    PLATFORM_WRITES,
    Row,
)

CLUSTER = {"name": "cluster"}
SPARE = {"name": "spare"}
PLACE = {"cluster": "{cluster}", "name": "{namespace}"}
POOL_FORM = {"name": "extra", "title": "Extra", "selector": "zone=a", "tolerations": ""}
CLUSTER_IN = {
    "name": "third-3",
    "title": "Third",
    "server": "https://third.example.com:6443",
    "token": "not-a-real-one",
}
KUBE = {
    "kubeconfig": """
apiVersion: v1
kind: Config
current-context: it
contexts: [{name: it, context: {cluster: it, user: me}}]
clusters: [{name: it, cluster: {server: "https://203.0.113.7:6443"}}]
users: [{name: me, user: {token: not-a-real-one}}]
"""
}
RULE = [{"key": "zone", "operator": "In", "values": ["a"]}]

ROWS = [
    Row("cluster_list", get=PLATFORM_READS, query={"search": "{cluster}"}),
    Row("cluster_new", get=PLATFORM_WRITES, post=PLATFORM_WRITES, send=CLUSTER_IN | KUBE),
    Row("cluster_by_id", {"cluster_id": "cluster_id"}, get=PLATFORM_READS),
    Row("cluster_page", CLUSTER, get=PLATFORM_READS),
    Row("cluster_nodes", CLUSTER, get=PLATFORM_READS),
    Row("cluster_setup", SPARE, get=PLATFORM_READS),
    Row("cluster_edit", SPARE, get=PLATFORM_WRITES, post=PLATFORM_WRITES, send={"title": "Two"}),
    Row("cluster_test", SPARE, post=PLATFORM_WRITES),
    Row("cluster_rotate", SPARE, get=PLATFORM_WRITES, post=PLATFORM_WRITES, send=KUBE),
    Row("cluster_pause", SPARE, get=PLATFORM_WRITES, post=PLATFORM_WRITES, send={"reason": "x"}),
    Row("cluster_resume", {"name": "paused"}, post=PLATFORM_WRITES),
    Row(
        "cluster_remove",
        SPARE,
        get=PLATFORM_WRITES,
        post=PLATFORM_WRITES,
        send={"reason": "old", "confirm": "spare-2", "name": "spare-2"},
        done=(200, 302, 422),
    ),
    Row("node_list", get=PLATFORM_READS, query={"search": "{node}", "cluster": "{cluster}"}),
    Row("node_page", {"cluster": "cluster", "node": "node"}, get=PLATFORM_READS),
    Row("pool_list", get=PLATFORM_READS),
    Row("pool_new", get=PLATFORM_WRITES, post=PLATFORM_WRITES, send=POOL_FORM),
    Row("pool_preview", post=PLATFORM_READS, send=POOL_FORM),
    Row("pool_page", {"name": "pool"}, get=PLATFORM_READS, post=PLATFORM_WRITES, send=POOL_FORM),
    Row("pool_move", {"name": "pool"}, post=PLATFORM_WRITES, send={"to": "down"}),
    Row("pool_delete", {"name": "empty_pool"}, post=PLATFORM_WRITES),
    Row("device_list", get=PLATFORM_READS),
    Row(
        "device_type_new",
        get=PLATFORM_WRITES,
        post=PLATFORM_WRITES,
        send={"name": "b200", "title": "B200", "memory_gib": "180", "weight_milli": "1000"},
    ),
    Row(
        "mapping_new",
        get=PLATFORM_WRITES,
        post=PLATFORM_WRITES,
        send={
            "device_type": "{device}",
            "resource_key": "amd.com/gpu",
            "node_labels": "model=x",
            "ordering": "7",
        },
    ),
    Row("mapping_delete", {"mapping_id": "mapping"}, post=PLATFORM_WRITES),
    # REST
    Row("api-cluster-list", get=PLATFORM_READS, post=PLATFORM_WRITES, send=CLUSTER_IN),
    Row("api-cluster-detail", SPARE, get=FLEET_READS, patch=FLEET_WRITES, send={"title": "Two"}),
    Row("api-cluster-pause", SPARE, post=FLEET_WRITES, send={"reason": "x"}),
    Row("api-cluster-remove", SPARE, post=FLEET_WRITES, send={"reason": "x"}),
    Row("api-cluster-resume", {"name": "paused"}, post=FLEET_WRITES),
    Row("api-cluster-rotate", SPARE, post=FLEET_WRITES, send=KUBE),
    Row("api-cluster-test", SPARE, post=FLEET_WRITES),
    Row("api-cluster-node-list", {"cluster": "cluster"}, get=PLATFORM_READS),
    Row("api-cluster-node-detail", {"cluster": "cluster", "name": "node"}, get=FLEET_READS),
    Row("api-node-list", get=PLATFORM_READS, query={"cluster": "{cluster}", "pool": "{pool}"}),
    Row(
        "api-pool-list",
        get=EVERYONE_SIGNED_IN,
        post=PLATFORM_WRITES,
        send={"name": "extra", "title": "Extra", "selector": RULE, "clusters": ["{cluster}"]},
    ),
    Row("api-pool-reorder", post=PLATFORM_WRITES, send={"names": ["{empty_pool}", "{pool}"]}),
    Row(
        "api-pool-detail",
        {"name": "empty_pool"},
        get=ANY_TEAM,
        patch=PLATFORM_WRITES,
        delete=PLATFORM_WRITES,
        send={"title": "None"},
    ),
    Row(
        "api-device-type-list",
        get=EVERYONE_SIGNED_IN,
        post=PLATFORM_WRITES,
        send={"name": "b200", "title": "B200"},
    ),
    Row("api-device-type-detail", {"name": "device"}, get=EVERYONE_SIGNED_IN),
    Row(
        "api-device-mapping-list",
        get=PLATFORM_READS,
        post=PLATFORM_WRITES,
        send={"device_type": "{device}", "resource_key": "amd.com/gpu", "cluster": "{cluster}"},
    ),
    Row("api-device-mapping-detail", {"pk": "mapping"}, get=FLEET_READS, delete=FLEET_WRITES),
    Row("api-namespace-list", get=PLATFORM_READS, query={"tenant": "{tenant}"}),
    Row(
        "api-namespace-claim",
        post=PLATFORM_WRITES,
        send={"cluster": "{cluster}", "name": "legacy-batch", "tenant": "{tenant}"},
    ),
    Row("api-namespace-unclaim", post=PLATFORM_WRITES, send=PLACE),
]
