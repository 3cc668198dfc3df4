"""/clusters/: registering, testing, pausing and removing them."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.serializers import (
    ClusterChange,
    ClusterDetailOut,
    ClusterIn,
    ClusterOut,
    ConnectionIn,
)
from inventory.connection_fields import connection_parse
from inventory.filters import ClusterFilter
from inventory.k8s.kubeconfig import ParsedKubeconfig
from inventory.models import Cluster
from inventory.selectors.clusters import cluster_freshness
from inventory.selectors.nodes import Capacity, cluster_capacities
from inventory.services.clusters import (
    cluster_credential_rotate,
    cluster_pause,
    cluster_register,
    cluster_resume,
    cluster_test,
    cluster_update,
)
from inventory.services.removal import cluster_remove
from portal.api.bodies import NoFields, ReasonIn
from portal.api.pagination import BerthCursorPagination
from portal.api.resources import (
    CreateMixin,
    ListMixin,
    ResourceViewSet,
    RetrieveMixin,
    UpdateMixin,
)
from portal.errors import Invalid
from portal.jobs.api.serializers import JobOut

CONNECTION = (
    "server",
    "ca_pem",
    "token",
    "client_certificate",
    "client_key",
    "tls_server_name",
)


class NamePagination(BerthCursorPagination):
    """In the order of names."""

    ordering = ("name", "id")


class ClusterViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, ResourceViewSet):
    """Clusters that Berth knows. What touches a cluster is a job: 202 with its address."""

    verbs: ClassVar = {
        "list": "cluster.view",
        "retrieve": "cluster.view",
        "create": "cluster.edit",
        "partial_update": "cluster.edit",
        "test": "cluster.edit",
        "rotate": "cluster.edit",
        "pause": "cluster.edit",
        "resume": "cluster.edit",
        "remove": "cluster.edit",
    }
    serializer_in, serializer_out = ClusterIn, ClusterOut
    serializers_in: ClassVar = {
        "partial_update": ClusterChange,
        "test": NoFields,
        "rotate": ConnectionIn,
        "pause": ReasonIn,
        "resume": NoFields,
        "remove": ReasonIn,
    }
    serializers_out: ClassVar = {"retrieve": ClusterDetailOut, "test": JobOut, "remove": JobOut}
    success_statuses: ClassVar = {"test": 202, "remove": 202}
    filterset_class = ClusterFilter
    pagination_class = NamePagination
    lookup_field = "name"
    versioned = "generation"

    def visible(self) -> QuerySet[Cluster]:
        """Clusters that are not removed; none for who may not look."""
        rows = Cluster.objects.present()
        return rows if self.viewer.can("cluster.view") else rows.none()

    def get_object(self) -> Cluster:
        """As stored; with freshness and capacity where one cluster is shown."""
        found = cast(Cluster, super().get_object())
        if self.action_name == "retrieve":
            now = timezone.now()
            vars(found).update(
                watch=cluster_freshness(cluster_ids=[found.pk], now=now)[found.pk],
                capacity=cluster_capacities().get(found.pk, Capacity()),
            )
        return found

    def perform_create(self, data: dict[str, Any]) -> Cluster:
        """Register a cluster; its connection test follows."""
        parsed = _connection(data)
        rest = {k: v for k, v in data.items() if k not in (*CONNECTION, "kubeconfig")}
        return cluster_register(kubeconfig=parsed, viewer=self.viewer, **rest)

    def perform_update(self, found: Cluster, data: dict[str, Any]) -> Cluster:
        """Change title, labels, login or the subjects of RoleBindings."""
        return cluster_update(
            name=found.name, viewer=self.viewer, generation=found.generation, **data
        )

    @action(methods=["post"], detail=True)
    def test(self, request: Request, **_names: str) -> Response:
        """Test the connection; the job's outcome holds what was found."""
        found = self.get_object()
        return self.accepted(cluster_test(name=found.name, viewer=self.viewer))

    @action(methods=["post"], detail=True)
    def rotate(self, request: Request, **_names: str) -> Response:
        """Replace server, CA and credential, and test them."""
        found = self.get_object()
        changed = cluster_credential_rotate(
            name=found.name,
            kubeconfig=_connection(self.payload()),
            viewer=self.viewer,
            generation=found.generation,
        )
        return self.answer(changed)

    @action(methods=["post"], detail=True)
    def pause(self, request: Request, **_names: str) -> Response:
        """Leave a cluster alone: no watching, no jobs."""
        found = self.get_object()
        reason = self.payload()["reason"]
        paused = cluster_pause(
            name=found.name, viewer=self.viewer, reason=reason, generation=found.generation
        )
        return self.answer(paused)

    @action(methods=["post"], detail=True)
    def resume(self, request: Request, **_names: str) -> Response:
        """Take a paused cluster up again."""
        found = self.get_object()
        resumed = cluster_resume(name=found.name, viewer=self.viewer, generation=found.generation)
        return self.answer(resumed)

    @action(methods=["post"], detail=True)
    def remove(self, request: Request, **_names: str) -> Response:
        """Take a cluster out; 409 while something of a tenant stands there."""
        found = self.get_object()
        job = cluster_remove(
            name=found.name,
            viewer=self.viewer,
            reason=self.payload()["reason"],
            generation=found.generation,
        )
        return self.accepted(job)


def _connection(data: dict[str, Any]) -> str | ParsedKubeconfig:
    """A kubeconfig's text, or what the single fields say: never both."""
    fields = {name: data[name] for name in CONNECTION if name in data}
    if "kubeconfig" in data and fields:
        text = _("Give a kubeconfig or the single fields, not both.")
        raise Invalid(fields={name: [text] for name in ("kubeconfig", *fields)})
    if "kubeconfig" in data:
        return str(data["kubeconfig"])
    if "server" not in fields:
        text = _("Give a kubeconfig as text, or server with a token or a client certificate.")
        raise Invalid(fields={"kubeconfig": [text]})
    return connection_parse(**fields)
