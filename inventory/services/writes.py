"""What services of the inventory share: conditional writes and the record of a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F, Model
from django.db.models.functions import Now

from inventory.choices import ClusterState
from inventory.models import Cluster
from portal import audit, live
from portal.errors import NotFound, PreconditionFailed
from portal.viewer import Viewer, authorize


def row_write(row: Model, values: Mapping[str, Any], generation: int | None) -> None:
    """Update a row if it still has the generation that the caller read; it gets the next one."""
    read = getattr(row, "generation") if generation is None else generation  # noqa: B009
    written = (
        type(row)
        ._default_manager.filter(pk=row.pk, generation=read)
        .update(**values, generation=F("generation") + 1)
    )
    if not written:
        raise PreconditionFailed
    row.refresh_from_db()


def state_values(state: ClusterState) -> dict[str, Any]:
    """What a person's change of a cluster's state writes."""
    return {"state": state, "state_code": "", "state_since": Now()}


def cluster_open(*, name: str, viewer: Viewer) -> Cluster:
    """A cluster that the viewer may change; raises NotFound or Denied."""
    if not viewer.can("cluster.view"):
        raise NotFound
    authorize(viewer=viewer, verb="cluster.edit")
    found = (
        Cluster.objects.present()
        .select_for_update()
        .filter(name=name)
        .exclude(state=ClusterState.REMOVING)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def change_record(
    *,
    viewer: Viewer,
    verb: str,
    row: Model,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Audit a change of the platform's own things and tell the open pages."""
    noun = verb.partition(".")[0]
    audit.record(
        viewer=viewer,
        verb=verb,
        target_type=noun,
        target_id=str(row.pk),
        tenant_key="",
        before=before,
        after=after,
        reason=reason,
    )
    topic = "clusters" if noun == "cluster" else "pools"
    live.publish(topic, "changed", id=int(row.pk))
    if noun == "cluster":
        live.publish(f"cluster:{row.pk}", "changed", cluster=int(row.pk))
