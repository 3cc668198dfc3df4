"""What others make of a namespace's quota, limits, network policy and role bindings."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.utils import timezone

from portal.models import JobRun
from scheduling.services.drift import RESTORE, SPACE_RESTORE
from scheduling.services.furniture import LOOK, furniture_watch
from tests.scheduling.test_drift import choose, drift_shown, open_drifts
from tests.scheduling.test_faults import (
    SPACE,
    alive,
    books_exact,
    running,
    until_code,
    until_state,
)
from tests.scheduling.world import World, system, until

__all__ = ["alive"]
pytestmark = [pytest.mark.bed, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
GROUPS = {
    "limitranges": "/api/v1",
    "networkpolicies": "/apis/networking.k8s.io/v1",
    "rolebindings": "/apis/rbac.authorization.k8s.io/v1",
}
POLICY, LIMITS, BINDING = "berth-same-tenant", "berth", "berth-tenant-member"
ANYBODY: dict[str, Any] = {"spec": {"ingress": [{}]}}
SMALL = [{"type": "Container", "default": {"memory": "64Mi"}, "min": {"memory": "1Mi"}}]


def by_hand(world: World, *arguments: str, stdin: str = "") -> float:
    """An administrator does something with kubectl; when that was."""
    done = world.bed.kubectl(*arguments, "-n", SPACE, stdin=stdin, user="admin")
    assert not done.returncode, done.stderr
    return time.monotonic()


def edit(world: World, kind: str, name: str, patch: dict[str, Any]) -> float:
    """An administrator changes an object."""
    body = json.dumps(patch)
    return by_hand(
        world, "patch", kind, name, "--type=merge", "-p", body, "--field-manager=somebody"
    )


def stands(world: World, plural: str, name: str) -> dict[str, Any]:
    """What an object says now."""
    found = world.bed.client().get(f"{GROUPS[plural]}/namespaces/{SPACE}/{plural}/{name}")
    return {key: found[key] for key in ("spec", "roleRef", "subjects") if key in found}


def looked() -> None:
    """Let the clock ask for a look, and wait until it is done."""
    furniture_watch(timezone.now())

    def done() -> bool:
        with system():
            jobs = list(JobRun.objects.filter(kind=LOOK).values_list("state", flat=True))
        return bool(jobs) and set(jobs) == {"succeeded"}

    until(done, seconds=60)


def until_put_back() -> None:
    """Wait until the job of the person's choice is through."""

    def done() -> bool:
        with system():
            return JobRun.objects.filter(kind=SPACE_RESTORE).latest("pk").state == "succeeded"

    until(done, seconds=60)


def test_a_quota_that_was_put_back_grows_with_the_next_allocation(alive: World) -> None:
    first = running(alive, "first")
    since = edit(alive, "resourcequota", "berth", {"spec": {"hard": {"requests.cpu": "99"}}})
    row = drift_shown(alive, "changed", since)
    assert row["manager"] == "somebody"
    choose(alive, row, "restore")
    until_state(alive, first, "succeeded", kind=RESTORE)
    second = running(alive, "second")
    books_exact(alive, first, second)
    assert open_drifts() == []


def test_a_wider_network_policy_is_shown_with_its_manager_and_put_back(alive: World) -> None:
    running(alive, "work")
    before = stands(alive, "networkpolicies", POLICY)
    looked()
    assert open_drifts() == []
    since = edit(alive, "networkpolicy", POLICY, ANYBODY)
    looked()
    row = drift_shown(alive, "changed", since)
    assert (row["manager"], row["object_kind"]) == ("somebody", "NetworkPolicy")
    choose(alive, row, "restore")
    until_put_back()
    assert stands(alive, "networkpolicies", POLICY) == before
    looked()
    assert open_drifts() == []


def test_a_deleted_role_binding_is_shown_and_made_again_by_choice(alive: World) -> None:
    running(alive, "work")
    before = stands(alive, "rolebindings", BINDING)
    since = by_hand(alive, "delete", "rolebinding", BINDING)
    looked()
    row = drift_shown(alive, "missing", since)
    choose(alive, row, "restore")
    until_put_back()
    assert stands(alive, "rolebindings", BINDING) == before
    looked()
    assert open_drifts() == []


def test_a_role_binding_of_somebody_else_in_its_place_is_only_shown(alive: World) -> None:
    running(alive, "work")
    by_hand(alive, "delete", "rolebinding", BINDING)
    made = ("create", "rolebinding", BINDING, "--clusterrole=cluster-admin", "--user=eve")
    since = by_hand(alive, *made)
    looked()
    row = drift_shown(alive, "foreign", since)
    assert (row["object_kind"], row["object_ref"]) == (
        "RoleBinding",
        f"RoleBinding {SPACE}/{BINDING}",
    )
    by_hand(alive, "delete", "rolebinding", BINDING)
    looked()
    assert open_drifts() == ["missing"]


def test_changed_limits_stop_the_next_allocation_until_they_are_put_back(alive: World) -> None:
    first = running(alive, "first")
    before = stands(alive, "limitranges", LIMITS)
    since = edit(alive, "limitrange", LIMITS, {"spec": {"limits": SMALL}})
    second = alive.ask("second")
    job = until_code(alive, second, "drift")
    assert "somebody" in alive.said(job)
    row = drift_shown(alive, "changed", since)
    assert (row["manager"], row["object_kind"]) == ("somebody", "LimitRange")
    choose(alive, row, "restore")
    until_state(alive, second, "succeeded")
    assert stands(alive, "limitranges", LIMITS) == before
    books_exact(alive, first, alive.fresh(second))
    third = running(alive, "third")
    books_exact(alive, first, alive.fresh(second), third)
    assert open_drifts() == []


def test_limits_that_a_person_accepts_stay_and_hold_up_nothing(alive: World) -> None:
    first = running(alive, "first")
    since = edit(alive, "limitrange", LIMITS, {"spec": {"limits": SMALL}})
    second = alive.ask("second")
    until_code(alive, second, "drift")
    choose(alive, drift_shown(alive, "changed", since), "accept")
    until_state(alive, second, "succeeded")
    assert stands(alive, "limitranges", LIMITS)["spec"]["limits"][0]["min"] == {"memory": "1Mi"}
    looked()
    assert open_drifts() == []
    books_exact(alive, first, alive.fresh(second))


@pytest.mark.parametrize("chosen", [("Namespace", "StatefulSet"), ("StatefulSet",)])
def test_a_namespace_that_somebody_deletes_is_shown_and_made_anew_by_choice(
    alive: World, chosen: tuple[str, ...]
) -> None:
    allocation = running(alive, "work")
    old = alive.bed.client().get(f"/api/v1/namespaces/{SPACE}")["metadata"]["uid"]
    since = by_hand(alive, "delete", "namespace", SPACE, "--wait=false")
    missing = drift_shown(alive, "missing", since, of="Namespace")
    assert missing["object_ref"] == f"Namespace {SPACE}"
    for kind in chosen:
        choose(alive, drift_shown(alive, "missing", since, of=kind), "restore")
        if kind == "Namespace":
            until_put_back()
    until_state(alive, allocation, "succeeded", kind=RESTORE)
    assert alive.bed.client().get(f"/api/v1/namespaces/{SPACE}")["metadata"]["uid"] != old
    until(lambda: not open_drifts(), seconds=60)
    books_exact(alive, alive.fresh(allocation))
