"""Taking a pool out: only when nothing stands on it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import ngettext

from inventory.models import Pool
from inventory.services.pools import pool_facts
from inventory.services.resolve import nodes_resolve
from inventory.services.writes import change_record
from portal.errors import Conflict, NotFound, PreconditionFailed
from portal.scope import scope
from portal.viewer import Viewer, authorize

SYSTEM = Viewer.system("inventory")


@transaction.atomic
def pool_delete(*, name: str, viewer: Viewer, generation: int | None = None) -> None:
    """Delete a pool; its nodes go to the next pool that they fit, or to none.

    Raises Denied, NotFound, PreconditionFailed, or Conflict (code pool-in-use) while quota, an
    allocation or a namespace of any tenant refers to it.
    """
    authorize(viewer=viewer, verb="pool.edit")
    pool = Pool.objects.select_for_update().filter(name=name).first()
    if pool is None:
        raise NotFound
    if generation is not None and generation != pool.generation:
        raise PreconditionFailed
    before = pool_facts(pool)
    change_record(viewer=viewer, verb="pool.delete", row=pool, before=before)
    try:
        # What refers to it may belong to any tenant, so the look must not depend on the viewer.
        with scope(SYSTEM):
            pool.delete()
    except ProtectedError as error:
        raise _in_use(name, len(error.protected_objects)) from None
    nodes_resolve(now=timezone.now())


def _in_use(name: str, count: int) -> Conflict:
    text = ngettext(
        "%(count)s record of quota or allocations refers to the pool %(name)s, so it can't be"
        " deleted. Take the quota back first, or change the pool instead.",
        "%(count)s records of quota or allocations refer to the pool %(name)s, so it can't be"
        " deleted. Take the quota back first, or change the pool instead.",
        count,
    )
    return Conflict(text % {"count": count, "name": name}, code="pool-in-use", count=count)
