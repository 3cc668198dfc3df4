"""Pages of quota, allocations, jobs and the homes: who opens them, what they cost and say."""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.titles import titles_forget
from portal.models import JobRun
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation, TenantNamespace
from scheduling.selectors.attention import JobsNow, jobs_now
from tests.people import People
from tests.scheduling.pages.seed import Seed, node_make

MOST_QUERIES = 12
TRANSACTION_CONTROL = re.compile(r"^(SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SELECT set_config)")
NAMES = ("operator", "auditor", "alice", "bob", "charlie")

# page: status for operator, auditor, alice (owner), bob (viewer), charlie (stranger)
PAGES = {
    "/ops/": (200, 200, 403, 403, 403),
    "/ops/quota/": (200, 200, 403, 403, 403),
    "/ops/quota/?pool=cpu": (200, 200, 403, 403, 403),
    "/ops/quota/?pool=nothing": (404, 404, 403, 403, 403),
    "/ops/allocations/": (200, 200, 403, 403, 403),
    "/ops/drift/": (200, 200, 403, 403, 403),
    "/jobs/": (200, 200, 200, 200, 200),
    "/jobs/{job}/": (200, 200, 200, 200, 404),
    "/jobs/{job}/part/": (200, 200, 200, 200, 404),
    "/jobs/999999/": (404, 404, 404, 404, 404),
    "/t/vision/": (200, 200, 200, 200, 404),
    "/t/vision/jobs/": (200, 200, 200, 200, 404),
    "/t/vision/quota/": (200, 200, 200, 200, 404),
    "/t/vision/quota/panel/": (200, 200, 200, 200, 404),
    "/t/vision/now/panel/": (200, 403, 200, 403, 404),
    "/t/vision/quota/home/": (200, 200, 200, 200, 404),
    "/t/vision/held/panel/": (200, 200, 200, 200, 404),
    "/t/vision/allocations/": (200, 200, 200, 200, 404),
    "/t/vision/allocations/{active}/": (200, 200, 200, 200, 404),
    "/t/vision/allocations/{coming}/": (200, 200, 200, 200, 404),
    "/t/vision/allocations/{waiting}/": (200, 200, 200, 200, 404),
    "/t/vision/allocations/{opened}/": (200, 200, 200, 200, 404),
    "/t/vision/allocations/{opened}/kubeconfig/": (200, 200, 200, 200, 404),
    "/t/vision/allocations/{active}/kubeconfig/": (409, 409, 409, 409, 404),
    "/t/vision/allocations/{failed}/": (200, 200, 200, 200, 404),
    "/t/vision/allocations/{foreign}/": (404, 404, 404, 404, 404),
    "/t/vision/allocations/{active}/release/": (200, 403, 200, 403, 404),
    "/t/vision/allocations/{active}/replace/": (200, 403, 200, 403, 404),
}


def address(page: str, seed: Seed) -> str:
    """With the numbers of what was made."""
    numbers = {
        name: getattr(seed, name).pk
        for name in ("active", "coming", "waiting", "opened", "failed", "foreign", "job")
    }
    return page.format(**numbers)


def statements(client: object, page: str) -> list[str]:
    """Queries of a page, transaction control aside."""
    titles_forget()  # else they may fall due between the two
    client.get(page)
    with CaptureQueriesContext(connection) as queries:
        client.get(page)
    return [q["sql"] for q in queries if not TRANSACTION_CONTROL.match(q["sql"])]


def test_every_page_opens_for_exactly_these_people(people: People, seed: Seed) -> None:
    for page, expected in PAGES.items():
        where = address(page, seed)
        found = tuple(getattr(people, name).client().get(where).status_code for name in NAMES)
        assert found == expected, page


def test_the_operators_home_leaves_room_for_what_comes(people: People, seed: Seed) -> None:
    assert len(statements(people.operator.client(), "/ops/")) <= 10


def test_jobs_that_need_a_person_are_counted_and_named_at_once(people: People, seed: Seed) -> None:
    with scope(people.operator.viewer):
        found = jobs_now(now=timezone.now())
        broken = [job.ref for job in found.broken]
        failed = JobRun.objects.get(key=seed.failed.job_key)
        parked = JobRun.objects.get(key=seed.foreign.job_key)
        later = jobs_now(now=timezone.now() + timedelta(hours=25))
    assert (found.running, found.parked, found.failed) == (0, 1, 1)
    assert broken == [parked.ref, failed.ref]
    assert (later.failed, [job.ref for job in later.broken]) == (0, [parked.ref])


