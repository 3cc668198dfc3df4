"""What pools, device types, mappings and namespaces look like in REST."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.serializers import MAX_TITLE
from inventory.models import Cluster, DeviceMapping, DeviceType, Namespace, Pool
from portal.api.fields import KeyField, StrictIntegerField, TextField

SELECTOR_HELP = '[{"key", "operator": In|NotIn|Exists|DoesNotExist, "values"}]; all must hold.'
TOLERATIONS_HELP = '[{"key", "operator", "value", "effect"}], as in Kubernetes.'
PUBLIC_FIELDS = ("name", "title", "ordering", "generation")


class PoolChange(serializers.Serializer[Any]):
    """What can be changed of a pool."""

    title = TextField(max_length=MAX_TITLE)
    selector = serializers.ListField(required=False, max_length=50, help_text=SELECTOR_HELP)
    tolerations = serializers.ListField(required=False, max_length=50, help_text=TOLERATIONS_HELP)
    clusters = serializers.ListField(
        child=KeyField(), required=False, max_length=200, help_text="Names; none means all."
    )


class PoolIn(PoolChange):
    """A pool to make; it comes last in order."""

    name = KeyField()


class PoolOrder(serializers.Serializer[Any]):
    """All pools by name, in the order in which nodes are tried."""

    names = serializers.ListField(child=KeyField(), max_length=1000)


class PoolOut(serializers.ModelSerializer[Pool]):
    """A pool. Selector, tolerations and clusters are for whoever may see nodes."""

    # Not required: tenants get the public fields alone.
    clusters: Any = serializers.SlugRelatedField(
        many=True, slug_field="name", queryset=Cluster.objects.present(), required=False
    )
    created_at = serializers.DateTimeField(required=False)

    class Meta:
        model = Pool
        fields = (*PUBLIC_FIELDS, "selector", "tolerations", "clusters", "created_at")

    def to_representation(self, instance: Pool) -> dict[str, Any]:
        """Names alone for tenants: how the fleet is divided is the operators' affair."""
        found: dict[str, Any] = super().to_representation(instance)
        if self.context["viewer"].can("node.view"):
            return found
        return {name: found[name] for name in PUBLIC_FIELDS}


class PoolsOut(serializers.Serializer[Any]):
    """All pools in their new order."""

    results = PoolOut(many=True)


class DeviceTypeIn(serializers.Serializer[Any]):
    """A device type to add; its name becomes a resource that quota is given in."""

    name = KeyField()
    title = TextField(max_length=MAX_TITLE)
    vendor = TextField(max_length=60, allow_blank=True, default="")
    memory_bytes = StrictIntegerField(default=0)
    weight_milli = StrictIntegerField(least=1, most=1000, default=1000)


class DeviceTypeOut(serializers.ModelSerializer[DeviceType]):
    """A device type; `weight_milli` is its share of a whole device in thousandths."""

    class Meta:
        model = DeviceType
        fields = ("name", "title", "vendor", "memory_bytes", "weight_milli")


class MappingIn(serializers.Serializer[Any]):
    """What a resource key means on nodes with these labels; without a cluster, on all."""

    device_type = KeyField()
    resource_key = TextField(max_length=317)
    node_labels = serializers.DictField(required=False)
    cluster = KeyField(allow_null=True, default=None)
    ordering = StrictIntegerField(most=10_000, default=100)


class MappingOut(serializers.ModelSerializer[DeviceMapping]):
    """A mapping; the first by `ordering` that fits a node decides."""

    device_type = serializers.CharField(source="device_type.name")
    cluster = serializers.CharField(source="cluster.name", default=None, allow_null=True)

    class Meta:
        model = DeviceMapping
        fields = ("id", "device_type", "resource_key", "node_labels", "cluster", "ordering")


class NamespaceOut(serializers.ModelSerializer[Namespace]):
    """A namespace; `tenant` is empty where it belongs to nobody."""

    cluster = serializers.CharField(source="cluster.name")
    tenant = serializers.CharField(source="tenant_key", allow_blank=True)
    pool = serializers.CharField(source="pool_name", allow_blank=True)

    class Meta:
        model = Namespace
        fields = (
            "cluster",
            "name",
            "uid",
            "tenant",
            "kind",
            "pool",
            "phase",
            "labels_differ",
            "created_at",
            "seen_at",
        )


class NamespacePlace(serializers.Serializer[Any]):
    """A namespace by its cluster and name."""

    cluster = KeyField()
    name = TextField(max_length=63)


class NamespaceClaimIn(NamespacePlace):
    """Whose a namespace is to be."""

    tenant = KeyField()
