"""Words that columns of the inventory may hold."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ClusterState(models.TextChoices):
    """What Berth knows about reaching a cluster."""

    PENDING = "pending", _("Not yet connected")
    CONNECTED = "connected", _("Connected")
    UNREACHABLE = "unreachable", _("Silent")
    CREDENTIAL_EXPIRED = "credential_expired", _("Credential expired")
    PAUSED = "paused", _("Paused")
    REMOVING = "removing", _("Being removed")
    REMOVED = "removed", _("Removed")


LOST_STATES = (ClusterState.UNREACHABLE, ClusterState.CREDENTIAL_EXPIRED)


class FactKind(models.TextChoices):
    """The kinds of objects that the watcher mirrors; values are the API's own plural names."""

    NODES = "nodes", _("Nodes")
    NAMESPACES = "namespaces", _("Namespaces")
    PODS = "pods", _("Pods")
    QUOTAS = "resourcequotas", _("Resource quotas")
    STATEFULSETS = "statefulsets", _("StatefulSets")
    JOBS = "jobs", pgettext_lazy("kind of object in Kubernetes", "Jobs")


class WatchPhase(models.TextChoices):
    """What the reflector of one kind is doing."""

    LISTING = "listing", _("Reading everything")
    WATCHING = "watching", _("Watching")
    BACKOFF = "backoff", _("Waiting to try again")
    FORBIDDEN = "forbidden", _("Not permitted")
    STOPPED = "stopped", _("Stopped")


class NamespaceKind(models.TextChoices):
    """How a namespace came to belong to a tenant."""

    MANAGED = "managed", _("Managed: only Berth creates pods")
    OPEN = "open", _("Open: the tenant creates pods within its room")
    CLAIMED = "claimed", _("Claimed by an operator")


class SelectorOperator(models.TextChoices):
    """Operators of a pool's selector, as in Kubernetes."""

    IN = "In", _("is one of")
    NOT_IN = "NotIn", _("is none of")
    EXISTS = "Exists", _("exists")
    DOES_NOT_EXIST = "DoesNotExist", _("does not exist")