def test_an_installation_without_jobs_has_none_to_show(people: People) -> None:
    with scope(people.operator.viewer):
        assert jobs_now(now=timezone.now()) == JobsNow()


def test_every_page_costs_few_queries(people: People, seed: Seed) -> None:
    for page, expected in PAGES.items():
        for name, status in zip(("operator", "alice"), (expected[0], expected[2]), strict=True):
            if status == 200:
                found = statements(getattr(people, name).client(), address(page, seed))
                assert len(found) <= MOST_QUERIES, (page, name, len(found), "\n".join(found))


def test_queries_do_not_grow_with_rows(people: People, seed: Seed) -> None:
    operator, alice = people.operator.client(), people.alice.client()
    pages = [(operator, "/ops/"), (operator, "/ops/quota/"), (operator, "/jobs/")]
    panels = ("now/panel", "quota/home", "held/panel")
    pages += [(alice, f"/t/vision/{panel}/") for panel in panels]
    before = [len(statements(client, page)) for client, page in pages]
    with scope(Viewer.system("tests")):
        for number in range(12):
            node_make(seed.cluster, seed.pools["h100"], f"more-{number}", {"h100-sxm-80gb": 8})
        for number in range(20):
            JobRun.objects.create(
                kind="allocation.create", key=f"allocation:9{number}", queue="place",
                tenant_key="vision", requested_by_label="x", state="failed",
            )  # fmt: skip
            Allocation.objects.create(
                tenant_key="vision", kind="workload", name=f"n{number}", pool=seed.pools["h100"],
                shape={"cpu": 1}, charged={"cpu": 1}, created_by="x",
            )  # fmt: skip
    after = [len(statements(client, page)) for client, page in pages]
    assert all(now <= was for now, was in zip(after, before, strict=True)), (before, after)


def test_no_page_names_what_its_reader_may_not_see(people: People, seed: Seed) -> None:
    client = people.alice.client()
    for page, expected in PAGES.items():
        if expected[2] == 200:
            body = client.get(address(page, seed)).content.decode().lower()
            for word in ("aurora", "borealis", "speech", "charlie"):
                assert word not in body, (page, word)


def test_a_parents_numbers_are_told_to_those_who_see_it_only(people: People, seed: Seed) -> None:
    page = f"/t/vision/allocations/{seed.waiting.pk}/"
    own = people.alice.client().get(page).content.decode()
    assert "Quota cap of a parent" in own
    assert "whose numbers you may not see" in own
    assert "not shown" not in own
    seen = people.operator.client().get(page).content.decode()
    assert "whose numbers you may not see" not in seen
    assert "aurora" in seen


def test_the_job_page_shows_pods_reasons_and_progress(people: People, seed: Seed) -> None:
    body = people.alice.client().get(f"/jobs/{seed.job.pk}/").content.decode()
    assert "<title>(5/5) " in body
    assert "ContainerCreating" in body
    assert "Reserved quota and room on ams-1: ams1-h100-03." in body
    assert "pods running" in body
    assert "Stop and undo" in body
    reader = people.bob.client().get(f"/jobs/{seed.job.pk}/").content.decode()
    assert "Stop and undo" not in reader


def test_the_quota_effect_adds_up(people: People, seed: Seed) -> None:
    body = people.alice.client().get(f"/t/vision/allocations/{seed.active.pk}/").content.decode()
    table = body[body.index("Without it") :]
    amounts = re.findall(r"<td>(?:<span[^>]*>)?([+\d,]+)(?:</span>)?</td>", table)
    cells = [int(amount.replace(",", "").replace("+", "")) for amount in amounts]
    rows = [cells[start : start + 3] for start in range(0, 24, 3)]
    without, mine, allocated, bound, reserved, releasing, cap, left = rows
    for column in range(3):
        assert without[column] + mine[column] == allocated[column]
        assert bound[column] + reserved[column] + releasing[column] == allocated[column]
        assert allocated[column] + left[column] == cap[column]
    assert mine == [4, 16, 128]


def test_start_now_counts_what_the_engine_would_place(people: People, seed: Seed) -> None:
    body = people.alice.client().get("/t/vision/now/panel/").content.decode()
    # 16 guaranteed, 12 allocated: 4 pieces of one; no piece of eight. The parent has 20 - 12.
    assert re.search(r"<b>0</b>.*?8 H100|<b>0</b>.*?8 h100", body, re.S)
    assert re.search(r"<b>6</b>.*?1 h100|<b>6</b>.*?1 H100", body, re.S)


