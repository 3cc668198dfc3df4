"""Pools: making, changing and ordering them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.inputs import name_check, selector_check, title_check, tolerations_check
from inventory.models import Cluster, Pool
from inventory.services.resolve import nodes_resolve
from inventory.services.writes import change_record, row_write
from portal.errors import Conflict, FieldErrors, Invalid, NotFound
from portal.joins import list_join
from portal.viewer import Viewer, authorize

Terms = Sequence[dict[str, Any]]


@transaction.atomic
def pool_create(
    *,
    name: str,
    title: str,
    viewer: Viewer,
    selector: Terms = (),
    tolerations: Terms = (),
    clusters: Sequence[str] = (),
) -> Pool:
    """Make a pool, the last in order, and divide the nodes anew.

    `clusters` are names; none means all. Raises Invalid, Denied or Conflict (name taken).
    """
    authorize(viewer=viewer, verb="pool.edit")
    pool = Pool(name=name, title=title.strip() if isinstance(title, str) else title)
    pool.selector, pool.tolerations = list(selector), list(tolerations)
    found = _check(pool, clusters)
    _order_lock()
    pool.ordering = (Pool.objects.aggregate(last=Max("ordering"))["last"] or 0) + 1
    try:
        with transaction.atomic():
            pool.save(force_insert=True)
    except IntegrityError:
        text = _("There is already a pool named %(name)s. Choose another name.")
        raise Conflict(text % {"name": name}, code="pool-name-taken") from None
    pool.clusters.set(found)
    nodes_resolve(now=timezone.now())
    change_record(viewer=viewer, verb="pool.create", row=pool, after=pool_facts(pool))
    return pool


@transaction.atomic
def pool_update(*, name: str, viewer: Viewer, generation: int | None = None, **values: Any) -> Pool:
    """Change title, selector, tolerations or clusters; nodes are divided anew.

    An allocation keeps its pool: a node that leaves it under one shows as drift. Raises Invalid,
    NotFound, Denied or PreconditionFailed.
    """
    pool = _open(name, viewer)
    before = pool_facts(pool)
    if not set(values) <= {"title", "selector", "tolerations", "clusters"}:
        msg = f"{sorted(values)} can't all be changed"
        raise TypeError(msg)
    names = values.pop("clusters", None)
    for field, value in values.items():
        setattr(pool, field, value.strip() if isinstance(value, str) else value)
    found = _check(pool, before["clusters"] if names is None else names)
    row_write(pool, {field: getattr(pool, field) for field in values}, generation)
    pool.clusters.set(found)
    nodes_resolve(now=timezone.now())
    after = pool_facts(pool)
    change_record(viewer=viewer, verb="pool.edit", row=pool, before=before, after=after)
    return pool


@transaction.atomic
def pool_reorder(*, names: Sequence[str], viewer: Viewer) -> list[Pool]:
    """Put all pools in this order: a node belongs to the first that it fits."""
    authorize(viewer=viewer, verb="pool.edit")
    _order_lock()
    pools = {pool.name: pool for pool in Pool.objects.select_for_update()}
    if sorted(names) != sorted(pools):
        text = _("Name every pool once: %(names)s.") % {"names": list_join(sorted(pools))}
        raise Invalid(text, fields={"names": [text]})
    for ordering, name in enumerate(names, start=1):
        pool = pools[name]
        if pool.ordering == ordering:
            continue
        before = {"ordering": pool.ordering}
        Pool.objects.filter(pk=pool.pk).update(ordering=ordering, generation=F("generation") + 1)
        pool.refresh_from_db()
        after = {"ordering": ordering}
        change_record(viewer=viewer, verb="pool.reorder", row=pool, before=before, after=after)
    nodes_resolve(now=timezone.now())
    return [pools[name] for name in names]


def pool_facts(pool: Pool) -> dict[str, Any]:
    """What the audit log says of a pool."""
    return {
        "name": pool.name,
        "title": pool.title,
        "selector": pool.selector,
        "tolerations": pool.tolerations,
        "clusters": sorted(pool.clusters.values_list("name", flat=True)),
    }


def _open(name: str, viewer: Viewer) -> Pool:
    authorize(viewer=viewer, verb="pool.edit")
    pool = Pool.objects.select_for_update().filter(name=name).first()
    if pool is None:
        raise NotFound
    return pool


def _order_lock() -> None:
    """Two who change the order at once wait for each other."""
    list(Pool.objects.select_for_update().order_by("pk").values_list("pk", flat=True))


def _check(pool: Pool, cluster_names: Sequence[str]) -> list[Cluster]:
    errors = FieldErrors()
    name_check(errors, "name", pool.name)
    title_check(errors, "title", pool.title)
    selector_check(errors, "selector", pool.selector)
    tolerations_check(errors, "tolerations", pool.tolerations)
    wanted = {name for name in cluster_names if isinstance(name, str)}
    found = list(Cluster.objects.present().filter(name__in=wanted))
    if len(found) != len(cluster_names):
        errors.add("clusters", _("Name clusters that Berth knows, each once; none means all."))
    errors.raise_any()
    return found
