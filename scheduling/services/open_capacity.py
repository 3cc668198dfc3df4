"""When open capacity can be offered, and the kubeconfig that a tenant gets for it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from inventory.logins import kubeconfig_render
from inventory.models import Cluster, Node, Pool
from portal.refusal import Refusal
from scheduling import rules
from scheduling.models import Allocation
from scheduling.selectors.devices import PLAIN, key_types


def open_refusal(
    *, pool: Pool, cluster: Cluster | None, shape: Mapping[str, int]
) -> Refusal | None:
    """Why a pool can't be opened for a shape on any cluster asked for; None where it can.

    A tenant's own pod names a resource key, not a device type: where the key means two types in
    the pool, nobody could say which the tenant would get. The admission policies have to stand
    on the cluster, or the pods could leave the pool.
    """
    found = _clusters(pool, cluster)
    refusals = [_refusal(pool, one, shape) for one in found]
    if not refusals or None in refusals:
        return None
    return refusals[0]


def kubeconfig_of(*, allocation: Allocation) -> str:
    """A kubeconfig without credentials for an open allocation's namespace."""
    cluster, space = allocation.cluster, allocation.namespace
    if cluster is None or space is None:
        msg = f"{allocation.ref} stands on no cluster"
        raise LookupError(msg)
    return kubeconfig_render(
        cluster=cluster.name,
        server=cluster.server_url,
        ca_pem=cluster.ca_pem,
        login=cluster.login,
        namespace=space.name,
    )


def _clusters(pool: Pool, cluster: Cluster | None) -> list[Cluster]:
    if cluster is not None:
        return [cluster]
    ids = Node.objects.filter(pool=pool, gone_at=None).values("cluster_id")
    return list(Cluster.objects.filter(pk__in=ids).order_by("name"))


def _refusal(pool: Pool, cluster: Cluster, shape: Mapping[str, int]) -> Refusal | None:
    meanings = key_types(cluster=cluster, pool=pool)
    for resource in sorted(set(shape) - PLAIN):
        for key, types in sorted(meanings.items()):
            if resource in types and len(types) > 1:
                return Refusal(
                    rule=rules.OPEN_ONE_TYPE,
                    scope=f"{pool.name} / {cluster.name}",
                    dimension=resource,
                    who=_("an operator"),
                    next_step=_(
                        "%(key)s means %(types)s here. Split the pool so that the key means one"
                        " type, or ask for a workload."
                    )
                    % {"key": key, "types": ", ".join(sorted(types))},
                )
    if not cluster.abilities.get("fenced"):
        return Refusal(
            rule=rules.OPEN_POLICIES,
            scope=cluster.name,
            who=_("an administrator of the cluster"),
            next_step=_(
                "Apply the shipped admission policies (deploy/kubernetes), test the cluster again,"
                " or ask for a workload."
            ),
        )
    return None
