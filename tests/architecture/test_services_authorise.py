"""Every service that takes a viewer asks what the viewer may do: whoever calls it need not.

Each is called with people who lack the right and with one who has it; a service that is not in the
table fails here until somebody says how it is called.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from django.db import transaction

import inventory.services
import portal.jobs.requests
import scheduling.services
import tenants.services
from portal.errors import BerthError, Denied, NotFound
from portal.viewer import Viewer
from tenants.roles import READ_VERBS
from tests.architecture.service_calls import CALLS, PARTS, Rows, rows_made
from tests.people import People

ROOMS = (inventory.services, scheduling.services, tenants.services)


def modules() -> Iterator[ModuleType]:
    """Every module of services, and the jobs'."""
    yield portal.jobs.requests
    for room in ROOMS:
        for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            yield importlib.import_module(found.name)


def services() -> dict[str, Callable[..., Any]]:
    """Public functions that take a viewer, by name."""
    return {
        name: function
        for module in modules()
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "viewer" in inspect.signature(function).parameters
    }


def refused(rows: Rows) -> dict[str, Viewer]:
    """Who may do none of this: nobody, who only reads, and an owner's token that only reads."""
    alice = rows.people.alice.viewer
    return {
        "anonymous": Viewer.anonymous(),
        "bob": rows.people.bob.viewer,
        "token": dataclasses.replace(alice, kind="token", tenant_verbs={"vision": READ_VERBS}),
    }


def outcome(name: str, rows: Rows, viewer: Viewer) -> type[BerthError] | None:
    """What a service raises, if anything; whatever it did is taken back."""
    try:
        with transaction.atomic():
            services()[name](viewer=viewer, **CALLS[name].values(rows))
            transaction.set_rollback(True)
    except BerthError as error:
        return type(error)
    return None


def test_every_service_is_in_the_table() -> None:
    assert set(services()) - PARTS == set(CALLS)
    assert set(services()) >= PARTS


def test_who_lacks_the_right_is_refused(people: People) -> None:
    with rows_made(people) as rows:
        let_through = {
            (name, who)
            for who, viewer in refused(rows).items()
            for name in CALLS
            if outcome(name, rows, viewer) not in {Denied, NotFound}
        }
    assert let_through == {(name, "bob") for name, call in CALLS.items() if call.own}


def test_who_has_the_right_is_let_through(people: People) -> None:
    """Else the refusals above might come from a call that names nothing."""
    with rows_made(people) as rows:
        stopped = {
            name
            for name, call in CALLS.items()
            if outcome(name, rows, getattr(people, call.by).viewer) in {Denied, NotFound}
        }
    assert stopped == set()
