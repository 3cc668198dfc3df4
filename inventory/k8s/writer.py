"""Everything that Berth ever writes to a cluster; bodies are plain dicts, never typed models.

Typed models drop fields they don't know, so a round trip through one would delete what a newer
API server keeps. Nothing is forced: a conflict over a field is information (design, section 7).
"""

from __future__ import annotations

import re
from typing import Any

from inventory.k8s.client import APPLY, MERGE, STRATEGIC, ClusterClient, Query
from inventory.k8s.errors import Conflict, NotFound
from inventory.k8s.paths import ObjectRef, collection_path, everywhere_path
from inventory.labels import FIELD_MANAGER

Object = dict[str, Any]
UID_DIFFERS = re.compile(r"UID in (the )?precondition")


class Writer:
    """Commands to one cluster. Every failure is a ClusterError; nothing is tried twice."""

    def __init__(self, client: ClusterClient) -> None:
        self._client = client

    def apply(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Server-side apply of a whole object, as manager "berth", never by force.

        Raises Conflict with the other managers' names where a field is not ours. A field left out
        of a later apply goes away if nobody else owns it.
        """
        query: dict[str, str | int | bool] = {"fieldManager": FIELD_MANAGER, "force": False}
        return self._client.request(
            "PATCH",
            ObjectRef.of(obj).path,
            body=obj,
            query={**query, **_dry(dry_run)},
            content_type=APPLY,
        )

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Create an object; raises AlreadyExists where the name is taken."""
        ref = ObjectRef.of(obj)
        return self._client.request(
            "POST",
            collection_path(ref.kind, ref.namespace),
            body=obj,
            query={"fieldManager": FIELD_MANAGER, **_dry(dry_run)},
        )

    def get(self, ref: ObjectRef) -> Object | None:
        """Read an object as it is now; None where there is none."""
        try:
            return self._client.get(ref.path)
        except NotFound:
            return None

    def labelled(self, kind: str, *, selector: str) -> list[Object]:
        """Read all objects of a kind with these labels ("key=value,…"), in whichever namespace."""
        found = self._client.get(everywhere_path(kind), {"labelSelector": selector})
        return list(found.get("items") or ())

    def pods(self, *, namespace: str, selector: str) -> list[Object]:
        """Read the pods of a namespace with these labels ("key=value,…") as they are now."""
        found = self._client.get(collection_path("Pod", namespace), {"labelSelector": selector})
        return list(found.get("items") or ())

    def events(self, *, namespace: str, uid: str) -> list[Object]:
        """Read what the cluster noted about one object, oldest first."""
        query: Query = {"fieldSelector": f"involvedObject.uid={uid}", "limit": 50}
        found = self._client.get(collection_path("Event", namespace), query)
        return sorted(
            found.get("items") or (), key=lambda event: str(event.get("lastTimestamp") or "")
        )

    def delete(
        self,
        ref: ObjectRef,
        *,
        uid: str,
        resource_version: str = "",
        grace_seconds: int | None = None,
        propagation: str = "Background",
    ) -> bool:
        """Delete this very object; True when asked, False when it is gone or another stands there.

        With `resource_version`, raises Conflict where the object has changed since.
        """
        if not uid:
            msg = "an object is never deleted by name alone"
            raise ValueError(msg)
        preconditions = {"uid": uid}
        if resource_version:
            preconditions["resourceVersion"] = resource_version
        body: Object = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": preconditions,
            "propagationPolicy": propagation,
        }
        if grace_seconds is not None:
            body["gracePeriodSeconds"] = grace_seconds
        try:
            self._client.request("DELETE", ref.path, body=body)
        except NotFound:
            return False
        except Conflict as conflict:
            if UID_DIFFERS.search(conflict.detail):
                return False
            raise
        return True

    def patch_merge(self, ref: ObjectRef, patch: Object, *, dry_run: bool = False) -> Object:
        """JSON merge patch: null removes. Name uid and resourceVersion in metadata to be sure."""
        return self._patch(ref.path, patch, MERGE, dry_run=dry_run)

    def patch_strategic(
        self, ref: ObjectRef, patch: Object, *, subresource: str = "", dry_run: bool = False
    ) -> Object:
        """Strategic merge patch, of the object or of a subresource such as "resize"."""
        path = f"{ref.path}/{subresource}" if subresource else ref.path
        return self._patch(path, patch, STRATEGIC, dry_run=dry_run)

    def post_subresource(self, ref: ObjectRef, subresource: str, body: Object) -> Object:
        """Create under an object, such as a pod's "eviction" or an account's "token"."""
        return self._client.request("POST", f"{ref.path}/{subresource}", body=body)

    def _patch(self, path: str, patch: Object, content_type: str, *, dry_run: bool) -> Object:
        query: dict[str, str | int | bool] = {"fieldManager": FIELD_MANAGER}
        return self._client.request(
            "PATCH", path, body=patch, query={**query, **_dry(dry_run)}, content_type=content_type
        )


def _dry(dry_run: bool) -> Query:
    return {"dryRun": "All"} if dry_run else {}
