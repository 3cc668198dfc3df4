"""From a row to a client; only processes that hold the seal key come this far."""

from __future__ import annotations

import hashlib
import threading

from django.utils.translation import gettext as _

from inventory.choices import ClusterState
from inventory.k8s.connect import ClusterClient, connect
from inventory.k8s.connection import Connection, Credential
from inventory.k8s.errors import ClusterError, Forbidden, OtherCluster, Unauthorized
from inventory.k8s.errors import NotFound as NotThere
from inventory.k8s.pace import BURST, CALLS_PER_SECOND, Breaker, Bucket, Pace, pace_of
from inventory.models import Cluster
from portal.errors import NotFound, Unavailable
from portal.seal import unseal

_clients: dict[int, tuple[str, ClusterClient]] = {}
_lock = threading.Lock()
NEVER = 2**31
KUBE_SYSTEM = "/api/v1/namespaces/kube-system"


def connection_fingerprint(cluster: Cluster) -> str:
    """Changes when, and only when, a new connection is needed."""
    parts = (cluster.server_url, cluster.ca_pem, repr(sorted(cluster.api_extra.items())))
    text = "\0".join(parts).encode() + bytes(cluster.sealed_credential)
    return hashlib.sha256(text).hexdigest()


def connection_is(cluster_id: int, fingerprint: str) -> Cluster | None:
    """The cluster, its row held, if its connection still has this fingerprint; else None.

    Inside a transaction: what was learnt over a connection that has been replaced since is not to
    be written beside the new one.
    """
    cluster = Cluster.objects.select_for_update().filter(pk=cluster_id).first()
    if cluster is None or connection_fingerprint(cluster) != fingerprint:
        return None
    return cluster


def cluster_connection(cluster: Cluster) -> Connection:
    """Open the sealed credential of a cluster.

    Raises Unauthorized where there is none, SealUnavailable or SealBroken where it stays shut.
    """
    if not cluster.sealed_credential:
        raise Unauthorized(reason="NoCredential")
    return Connection(
        server=cluster.server_url,
        ca_pem=cluster.ca_pem,
        tls_server_name=cluster.api_extra.get("tls_server_name", ""),
        credential=Credential.load(unseal(bytes(cluster.sealed_credential), cluster.seal_context)),
        pace_key=f"cluster:{cluster.pk}",
    )


def cluster_client(cluster_id: int) -> ClusterClient:
    """A client for a cluster, shared by this process until its connection changes.

    For workers: it has the cluster's circuit breaker. Raises NotFound for a cluster that is
    unknown or removed, Unavailable for a paused one, OtherCluster where the connection leads to
    another, and what `cluster_connection` raises.
    """
    cluster = cluster_get(cluster_id)
    if cluster.state == ClusterState.PAUSED:
        raise Unavailable(_("The cluster is paused."), code="cluster-paused")
    fingerprint = connection_fingerprint(cluster)
    with _lock:
        known = _clients.get(cluster_id)
        if known is not None and known[0] == fingerprint:
            return known[1]
    pace = pace_of(f"cluster:{cluster_id}", _bucket(cluster))
    client = _verified(cluster, connect(cluster_connection(cluster), pace=pace))
    with _lock:
        _clients[cluster_id] = (fingerprint, client)
    return client


def watch_client(cluster_id: int) -> ClusterClient:
    """A client of its own for the watcher, whose reflectors have their own patience."""
    cluster = cluster_get(cluster_id)
    pace = Pace(_bucket(cluster), Breaker(failures_to_open=NEVER))
    return _verified(cluster, connect(cluster_connection(cluster), pace=pace))


def identity_of(client: ClusterClient) -> str:
    """What tells a cluster from every other; "" where the account may not look.

    Nobody can delete the namespace kube-system, and a cluster that is made anew has another.
    """
    try:
        found = client.get(KUBE_SYSTEM)
    except (Forbidden, NotThere):
        return ""
    return str((found.get("metadata") or {}).get("uid") or "")


def identity_check(*, cluster: Cluster, client: ClusterClient) -> str:
    """As `identity_of`; raises OtherCluster where it is not the cluster that is known."""
    found = identity_of(client)
    if cluster.identity and found not in ("", cluster.identity):
        raise OtherCluster
    return found


def _verified(cluster: Cluster, client: ClusterClient) -> ClusterClient:
    """A client that leads where it should: nothing is to be missed in a cluster of others.

    What an allocation no longer has there would count as gone, and be credited.
    """
    try:
        if cluster.identity:
            identity_check(cluster=cluster, client=client)
    except ClusterError:
        client.close()
        raise
    return client


def _bucket(cluster: Cluster) -> Bucket:
    """As many calls as the operator allowed for this cluster, else the common number."""
    extra = cluster.api_extra
    return Bucket(
        per_second=extra.get("calls_per_second", CALLS_PER_SECOND), burst=extra.get("burst", BURST)
    )


def cluster_get(cluster_id: int) -> Cluster:
    """The row of a cluster that is not removed; raises NotFound otherwise."""
    found = Cluster.objects.present().filter(pk=cluster_id).first()
    if found is None:
        raise NotFound
    return found
