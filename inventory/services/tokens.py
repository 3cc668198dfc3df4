"""Renewing the token of Berth's own account before it ends (KEP-1205, TokenRequest)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from inventory.choices import ClusterState
from inventory.k8s.connection import Credential
from inventory.k8s.errors import ClusterError, ServerFault
from inventory.k8s.paths import ObjectRef
from inventory.k8s.pem import credential_span
from inventory.k8s.writer import Writer
from inventory.labels import SERVICE_ACCOUNT, SYSTEM_NAMESPACE, USERNAME
from inventory.models import Cluster
from inventory.notices import TOKEN_REFUSED, operators_tell
from inventory.selectors.connections import cluster_client, connection_is
from inventory.services.writes import change_record
from portal.jobs.again import failures_in_a_row, may_ask
from portal.jobs.requests import job_request
from portal.scope import scope
from portal.seal import seal
from portal.viewer import Viewer

LIFE_PART = 0.8  # renew when this much of a token's life is over
LEAST_SECONDS = 600  # what the API accepts
MOST_SECONDS = 90 * 24 * 3600
KIND = "cluster.token"
AGAIN_AFTER = timedelta(minutes=1)
AGAIN_AT_LAST = timedelta(hours=1)
SYSTEM = Viewer.system("inventory")


class NewToken(NamedTuple):
    """A token and its span; the token itself goes nowhere but into the seal."""

    token: str
    made_at: datetime
    expires_at: datetime

    def __repr__(self) -> str:
        return f"NewToken(until {self.expires_at})"


def tokens_due(*, now: datetime) -> QuerySet[Cluster]:
    """Clusters whose credential is a token of Berth's own account."""
    return Cluster.objects.filter(
        credential_user=USERNAME,
        credential_made_at__isnull=False,
        credential_expires_at__gt=now,
        state__in=[ClusterState.CONNECTED, ClusterState.UNREACHABLE, ClusterState.PENDING],
    )


def token_is_due(cluster: Cluster, *, now: datetime) -> bool:
    """Tell whether 80 % of the token's life is over."""
    made_at, expires_at = cluster.credential_made_at, cluster.credential_expires_at
    if made_at is None or expires_at is None:
        return False
    return bool(now >= made_at + (expires_at - made_at) * LIFE_PART)


def tokens_request(now: datetime) -> None:
    """Ask for the renewal of every token that is due; called by the clock.

    After a refusal it asks again later each time: what a cluster forbids it forbids for long.
    """
    with scope(SYSTEM):
        for cluster in tokens_due(now=now):
            key = _job_key(cluster)
            if token_is_due(cluster, now=now) and may_ask(
                kind=KIND, key=key, now=now, first=AGAIN_AFTER, most=AGAIN_AT_LAST
            ):
                job_request(kind=KIND, key=key, viewer=SYSTEM, args=cluster.job_args)


def refusal_tell(*, cluster: Cluster, error: ClusterError) -> None:
    """Tell the operators that a token can't be renewed, unless they were told of this one."""
    if failures_in_a_row(kind=KIND, key=_job_key(cluster)):
        return
    until = f"{cluster.credential_expires_at:%Y-%m-%d %H:%M} UTC"
    operators_tell(TOKEN_REFUSED, cluster, until=until, why=str(error.message))


def _job_key(cluster: Cluster) -> str:
    return f"{cluster.job_key}:token"


def token_renew(*, cluster: Cluster) -> NewToken:
    """Ask the cluster for a new token of the same length. Calls the cluster."""
    made_at, expires_at = cluster.credential_made_at, cluster.credential_expires_at
    life = (expires_at - made_at) if made_at and expires_at else timedelta(hours=1)
    seconds = int(min(max(life.total_seconds(), LEAST_SECONDS), MOST_SECONDS))
    answer = Writer(cluster_client(cluster.pk)).post_subresource(
        ObjectRef("ServiceAccount", SERVICE_ACCOUNT, SYSTEM_NAMESPACE),
        "token",
        {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds},
        },
    )
    token = str((answer.get("status") or {}).get("token", ""))
    begins_at, ends_at = credential_span(token, "")
    if begins_at is None or ends_at is None:
        raise ServerFault(reason="NoToken")
    return NewToken(token, begins_at, ends_at)


def token_store(*, cluster: Cluster, fingerprint: str, new: NewToken) -> bool:
    """Seal the new token in place of the old one; inside the caller's transaction.

    False, and nothing is written, where somebody handed in another credential since `fingerprint`
    was read: that one stays.
    """
    if connection_is(cluster.pk, fingerprint) is None:
        return False
    Cluster.objects.filter(pk=cluster.pk).update(
        sealed_credential=seal(Credential(token=new.token).dump(), cluster.seal_context),
        credential_made_at=new.made_at,
        credential_expires_at=new.expires_at,
    )
    after = {"expires_at": new.expires_at.isoformat()}
    change_record(viewer=SYSTEM, verb="cluster.renew", row=cluster, after=after)
    return True
