"""Namespaces: what each gets, and how one goes with all that is in it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.api.errors import StatusError
from simulator.controllers.actor import Actor, controller_user
from simulator.controllers.loop import Loop
from simulator.kinds.registry import kinds
from simulator.objects import Object, clone, now_text, time_parse

if TYPE_CHECKING:
    from simulator.core import Core

ROOT_CA = "kube-root-ca.crt"
DESCRIPTION = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal"
    " endpoints such as the internal service IP or kubernetes.default.svc. No other usage is"
    " guaranteed across distributions of Kubernetes clusters."
)
FINE = (
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered",
     "All resources successfully discovered"),
    ("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions",
     "All legacy kube types successfully parsed"),
    ("NamespaceDeletionContentFailure", "ContentDeleted",
     "All content successfully deleted, may be waiting on finalization"),
)  # fmt: skip


class Namespaces(Loop):
    """Furnishes namespaces and clears those that are deleted."""

    name = "namespace-controller"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._actor = Actor(core, controller_user("namespace-controller"))
        self._accounts = Actor(core, controller_user("service-account-controller"))
        self._roots = Actor(core, controller_user("root-ca-certificate-publisher"))

    def begin(self) -> None:
        """Listen to namespaces, and to what a deleted one still holds."""
        self.listen("namespaces", lambda event: event.stored.name)
        self.listen("serviceaccounts", lambda event: event.stored.namespace)
        self.core.store.listen("", self._hear)

    def _hear(self, event: object) -> None:
        kind = event.type  # type: ignore[attr-defined]
        namespace = event.stored.namespace  # type: ignore[attr-defined]
        if kind == "DELETED" and namespace:
            self.add(namespace)

    def sync(self, key: Any) -> None:
        """Furnish a namespace, or clear it."""
        found = self.core.store.get("namespaces", "", str(key))
        if found is None:
            return
        if found.obj["metadata"].get("deletionTimestamp"):
            self._clear(found.obj)
        else:
            self._furnish(found.name)

    def _furnish(self, namespace: str) -> None:
        if self.core.store.get("serviceaccounts", namespace, "default") is None:
            self._accounts.create("ServiceAccount", namespace, {"metadata": {"name": "default"}})
        if self.core.store.get("configmaps", namespace, ROOT_CA) is None:
            notes = {"kubernetes.io/description": DESCRIPTION}
            pem = self.core.authority.ca_pem.decode()
            made = {"metadata": {"name": ROOT_CA, "annotations": notes}, "data": {"ca.crt": pem}}
            self._roots.create("ConfigMap", namespace, made)

    def _clear(self, space: Object) -> None:
        """Delete everything in it; when nothing is left, let it go."""
        name = space["metadata"]["name"]
        remaining: Counter[str] = Counter()
        finalizers: Counter[str] = Counter()
        for kind in kinds().values():
            if not kind.namespaced:
                continue
            for stored in self.core.store.ordered(kind.key, name):
                if not stored.obj["metadata"].get("deletionTimestamp"):
                    self._actor.delete(kind.name, stored.obj)
            for stored in self.core.store.each(kind.key, name):
                remaining[kind.qualified] += 1
                for finalizer in stored.obj["metadata"].get("finalizers") or ():
                    finalizers[finalizer] += 1
        if remaining:
            self._say(space, remaining, finalizers)
            raise StatusError(409, "Conflict", "the namespace still has content")
        since = datetime.now(UTC) - time_parse(space["metadata"]["deletionTimestamp"])
        left = self.core.pace.namespace - since.total_seconds()
        if left > 0:
            self.later(name, left)  # a real controller looks again after some seconds, too
            return
        self._actor.change("Namespace", "", name, _released, "finalize")

    def _say(self, space: Object, remaining: Counter[str], finalizers: Counter[str]) -> None:
        found = list(FINE)
        made = [_condition(kind, "False", reason, text) for kind, reason, text in found]
        texts = [f"{name} has {n} resource instances" for name, n in sorted(remaining.items())]
        text = f"Some resources are remaining: {', '.join(texts)}".replace(" has", ". has")
        made.append(_condition("NamespaceContentRemaining", "True", "SomeResourcesRemain", text))
        if finalizers:
            texts = [f"{name} in {n} resource instances" for name, n in sorted(finalizers.items())]
            text = f"Some content in the namespace has finalizers remaining: {', '.join(texts)}"
            made.append(
                _condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", text)
            )
        before = {c["type"]: c for c in (space.get("status") or {}).get("conditions") or ()}
        for condition in made:
            old = before.get(condition["type"])
            if old is not None and old["message"] == condition["message"]:
                condition["lastTransitionTime"] = old["lastTransitionTime"]
        status = clone(space.get("status") or {}) | {"conditions": made}
        self._actor.set_status("Namespace", space, status)


def _condition(kind: str, status: str, reason: str, message: str) -> Object:
    return {
        "type": kind,
        "status": status,
        "lastTransitionTime": now_text(),
        "reason": reason,
        "message": message,
    }


def _released(space: Object) -> Object:
    space["spec"] = {}
    return space
