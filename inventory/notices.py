"""What operators are told about clusters without asking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from inventory.choices import ClusterState
from inventory.models import Cluster
from portal.notices import notify, told_since
from portal.notices.kinds import NoticeKind, register
from portal.viewers import audience_of

TOKEN_REFUSED = NoticeKind(
    code="cluster.token-refused",
    label=_("A cluster refuses to renew Berth's token"),
    title=_("%(cluster)s refuses to renew Berth's token, which holds until %(until)s"),
    text=_("%(why)s Berth tries again; hand in a new kubeconfig before the token ends."),
    email=True,
    verb="cluster.edit",
)
UNFENCED = NoticeKind(
    code="cluster.unfenced",
    label=_("Admission policies of a cluster no longer stand as shipped"),
    title=_("Admission policies of %(cluster)s no longer stand as shipped"),
    text=_("No open capacity is offered there until they do. Apply the manifests again."),
    email=True,
    verb="cluster.edit",
)
UNREACHABLE = NoticeKind(
    code="cluster.unreachable",
    label=_("A cluster can't be reached"),
    title=_("%(cluster)s can't be reached"),
    text=_("What runs there runs on. Facts grow old and jobs wait until it answers again."),
    email=True,
    verb="cluster.edit",
)
CREDENTIAL_EXPIRED = NoticeKind(
    code="cluster.credential-expired",
    label=_("A cluster does not accept Berth's credential any more"),
    title=_("%(cluster)s does not accept Berth's credential any more"),
    text=_("Hand in a new kubeconfig on its page. Jobs that wait for it then go on."),
    email=True,
    verb="cluster.edit",
)
KINDS = (TOKEN_REFUSED, UNFENCED, UNREACHABLE, CREDENTIAL_EXPIRED)
OF_STATES: Mapping[str, NoticeKind] = {
    ClusterState.UNREACHABLE: UNREACHABLE,
    ClusterState.CREDENTIAL_EXPIRED: CREDENTIAL_EXPIRED,
}
QUIET = timedelta(minutes=30)


def notice_kinds_register() -> None:
    """Make the kinds known; called once, from `ready`."""
    for kind in KINDS:
        register(kind)


def state_tell(*, cluster_id: int, state: str, now: datetime) -> None:
    """Tell the operators that a cluster has come into a state in which Berth can't use it.

    Called where the state changes, so not while it stays; and where a cluster comes and goes they
    hear of each state once in half an hour.
    """
    kind = OF_STATES.get(state)
    if kind is None:
        return
    cluster = Cluster.objects.only("name").get(pk=cluster_id)
    if not told_since(kind=kind.code, since=now - QUIET, cluster=cluster.name):
        operators_tell(kind, cluster)


def operators_tell(kind: NoticeKind, cluster: Cluster, **params: str) -> None:
    """Tell the operators about a cluster; in the transaction of what they are told of."""
    notify(
        kind=kind.code,
        users=audience_of(""),
        params={"cluster": cluster.name, **params},
        url=f"/ops/clusters/{cluster.name}/",
    )