def test_start_now_is_told_to_those_who_may_ask(people: People, seed: Seed) -> None:
    told = {
        name: "/t/vision/now/panel/" in getattr(people, name).client().get("/t/vision/").text
        for name in ("operator", "auditor", "alice", "bob")
    }
    assert told == {"operator": True, "auditor": False, "alice": True, "bob": False}


def test_a_job_is_reached_from_the_list_of_its_reader(people: People, seed: Seed) -> None:
    with scope(people.operator.viewer):
        job = JobRun.objects.filter(tenant_key="vision").latest("pk")
    body = people.alice.client().get(f"/jobs/{job.pk}/").text
    assert '<li><a href="/t/vision/jobs/">Jobs</a></li>' in body
    assert re.search(r'href="/t/vision/jobs/" title="Jobs" aria-current="page"', body)
    assert (
        '<li><a href="/jobs/">Jobs</a></li>' in people.auditor.client().get(f"/jobs/{job.pk}/").text
    )


def test_my_quota_never_calls_unmeasured_use_zero(people: People, seed: Seed) -> None:
    body = people.alice.client().get("/t/vision/quota/").content.decode()
    assert body.count("not reported") >= 3
    assert "Plan for the fourth quarter" in body


def test_home_names_what_needs_a_person(people: People, seed: Seed) -> None:
    body = people.operator.client().get("/ops/").content.decode()
    assert "Cluster lab-3: Silent" in body
    assert "is parked" in body
    assert "Changed by somebody else" in body
    assert "The image can" in body


def test_an_empty_installation_says_what_to_do(people: People) -> None:
    client = people.operator.client()
    assert "No cluster yet" in client.get("/ops/").content.decode()
    assert "No pool yet" in client.get("/ops/quota/").content.decode()
    alice = people.alice.client()
    assert "No quota yet" in alice.get("/t/vision/quota/").content.decode()
    assert "You hold nothing yet" in alice.get("/t/vision/allocations/").content.decode()
    assert "Nothing, without quota" in alice.get("/t/vision/now/panel/").content.decode()


def test_a_job_parked_for_a_credential_leads_to_its_replacement(people: People, seed: Seed) -> None:
    with scope(people.operator.viewer):
        parked = JobRun.objects.get(key=seed.foreign.job_key)
    link = 'href="/ops/clusters/lab-3/rotate/"'
    page = f"/jobs/{parked.pk}/"
    assert link in people.operator.client().get(page).content.decode()
    assert link not in people.auditor.client().get(page).content.decode()
    with scope(people.operator.viewer):
        space = TenantNamespace.objects.latest("pk")
        TenantNamespace.objects.filter(pk=space.pk).update(cluster=seed.silent)
    for key, args in (
        (f"cluster:{seed.silent.pk}:test", {}),
        (f"namespace:{space.pk}:RoleBinding/x", {"space": space.pk}),
        (f"namespaces:{seed.silent.pk}", {"cluster": seed.silent.pk}),
        ("object:uid-1", {"cluster": seed.silent.pk}),
    ):
        with scope(people.operator.viewer):
            JobRun.objects.filter(pk=parked.pk).update(key=key, args=args)
        assert link in people.operator.client().get(page).content.decode(), key


def test_what_tenants_below_hold_is_told_apart_and_found(people: People, seed: Seed) -> None:
    client = people.operator.client()
    quota = client.get("/t/aurora/quota/").content.decode()
    assert re.findall(r"<span>([^<]*) below</span>", quota)[0] == "10", "vision holds it"
    assert " below</span>" not in people.alice.client().get("/t/vision/quota/").content.decode()
    held = client.get("/t/aurora/allocations/").content.decode()
    assert "The tenant itself holds nothing" in held
    assert re.search(r'href="/t/vision/allocations/">Computer Vision</a>.*?4 allocations', held)
    narrowed = client.get("/t/aurora/allocations/?state=live").content.decode()
    assert "Tenants below" not in narrowed
    assert len(statements(client, "/t/aurora/allocations/")) <= MOST_QUERIES


def test_numbers_that_were_set_at_once_are_one_act(people: People, seed: Seed) -> None:
    acts = people.alice.client().get("/t/vision/quota/").context["changes"]
    assert len(acts) == 1
    (pool,) = acts[0]["pools"]
    assert (pool["title"], len(pool["numbers"])) == ("H100 train", 3)
    assert [row["title"] for row in pool["numbers"]][1:] == ["CPU", "Memory"]
