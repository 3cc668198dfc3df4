"""Nothing is made in a namespace that is not there or on its way out."""

from __future__ import annotations

from simulator.admission.attempt import Attempt
from simulator.api import errors
from simulator.kinds.registry import kind_named
from simulator.store.store import Store


def check(store: Store, attempt: Attempt) -> None:
    """Refuse creations where there is no namespace to take them."""
    if attempt.operation != "CREATE" or not attempt.kind.namespaced or not attempt.namespace:
        return
    found = store.get("namespaces", "", attempt.namespace)
    if found is None:
        raise errors.not_found(kind_named("Namespace"), attempt.namespace)
    if found.obj["metadata"].get("deletionTimestamp"):
        space = attempt.namespace
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {space} is being terminated",
            "field": "metadata.namespace",
        }
        why = f"unable to create new content in namespace {space} because it is being terminated"
        raise errors.forbidden(attempt.kind, attempt.name, why, [cause])
