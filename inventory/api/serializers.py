"""What clusters and nodes look like in REST; a credential goes in and never comes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.models import Cluster, Node
from inventory.selectors.clusters import KindFreshness
from portal.api.fields import KeyField, TextField

MAX_TITLE = 120
MAX_PEM = 64 * 1024
MAX_KUBECONFIG = 128 * 1024  # beyond what is read, so that the sentence about it comes


class ConnectionIn(serializers.Serializer[Any]):
    """The way to a cluster: `kubeconfig` as text, or `server` with one credential in fields."""

    kubeconfig = TextField(max_length=MAX_KUBECONFIG, required=False, write_only=True)
    server = TextField(max_length=2000, required=False)
    ca_pem = TextField(max_length=MAX_PEM, required=False, allow_blank=True)
    token = TextField(max_length=16_000, required=False, write_only=True)
    client_certificate = TextField(max_length=MAX_PEM, required=False)
    client_key = TextField(max_length=MAX_PEM, required=False, write_only=True)
    tls_server_name = TextField(max_length=253, required=False, allow_blank=True)


class LoginIn(serializers.Serializer[Any]):
    """What can be set beside title and connection; the service checks each."""

    labels = serializers.DictField(required=False, help_text="Your own words, as labels.")
    login = serializers.DictField(
        required=False, help_text="How tenants sign in: server, ca_pem, exec."
    )
    subject_template = serializers.ListField(
        required=False,
        max_length=50,
        help_text='RoleBinding subjects: [{"kind": "Group", "name": "{tenant}-{role}"}].',
    )


class ClusterIn(ConnectionIn, LoginIn):
    """A cluster to register."""

    name = KeyField()
    title = TextField(max_length=MAX_TITLE)


class ClusterChange(LoginIn):
    """What can be changed; its name never can."""

    title = TextField(max_length=MAX_TITLE)


class CredentialOut(serializers.Serializer[Cluster]):
    """Whose credential it is and how long it holds; never the credential."""

    user = serializers.CharField(source="credential_user")
    made_at = serializers.DateTimeField(source="credential_made_at", allow_null=True)
    expires_at = serializers.DateTimeField(source="credential_expires_at", allow_null=True)


class ClusterOut(serializers.ModelSerializer[Cluster]):
    """A cluster."""

    credential = CredentialOut(source="*")

    class Meta:
        model = Cluster
        fields: tuple[str, ...] = (
            "name",
            "title",
            "server_url",
            "state",
            "state_code",
            "state_since",
            "version",
            "tested_at",
            "last_contact_at",
            "credential",
            "labels",
            "login",
            "subject_template",
            "generation",
            "created_at",
        )


class WatchOut(serializers.Serializer[KindFreshness]):
    """How fresh the mirror of one kind is; `age_seconds` null means never read."""

    kind = serializers.CharField()
    phase = serializers.CharField()
    age_seconds = serializers.IntegerField(allow_null=True)
    listed_at = serializers.DateTimeField(allow_null=True)
    found_on_relist = serializers.IntegerField()
    error_code = serializers.CharField(allow_blank=True)
    stale = serializers.BooleanField()


class CapacityOut(serializers.Serializer[Any]):
    """Amounts in base units: cpu in milli-cores, memory in bytes, device types in counts."""

    nodes = serializers.IntegerField()
    usable_nodes = serializers.IntegerField()
    installed = serializers.DictField(child=serializers.IntegerField())
    usable = serializers.DictField(child=serializers.IntegerField())


class ClusterDetailOut(ClusterOut):
    """A cluster with what the last test found, and how fresh the mirror is.

    `abilities` and `rights` are empty objects before the first test; `rights.missing` is what the
    shipped roles have and the account lacks, `rights.extra` what it has beyond them.
    """

    watch = WatchOut(many=True)
    capacity = CapacityOut()

    class Meta(ClusterOut.Meta):
        fields = (*ClusterOut.Meta.fields, "abilities", "rights", "watch", "capacity")


class NodeOut(serializers.ModelSerializer[Node]):
    """A node. Amounts by cpu, memory, pods and device types; unknown keys as the cluster's own."""

    cluster = serializers.CharField(source="cluster.name")
    pool = serializers.CharField(source="pool.name", default=None, allow_null=True)

    class Meta:
        model = Node
        fields: tuple[str, ...] = (
            "cluster",
            "name",
            "uid",
            "pool",
            "pool_label",
            "ready",
            "schedulable",
            "allocatable",
            "capacity",
            "labels",
            "taints",
            "created_at",
            "deleting_at",
            "seen_at",
        )


class NodeDetailOut(NodeOut):
    """A node with its conditions and the cluster's own resource keys."""

    class Meta(NodeOut.Meta):
        fields = (*NodeOut.Meta.fields, "conditions", "info", "raw_allocatable", "raw_capacity")
