"""What others change, delete or put in place of what Berth wrote: seen, said, left to choose."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from scheduling.models import Allocation, Drift
from scheduling.services.allocations import CREATE, RELEASE, allocation_release
from scheduling.services.drift import RESTORE
from tests.scheduling.test_faults import SPACE, alive, books_exact, running, until_state
from tests.scheduling.world import World, system, until
from tests.tenants.rest import Rest

__all__ = ["alive"]
pytestmark = [pytest.mark.bed, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
LATEST_SECONDS = 60.0


def drift_shown(world: World, kind: str, since: float, *, of: str = "") -> dict[str, Any]:
    """Wait until REST and page show a difference; it must come within a minute."""
    assert world.people is not None
    client = world.people.operator.client()

    def there() -> dict[str, Any] | None:
        rows = Rest(client).get("drift/").json()["results"]
        found = (row for row in rows if row["kind"] == kind and of in ("", row["object_kind"]))
        return next(found, None)

    row: dict[str, Any] = until(there, seconds=LATEST_SECONDS, every=0.5)
    assert time.monotonic() - since < LATEST_SECONDS
    assert row["object_ref"] in client.get("/ops/drift/").content.decode()
    return row


def choose(world: World, row: dict[str, Any], choice: str) -> None:
    """Settle a difference as an operator does by REST."""
    assert world.people is not None
    rest = Rest(world.people.operator.client())
    answer = rest.post(f"drift/{row['id']}/choose/", {"choice": choice, "reason": "tests"})
    assert answer.status_code < 300, answer.content


def stateful_set(world: World, name: str) -> dict[str, Any]:
    """The object as it stands."""
    return world.bed.client().get(f"/apis/apps/v1/namespaces/{SPACE}/statefulsets/{name}")


def edited(world: World, allocation: Allocation) -> float:
    """Somebody scales the object to nothing and adds a label to its pods; when that was."""
    spec = {"replicas": 0, "template": {"metadata": {"labels": {"added": "by-hand"}}}}
    arguments = ("patch", "statefulset", allocation.object_name, "-n", SPACE, "--type=merge")
    world.bed.kubectl(
        *arguments, "-p", json.dumps({"spec": spec}), "--field-manager=somebody", user="admin"
    )
    return time.monotonic()


def open_drifts() -> list[str]:
    """Kinds of the differences that nobody has settled."""
    with system():
        return list(Drift.objects.filter(resolved_at=None).values_list("kind", flat=True))


def test_an_edit_is_shown_with_its_managers_name_and_restored_by_choice(alive: World) -> None:
    allocation = running(alive, "edited")
    before = stateful_set(alive, allocation.object_name)["spec"]
    row = drift_shown(alive, "changed", edited(alive, allocation))
    assert row["manager"] == "somebody"
    choose(alive, row, "restore")
    until_state(alive, allocation, "succeeded", kind=RESTORE)
    assert stateful_set(alive, allocation.object_name)["spec"] == before
    until(lambda: alive.names("pods", SPACE) == {f"{allocation.object_name}-0"})
    until(lambda: alive.fresh(allocation).state == "active")
    assert open_drifts() == []
    books_exact(alive, allocation)


def test_an_edit_can_be_accepted_and_is_shown_no_more(alive: World) -> None:
    allocation = running(alive, "accepted")
    row = drift_shown(alive, "changed", edited(alive, allocation))
    choose(alive, row, "accept")
    time.sleep(20)  # longer than a round of looking takes to come
    assert open_drifts() == []
    assert stateful_set(alive, allocation.object_name)["spec"]["replicas"] == 0
    with system() as viewer:
        allocation_release(allocation=alive.fresh(allocation), viewer=viewer)
    until_state(alive, allocation, "succeeded", kind=RELEASE)
    books_exact(alive)


def test_a_deleted_object_is_shown_and_made_again_by_choice(alive: World) -> None:
    allocation = running(alive, "gone")
    alive.bed.kubectl("delete", "statefulset", allocation.object_name, "-n", SPACE, user="admin")
    row = drift_shown(alive, "missing", time.monotonic())
    choose(alive, row, "restore")
    until_state(alive, allocation, "succeeded", kind=RESTORE)
    until(lambda: alive.names("pods", SPACE) == {f"{allocation.object_name}-0"})
    assert stateful_set(alive, allocation.object_name)["metadata"]["uid"] == (
        alive.fresh(allocation).object_uid
    )
    until(lambda: open_drifts() == [], seconds=40)
    books_exact(alive, allocation)


@pytest.fixture
def unfenced(alive: World) -> Iterator[World]:
    """A cluster on which somebody has switched off the policy that keeps others out."""
    path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
    found = alive.bed.client().get(f"{path}/berth-managed")
    alive.bed.client().delete(f"{path}/berth-managed")
    yield alive
    body = {key: found[key] for key in ("apiVersion", "kind", "spec")}
    meta = {"name": "berth-managed", "labels": found["metadata"]["labels"]}
    alive.bed.client().create(path, body | {"metadata": meta})


def foreign_make(world: World, name: str) -> dict[str, Any]:
    """Somebody else's object under a name of Berth's, with the very labels that Berth gives."""
    labels = {"app": "foreign", "berth.dev/tenant": "vision"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [_container()]}}
    body = {
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": 0,
            "serviceName": name,
            "selector": {"matchLabels": {"app": "foreign"}},
            "template": template,
        },
    }
    path = f"/apis/apps/v1/namespaces/{SPACE}/statefulsets"

    def made() -> dict[str, Any] | None:
        done = world.bed.kubectl(
            "create", "--field-manager=somebody", "-n", SPACE, "-f", "-",
            stdin=json.dumps(body | {"apiVersion": "apps/v1", "kind": "StatefulSet"}),
        )  # fmt: skip
        return world.bed.client().get(f"{path}/{name}") if not done.returncode else None

    found: dict[str, Any] = until(made, seconds=20, every=0.3)  # the policy lingers for a moment
    return found


def _container() -> dict[str, str]:
    return {"name": "main", "image": "registry.example/foreign:1"}


def test_a_foreign_object_under_our_name_is_never_adopted(unfenced: World) -> None:
    first = running(unfenced, "first")
    name = f"second-a{first.pk + 1}-g1"
    before = foreign_make(unfenced, name)
    second = unfenced.ask("second")
    assert second.object_name == name
    job = until_state(unfenced, second, "compensated", kind=CREATE)
    assert job.reason["code"] == "namespace.foreign"
    assert name in unfenced.said(job)
    assert stateful_set(unfenced, name)["metadata"]["uid"] == before["metadata"]["uid"]
    assert stateful_set(unfenced, name)["spec"] == before["spec"]
    books_exact(unfenced, first)


def test_a_foreign_object_in_place_of_ours_is_drift_and_survives_the_release(
    unfenced: World,
) -> None:
    allocation = running(unfenced, "swapped")
    name = allocation.object_name
    unfenced.bed.kubectl("delete", "statefulset", name, "-n", SPACE, user="admin")
    before, since = foreign_make(unfenced, name), time.monotonic()
    drift_shown(unfenced, "foreign", since)
    with system() as viewer:
        allocation_release(allocation=unfenced.fresh(allocation), viewer=viewer)
    until_state(unfenced, allocation, "succeeded", kind=RELEASE)
    after = stateful_set(unfenced, name)["metadata"]
    assert (after["uid"], after.get("deletionTimestamp")) == (before["metadata"]["uid"], None)
    books_exact(unfenced)
