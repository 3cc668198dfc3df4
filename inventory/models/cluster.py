"""Clusters that Berth knows."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from inventory.choices import LOST_STATES, ClusterState


class ClusterQuerySet(models.QuerySet["Cluster"]):
    """Clusters, among which removed ones stay as rows."""

    def present(self) -> Self:
        """Those that aren't removed: only among them does a name mean one."""
        return self.exclude(state=ClusterState.REMOVED)


class Cluster(models.Model):
    """One Kubernetes cluster and what Berth may know and do there.

    `abilities` and `rights` are what the last connection test found (k8s.abilities,
    k8s.rights). `login` is what a tenant's kubeconfig gets: {"server", "ca_pem", "exec": {…}};
    `subject_template` are RoleBinding subjects whose names may hold {tenant} and {role}.
    `api_extra` holds {"tls_server_name", "calls_per_second", "burst"} where they differ from the
    defaults. `identity` is what tells the cluster from every other, from its first test on: the
    UID of its namespace kube-system. `labels` are the operator's own words (region, owner). A
    removed cluster stays as a row without credential, because history names it.
    """

    name = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    server_url = models.CharField(max_length=2000)
    ca_pem = models.TextField(blank=True, default="")
    api_extra = models.JSONField(default=dict, blank=True)
    identity = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=20, choices=ClusterState, default=ClusterState.PENDING)
    state_code = models.CharField(max_length=60, blank=True, default="")
    state_since = models.DateTimeField(db_default=Now())
    version = models.CharField(max_length=40, blank=True, default="")
    abilities = models.JSONField(default=dict, blank=True)
    rights = models.JSONField(default=dict, blank=True)
    tested_at = models.DateTimeField(null=True, blank=True)
    sealed_credential = models.BinaryField(default=b"")
    credential_user = models.CharField(max_length=253, blank=True, default="")
    credential_made_at = models.DateTimeField(null=True, blank=True)
    credential_expires_at = models.DateTimeField(null=True, blank=True)
    last_contact_at = models.DateTimeField(null=True, blank=True)
    labels = models.JSONField(default=dict, blank=True)
    login = models.JSONField(default=dict, blank=True)
    subject_template = models.JSONField(default=list, blank=True)
    generation = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    objects = ClusterQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name"],
                condition=~Q(state="removed"),
                name="cluster_name_unique",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[str(s) for s in ClusterState]), name="cluster_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def lost(self) -> bool:
        """Tell whether it can't be reached or read any more, however young its last sign is."""
        return self.state in LOST_STATES

    @property
    def away(self) -> bool:
        """Tell whether nothing is heard from it now, on purpose or not."""
        return self.state != ClusterState.CONNECTED

    @property
    def seal_context(self) -> str:
        """What binds the sealed credential to this row."""
        return f"inventory.cluster.credential:{self.pk}:{self.name}"

    @property
    def job_key(self) -> str:
        """Key of every job that works on the cluster itself."""
        return f"cluster:{self.pk}"

    @property
    def job_args(self) -> dict[str, int | str]:
        """What those jobs are asked with; the name never changes and is shown."""
        return {"cluster_id": self.pk, "cluster": self.name}
