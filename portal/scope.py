"""A scope is a transaction that tells PostgreSQL whose rows may be seen.

Row-level security reads `berth.all` and `berth.tenants`; both are local to the transaction, so
a pooled connection can't leak them. Outside a scope every tenant table is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

from portal import faults
from portal.viewer import Viewer

_viewer: ContextVar[Viewer | None] = ContextVar("berth_viewer", default=None)


@contextmanager
def scope(viewer: Viewer) -> Iterator[Viewer]:
    """Open a transaction in which exactly the viewer's rows exist.

    Scopes nest: leaving an inner one gives the outer one's view back. Raises what the body
    raises, after rolling back.
    """
    outer = _viewer.get()
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        _apply(viewer)
        token = _viewer.set(viewer)
        try:
            yield viewer
        finally:
            _viewer.reset(token)
        if not outermost:
            _apply(outer)
        else:
            faults.point("db.before_commit")
    if outermost:
        faults.point("db.after_commit")


def _apply(viewer: Viewer | None) -> None:
    sees_all = "on" if viewer is not None and viewer.sees_all else ""
    keys = ",".join(sorted(viewer.tenant_keys)) if viewer is not None and not sees_all else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('berth.all', %s, true), set_config('berth.tenants', %s, true)",
            [sees_all, keys],
        )
