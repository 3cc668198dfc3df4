"""Whose a namespace is: Berth's own claims, and what an operator claims."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from inventory.aftermath import namespace_content_assign
from inventory.choices import NamespaceKind
from inventory.inputs import NAME
from inventory.locks import mirror_lock
from inventory.models import Cluster, Namespace, NamespaceClaim
from inventory.rows import namespace_values
from portal import audit, live
from portal.errors import Conflict, Invalid, NotFound
from portal.scope import scope
from portal.tenancy import tenants_hold
from portal.viewer import Viewer, authorize

SYSTEM = Viewer.system("inventory")


def namespace_claim_write(
    *,
    cluster_id: int,
    uid: str,
    name: str,
    tenant_key: str,
    kind: str,
    pool_name: str = "",
    claimed_by: str = "berth",
) -> NamespaceClaim:
    """Say that a namespace (by UID) belongs to a tenant, and bring the mirror in line at once.

    Inside the caller's transaction. Repeating it changes nothing.
    """
    with scope(SYSTEM):
        claim, _made = NamespaceClaim.objects.update_or_create(
            cluster_id=cluster_id,
            uid=uid,
            defaults={
                "name": name,
                "tenant_key": tenant_key,
                "kind": kind,
                "pool_name": pool_name,
                "claimed_by": claimed_by,
            },
        )
        _mirror_follow(cluster_id, uid, claim)
    return claim


@transaction.atomic
def namespace_claim(*, cluster: str, name: str, tenant_key: str, viewer: Viewer) -> NamespaceClaim:
    """An operator gives a namespace that Berth did not make to a tenant; its use is then theirs.

    Berth changes nothing in it. Raises Invalid, NotFound (no such namespace or tenant), Denied,
    or Conflict where Berth made it, or it belongs to somebody already.
    """
    authorize(viewer=viewer, verb="namespace.edit", tenant_key=tenant_key)
    if not NAME.fullmatch(tenant_key):
        raise Invalid(fields={"tenant_key": [_("Name a tenant by its key.")]})
    if not tenants_hold([tenant_key]).get(tenant_key):
        raise NotFound
    with scope(SYSTEM):
        found = _namespace(cluster, name)
        mirror_lock([found.cluster_id])
        existing = NamespaceClaim.objects.filter(cluster_id=found.cluster_id, uid=found.uid).first()
    if existing is not None and (
        existing.tenant_key != tenant_key or existing.kind != NamespaceKind.CLAIMED
    ):
        text = _("The namespace belongs to %(tenant)s already.")
        raise Conflict(text % {"tenant": existing.tenant_key}, code="namespace-claimed")
    claim = namespace_claim_write(
        cluster_id=found.cluster_id,
        uid=found.uid,
        name=found.name,
        tenant_key=tenant_key,
        kind=NamespaceKind.CLAIMED,
        claimed_by=viewer.label,
    )
    _record(viewer, "namespace.claim", found, tenant_key)
    return claim


@transaction.atomic
def namespace_unclaim(*, cluster: str, name: str, viewer: Viewer) -> None:
    """Take an operator's claim back; a namespace that Berth made can't be given away so."""
    authorize(viewer=viewer, verb="namespace.edit")
    with scope(SYSTEM):
        found = _namespace(cluster, name)
        mirror_lock([found.cluster_id])
        claim = NamespaceClaim.objects.filter(cluster_id=found.cluster_id, uid=found.uid).first()
        if claim is None:
            raise NotFound
        if claim.kind != NamespaceKind.CLAIMED:
            text = _("Berth made this namespace; release what stands in it instead.")
            raise Conflict(text, code="namespace-own")
        claim.delete()
        _mirror_follow(found.cluster_id, found.uid, None)
        _record(viewer, "namespace.unclaim", found, claim.tenant_key)


def _namespace(cluster: str, name: str) -> Namespace:
    place = Cluster.objects.present().filter(name=cluster).first()
    if place is None:
        raise NotFound
    found: Namespace | None = Namespace.objects.filter(cluster=place, name=name).first()
    if found is None:
        raise NotFound
    return found


def _mirror_follow(cluster_id: int, uid: str, claim: NamespaceClaim | None) -> None:
    found = Namespace.objects.select_for_update().filter(cluster_id=cluster_id, uid=uid).first()
    if found is None:
        return  # not seen yet; the mirror asks for the claim when it is
    values = namespace_values(found.labels, claim)
    Namespace.objects.filter(pk=found.pk).update(**values)
    namespace_content_assign(cluster_id, found.name, values["tenant_key"])
    live.publish(f"cluster:{cluster_id}", "namespaces", cluster=cluster_id)


def _record(viewer: Viewer, verb: str, found: Namespace, tenant_key: str) -> None:
    audit.record(
        viewer=viewer,
        verb=verb,
        target_type="namespace",
        target_id=f"{found.cluster_id}/{found.name}",
        tenant_key=tenant_key,
    )
