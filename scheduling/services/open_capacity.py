"""The kubeconfig that a tenant gets for open capacity."""

from __future__ import annotations

from inventory.logins import kubeconfig_render
from scheduling.models import Allocation


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
