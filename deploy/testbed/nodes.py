"""Makes the nodes of a fleet in a bed, and lets single nodes fall silent and come back."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from deploy.testbed.client import STRATEGIC_PATCH, ApiClient
from deploy.testbed.commands import KUBELET_LABEL, KUBELET_RUNNING
from deploy.testbed.errors import ApiError, BedError
from deploy.testbed.fleet import Fleet, FleetNode, build_node_manifest

WORKERS = 8
PAGE = "500"
POLL_SECONDS = 0.1
SECONDS_PER_BED = 30.0
SECONDS_PER_NODE = 0.1
NOT_YET = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
CONFLICT = 409


def create_nodes(client: ApiClient, fleet: Fleet) -> None:
    """Create every node of the fleet that is not there yet."""

    def create(node: FleetNode) -> None:
        manifest = build_node_manifest(node, extra_labels={KUBELET_LABEL: KUBELET_RUNNING})
        try:
            client.create("/api/v1/nodes", manifest)
        except ApiError as error:
            if error.status != CONFLICT:
                raise

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        list(pool.map(create, fleet.nodes))


def wait_for_nodes(client: ApiClient, fleet: Fleet) -> None:
    """Wait until every node of the fleet is Ready and rid of its not-ready taint."""
    wanted = {node.name for node in fleet.nodes}
    deadline = time.monotonic() + SECONDS_PER_BED + SECONDS_PER_NODE * len(wanted)
    while missing := wanted - set(list_ready_nodes(client)):
        if time.monotonic() > deadline:
            some = ", ".join(sorted(missing)[:5])
            raise BedError(f"{len(missing)} of {len(wanted)} nodes are not Ready, such as {some}.")
        time.sleep(POLL_SECONDS + len(wanted) / 1000)


def list_ready_nodes(client: ApiClient) -> list[str]:
    """Return the names of the nodes that take pods."""
    return [node["metadata"]["name"] for node in _list_nodes(client) if _takes_pods(node)]


def silence_node(client: ApiClient, name: str) -> None:
    """Let a node fall silent: nobody acts on its pods any more, and it reports Ready Unknown.

    The order counts: KWOK must let go of the node before its status is changed.
    """
    path = f"/api/v1/nodes/{name}"
    client.merge(path, {"metadata": {"labels": {KUBELET_LABEL: "stopped"}}})
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    condition = {
        "type": "Ready",
        "status": "Unknown",
        "reason": "NodeStatusUnknown",
        "message": "Kubelet stopped posting node status.",
        "lastTransitionTime": moment,
    }
    client.request(
        "PATCH",
        f"{path}/status",
        body={"status": {"conditions": [condition]}},
        content_type=STRATEGIC_PATCH,
    )


def restore_node(client: ApiClient, name: str) -> None:
    """Bring a silent node back; its Ready condition and its pods follow within a second."""
    client.merge(
        f"/api/v1/nodes/{name}", {"metadata": {"labels": {KUBELET_LABEL: KUBELET_RUNNING}}}
    )


def _list_nodes(client: ApiClient) -> Iterator[dict[str, Any]]:
    query = {"limit": PAGE}
    while True:
        page = client.get("/api/v1/nodes", **query)
        yield from page["items"]
        token = page["metadata"].get("continue")
        if not token:
            return
        query["continue"] = token


def _takes_pods(node: dict[str, Any]) -> bool:
    conditions = node["status"].get("conditions", [])
    ready = any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
    taints = {taint["key"] for taint in node["spec"].get("taints", [])}
    return ready and not taints.intersection(NOT_YET)
