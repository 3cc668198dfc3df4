"""Lowering quota below use is refused with a plan: what would have to be given back, and whose."""

from __future__ import annotations

from typing import Any

import pytest

from portal.errors import Refused
from portal.refusal import Refusal
from scheduling.models import Allocation, Quota
from scheduling.services.allocations import AllocationAsk, allocation_plan
from scheduling.services.quota import QuotaEdit, quota_set
from tenants.services.tree import tenant_create
from tests.people import People
from tests.scheduling.pages.seed import GIB, H100, Seed, hold, seed_make
from tests.scheduling.world import system
from tests.tenants.rest import Rest

pytestmark = pytest.mark.django_db
LAB = {H100: 2, "cpu": 1000, "memory": GIB}


@pytest.fixture
def seed(people: People) -> Seed:
    """Vision holds ten H100: four active, four coming up, two open."""
    return seed_make()


@pytest.fixture
def with_lab(seed: Seed) -> Seed:
    """As above, and "lab" below vision holds two more."""
    with system() as viewer:
        tenant_create(key="lab", title="Lab", kind="project", parent_key="vision", viewer=viewer)
        edits = [QuotaEdit("lab", "h100", name, amount) for name, amount in LAB.items()]
        quota_set(edits=edits, why="tests", viewer=viewer)
        ask = AllocationAsk(
            tenant_key="lab",
            kind="workload",
            name="probe",
            pool="h100",
            replicas=1,
            shape={"cpu": 1000, "memory": GIB, H100: 2},
            spec={"image": "registry.example/lab/probe:1"},
            priority="high",
        )
        made = allocation_plan(ask=ask, viewer=viewer, not_before=None, deadline_at=None)
        hold(made, seed.cluster, ["ams1-h100-04"], bound=True)
    return seed


def refusal_of(tenant: str, guaranteed: int) -> Refusal:
    """Why this tenant can't be lowered to this."""
    with system() as viewer, pytest.raises(Refused) as refused:
        quota_set(edits=[QuotaEdit(tenant, "h100", H100, guaranteed)], why="less", viewer=viewer)
    return refused.value.refusal


def change(allocation: Allocation, **values: Any) -> None:
    """Set columns as a request would have."""
    with system():
        Allocation.objects.filter(pk=allocation.pk).update(**values)


def lines(refusal: Refusal) -> list[tuple[str, str, int, int]]:
    """The plan without its words."""
    return [(line.ref, line.scope, line.amount, line.needed) for line in refusal.plan]


def test_the_plan_takes_the_preemptible_then_the_low_then_the_large(seed: Seed) -> None:
    change(seed.opened, preemptible=True, priority="high")
    change(seed.coming, priority="low")
    refusal = refusal_of("vision", 3)
    assert (refusal.rule, refusal.limit, refusal.now) == ("quota.in-use", 3, 10)
    assert (refusal.asked, refusal.short_by) == (-13, 7)
    assert lines(refusal) == [
        (seed.opened.ref, "vision", 2, 2),
        (seed.coming.ref, "vision", 4, 4),
        (seed.active.ref, "vision", 4, 1),
    ]
    words = [line.why for line in refusal.plan]
    assert words == ["High priority, may be preempted", "Low priority", "Normal priority"]


def test_what_is_releasing_comes_first_and_no_more_is_named_than_it_takes(seed: Seed) -> None:
    change(seed.active, state="releasing", priority="high")
    refusal = refusal_of("vision", 6)
    assert lines(refusal) == [(seed.active.ref, "vision", 4, 4)]
    assert refusal.plan[0].why == "comes back by itself: it is releasing"


def test_a_parents_plan_names_what_stands_below_it(with_lab: Seed) -> None:
    change(with_lab.opened, preemptible=True)
    with system():
        probe = Allocation.objects.get(tenant_key="lab")
    refusal = refusal_of("vision", 0)
    assert sum(line.amount for line in refusal.plan) == 12
    assert lines(refusal)[-1] == (probe.ref, "lab", 2, 2)
    assert refusal.next_url == "/ops/allocations/?below=vision&pool=h100&state=live"


def test_the_next_step_lists_the_allocations_of_the_whole_branch(
    with_lab: Seed, people: People
) -> None:
    client = people.operator.client()
    page = client.get("/ops/allocations/?below=vision&pool=h100&state=live").content.decode()
    for name in ("pretrain", "eval-sweep", "big-run", "notebooks", "probe"):
        assert f">{name}<" in page
    assert "secret-speech" not in page
    rest = Rest(client).get("allocations/?below=lab").json()["results"]
    assert [row["name"] for row in rest] == ["probe"]
    assert Rest(client).get("allocations/?below=nobody").json()["results"] == []


def test_rest_and_page_carry_the_plan(seed: Seed, people: People) -> None:
    change(seed.opened, preemptible=True)
    client = people.operator.client()
    with system():
        quota = Quota.objects.get(tenant_key="vision", pool__name="h100", resource=H100)
    edit = {
        "tenant": "vision",
        "pool": "h100",
        "resource": H100,
        "guaranteed": 9,
        "generation": quota.generation,
    }
    answer = Rest(client).post("quotas:set", {"why": "less", "edits": [edit]})
    assert answer.status_code == 422
    assert answer.json()["refusal"]["plan"] == [
        {
            "ref": seed.opened.ref,
            "scope": "vision",
            "amount": 2,
            "needed": 1,
            "why": "Normal priority, may be preempted",
            "url": f"/t/vision/allocations/{seed.opened.pk}/",
        }
    ]
    name = f"{quota.node_id}-{H100}"
    typed = {f"v-{name}": "9", f"o-{name}": f"{quota.generation}|{quota.guaranteed}"}
    page = client.post("/ops/quota/?pool=h100", typed | {"act": "save", "why": "less"})
    assert b"What would have to be given back" in page.content
    assert f'href="/t/vision/allocations/{seed.opened.pk}/"' in page.content.decode()
