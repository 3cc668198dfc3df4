"""What operators are told about clusters without asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from portal.notices import notify
from portal.notices.kinds import NoticeKind, register
from portal.viewers import audience_of

if TYPE_CHECKING:
    from inventory.models import Cluster

TOKEN_REFUSED = NoticeKind(
    code="cluster.token-refused",
    label=_("A cluster refuses to renew Berth's token"),
    title=_("%(cluster)s refuses to renew Berth's token, which holds until %(until)s"),
    text=_("%(why)s Berth tries again; hand in a new kubeconfig before the token ends."),
    email=True,
)
UNFENCED = NoticeKind(
    code="cluster.unfenced",
    label=_("Admission policies of a cluster no longer stand as shipped"),
    title=_("Admission policies of %(cluster)s no longer stand as shipped"),
    text=_("No open capacity is offered there until they do. Apply the manifests again."),
    email=True,
)


def notice_kinds_register() -> None:
    """Make the kinds known; called once, from `ready`."""
    for kind in (TOKEN_REFUSED, UNFENCED):
        register(kind)


def operators_tell(kind: NoticeKind, cluster: Cluster, **params: str) -> None:
    """Tell the operators about a cluster; in the transaction of what they are told of."""
    notify(
        kind=kind.code,
        users=audience_of(""),
        params={"cluster": cluster.name, **params},
        url=f"/ops/clusters/{cluster.name}/",
    )
