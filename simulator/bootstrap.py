"""What a fresh cluster has before anybody uses it, and the fleet and manifests that it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy.testbed.fleet import Fleet, build_node_manifest
from deploy.testbed.manifests import load_manifests
from deploy.testbed.paths import SHIPPED_MANIFESTS
from simulator.api import managed, write
from simulator.api.write import Options
from simulator.auth.identity import User
from simulator.kinds.registry import kind_named
from simulator.kubelet.kubelet import LABEL
from simulator.kubelet.nodes import node_status
from simulator.objects import Object, clone
from simulator.schema.decode import Decoding

if TYPE_CHECKING:
    from simulator.core import Core

ADMIN = User("admin", ("system:masters", "system:authenticated"))
GROUP = "rbac.authorization.k8s.io"
MANAGER = "berth-testbed"
NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
PATHS = ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*",
         "/readyz", "/version", "/version/"]  # fmt: skip
OPEN_PATHS = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
EVERYBODY, ACCOUNTS = "system:authenticated", "system:serviceaccounts"


def _rule(group: str, resources: list[str], verbs: list[str]) -> Object:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


def _paths(paths: list[str]) -> Object:
    return {"nonResourceURLs": paths, "verbs": ["get"]}


# The roles of a real cluster that matter to somebody who is no part of it.
ROLES: dict[str, list[Object]] = {
    "cluster-admin": [
        _rule("*", ["*"], ["*"]),
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ],
    "system:basic-user": [
        _rule(
            "authorization.k8s.io",
            ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
            ["create"],
        ),
        _rule("authentication.k8s.io", ["selfsubjectreviews"], ["create"]),
    ],
    "system:discovery": [_paths(PATHS)],
    "system:public-info-viewer": [_paths(OPEN_PATHS)],
    "system:service-account-issuer-discovery": [
        _paths(["/.well-known/openid-configuration", "/openid/v1/jwks"])
    ],
    "system:cluster-trust-bundle-discovery": [
        _rule("certificates.k8s.io", ["clustertrustbundles"], ["get", "list", "watch"])
    ],
}
BOUND: dict[str, list[str]] = {
    "cluster-admin": ["system:masters"],
    "system:basic-user": [EVERYBODY],
    "system:discovery": [EVERYBODY],
    "system:public-info-viewer": [EVERYBODY, "system:unauthenticated"],
    "system:service-account-issuer-discovery": [ACCOUNTS],
    "system:cluster-trust-bundle-discovery": [ACCOUNTS],
}
PRIORITIES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
PRIORITY_TEXT = {
    "system-cluster-critical": (
        "Used for system critical pods that must run in the cluster, but can be moved to another"
        " node if necessary."
    ),
    "system-node-critical": (
        "Used for system critical pods that must not be moved from their current node."
    ),
}


class Builder:
    """Makes things in a cluster as its administrator."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def fresh(self, administrators: list[str]) -> None:
        """Namespaces, roles and priorities; the named users get every right."""
        for name in NAMESPACES:
            self._make("Namespace", "", {"metadata": {"name": name}})
        for name, rules in ROLES.items():
            marks = {"kubernetes.io/bootstrapping": "rbac-defaults"}
            self._make("ClusterRole", "", {"metadata": {"name": name, "labels": marks},
                                           "rules": rules})  # fmt: skip
        for role, groups in BOUND.items():
            subjects = [{"kind": "Group", "name": group, "apiGroup": GROUP} for group in groups]
            self._bind(role, role, subjects)
        for user in administrators:
            subject = {"kind": "User", "name": user, "apiGroup": GROUP}
            self._bind(f"testbed-{user}", "cluster-admin", [subject])
        for name, value in PRIORITIES.items():
            body = {"metadata": {"name": name}, "value": value, "description": PRIORITY_TEXT[name]}
            self._make("PriorityClass", "", body)

    def _bind(self, name: str, role: str, subjects: list[Object]) -> None:
        ref = {"apiGroup": GROUP, "kind": "ClusterRole", "name": role}
        body = {"metadata": {"name": name}, "roleRef": ref, "subjects": subjects}
        self._make("ClusterRoleBinding", "", body)

    def _make(self, kind: str, namespace: str, body: Object) -> None:
        found = kind_named(kind)
        name = body["metadata"]["name"]
        if self._core.store.get(found.key, namespace, name) is None:
            options = Options(ADMIN, MANAGER)
            write.create(self._core, found, namespace, clone(body), options)

    def nodes(self, fleet: Fleet) -> None:
        """The nodes of a fleet, ready at once; those that are there stay as they are."""
        for node in fleet.nodes:
            manifest: dict[str, Any] = build_node_manifest(node, extra_labels={LABEL: "running"})
            body = clone({k: v for k, v in manifest.items() if k not in ("kind", "apiVersion")})
            decoded: Object = Decoding().read(body, kind_named("Node").type, struct="Node")
            decoded["status"] = node_status(decoded)
            self._make("Node", "", decoded)

    def manifests(self) -> None:
        """Berth's shipped manifests, applied as `bin/testbed up` does."""
        for manifest in load_manifests(SHIPPED_MANIFESTS):
            self._apply(manifest)

    def _apply(self, manifest: dict[str, Any]) -> None:
        kind = kind_named(str(manifest["kind"]))
        options = Options(ADMIN, MANAGER)
        wanted = write.decode(kind, clone(manifest), options)
        meta = wanted["metadata"]
        namespace = meta.get("namespace", "") if kind.namespaced else ""
        stored = self._core.store.get(kind.key, namespace, meta["name"])
        live = stored.obj if stored else None
        entry = options.as_manager(kind, "Apply")
        new = managed.applied(live, wanted, kind.type, entry, force=True)
        entries = new["metadata"].get("managedFields") or []
        if live is None:
            write.create_with(self._core, kind, namespace, new, entries, options)
        else:
            write.finish(self._core, kind, live, new, options, applied_entries=entries)
