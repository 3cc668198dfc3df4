"""REST of quota, allocations and drift: rights, versions, bad input, and what comes out."""

from __future__ import annotations

from typing import Any

import yaml

from portal.live.rights import topics_allowed
from portal.models import JobRun
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Drift, Quota
from tests.people import People
from tests.scheduling.pages.seed import H100, Seed
from tests.tenants.rest import Rest

NAMES = ("operator", "auditor", "alice", "bob", "charlie")


def edit(guaranteed: Any = 18, generation: Any = 2, **changes: Any) -> dict[str, Any]:
    """One number of vision in the pool h100, as it stands after the seed."""
    values = {"tenant": "vision", "pool": "h100", "resource": H100}
    return values | {"guaranteed": guaranteed, "generation": generation} | changes


def vision(seed: Seed) -> Quota:
    """The number that the tests change."""
    with scope(Viewer.system("tests")):
        return Quota.objects.get(tenant_key="vision", pool=seed.pools["h100"], resource=H100)


def test_lists_show_own_rows_only(people: People, seed: Seed) -> None:
    for path in ("quotas/", "allocations/", "jobs/"):
        for name, tenants in (("alice", {"vision"}), ("charlie", {"speech"})):
            body = Rest(getattr(people, name).client()).get(path).json()
            assert {row["tenant"] for row in body["results"]} == tenants, path
        everything = Rest(people.auditor.client()).get(path).json()["results"]
        assert {row["tenant"] for row in everything} >= {"vision", "speech"}
    assert Rest(people.alice.client()).get("drift/").status_code == 403
    assert len(Rest(people.auditor.client()).get("drift/").json()["results"]) == 1


def test_foreign_objects_are_not_there(people: People, seed: Seed) -> None:
    rest = Rest(people.charlie.client())
    number = vision(seed).pk
    for path in (
        f"allocations/{seed.active.pk}/",
        f"allocations/{seed.active.pk}/decisions/",
        f"allocations/{seed.opened.pk}/kubeconfig/",
        f"jobs/{seed.job.pk}/",
        f"quotas/{number}/",
        f"quotas/{number}/changes/",
        f"quotas/{number}/ledger/",
        "allocations/99999999999999999999/",
        "allocations/abc/",
    ):
        assert rest.get(path).status_code == 404, path
    for path in (f"allocations/{seed.active.pk}/release/", f"jobs/{seed.job.pk}/cancel/"):
        assert rest.post(path).status_code == 404, path


def test_readers_may_not_write(people: People, seed: Seed) -> None:
    for name in ("auditor", "bob"):
        rest = Rest(getattr(people, name).client())
        for path in (
            f"allocations/{seed.active.pk}/release/",
            f"jobs/{seed.job.pk}/cancel/",
            "quotas:set",
        ):
            assert rest.post(path, {"reason": "x"}).status_code == 403, (name, path)
    assert Rest(people.alice.client()).post("quotas:set", {}).status_code == 403


def test_filters_and_misspelt_filters(people: People, seed: Seed) -> None:
    rest = Rest(people.operator.client())
    rows = rest.get("quotas/", tenant="vision", pool="h100", resource=H100).json()["results"]
    assert [(row["guaranteed"], row["allocated"], row["used"]) for row in rows] == [(16, 10, None)]
    assert rest.get("quotas/", tennant="vision").status_code == 400
    live = rest.get("allocations/", state="live", tenant="vision").json()["results"]
    assert {row["name"] for row in live} == {"pretrain", "eval-sweep", "big-run", "notebooks"}


def test_an_allocation_says_where_it_stands_and_what_it_takes(people: People, seed: Seed) -> None:
    body = Rest(people.alice.client()).get(f"allocations/{seed.active.pk}/").json()
    assert [node["name"] for node in body["nodes"]] == ["ams1-h100-01", "ams1-h100-02"]
    assert body["nodes"][0]["bound"][H100] == 2
    assert [pod["phase"] for node in body["nodes"] for pod in node["pods"]] == ["Running"] * 2
    effect = {row["resource"]: row for row in body["quota_effect"]}[H100]
    assert effect["before"] + effect["this"] == effect["allocated"]
    assert effect["allocated"] + effect["left"] == effect["cap"]
    assert effect["this"] == 4
    assert body["drift"][0]["manager"] == "kubectl-edit"
    decisions = Rest(people.alice.client()).get(f"allocations/{seed.active.pk}/decisions/").json()
    assert decisions["results"][0]["verdict"] == "fits"


def test_a_parents_refusal_is_masked_in_rest_too(people: People, seed: Seed) -> None:
    with scope(Viewer.system("tests")):
        stuck = JobRun.objects.get(key=seed.waiting.job_key)
    own = Rest(people.alice.client()).get(f"jobs/{stuck.pk}/")
    assert b"aurora" not in own.content
    assert own.json()["reason"]["refusal"]["limit"] is None
    assert own.json()["may"] == ["cancel"]
    seen = Rest(people.operator.client()).get(f"jobs/{stuck.pk}/").json()
    assert seen["reason"]["refusal"]["limit"] == 20


def test_kubeconfig_has_no_credential(people: People, seed: Seed) -> None:
    rest = Rest(people.alice.client())
    answer = rest.get(f"allocations/{seed.opened.pk}/kubeconfig/")
    assert answer["Content-Type"].startswith("text/yaml")
    config = yaml.safe_load(answer.content)
    assert config["contexts"][0]["context"]["namespace"] == "berth-vision-open"
    assert config["users"][0]["user"] == {}
    assert rest.get(f"allocations/{seed.active.pk}/kubeconfig/").status_code == 409


def test_release_and_replace_return_a_job(people: People, seed: Seed) -> None:
    rest = Rest(people.alice.client())
    path = f"allocations/{seed.active.pk}/"
    assert rest.post(path + "replace/", {}).status_code == 400
    moved = rest.post(path + "replace/", {"reason": "node lost"})
    assert moved.status_code == 202
    released = rest.post(path + "release/", {"reason": "done"}, key="once")
    assert released.status_code == 202
    assert released["Location"] == f"/api/v1/jobs/{released.json()['job']}/"
    again = rest.post(path + "release/", {"reason": "done"}, key="once")
    assert again.json() == released.json()
    assert rest.post(path + "release/", {"reason": "done"}).status_code == 409
    assert rest.post(path + "release/", {"reason": 7}).status_code == 400
    assert rest.post(path + "release/", {"reason": "other"}, key="once").status_code == 422


def test_quota_is_set_all_or_none_and_by_version(people: People, seed: Seed) -> None:
    rest = Rest(people.operator.client())
    before = vision(seed)
    body = {"why": "plan", "edits": [edit(18, before.generation)]}
    tried = rest.post("quotas:set?dryRun=true", body)
    assert (tried.status_code, vision(seed).guaranteed) == (200, 16)
    done = rest.post("quotas:set", body)
    assert done.json()["quotas"][0]["guaranteed"] == 18
    assert done.json()["quotas"][0]["generation"] == before.generation + 1
    stale = rest.post("quotas:set", {"why": "late", "edits": [edit(17, before.generation)]})
    assert (stale.status_code, stale.json()["code"]) == (412, "concurrent-update")
    now = before.generation + 1
    both = [edit(17, now), edit(10**6, 2, tenant="speech")]
    refused = rest.post("quotas:set", {"why": "both", "edits": both})
    assert refused.status_code in {412, 422}
    assert vision(seed).guaranteed == 18
    low = rest.post("quotas:set", {"why": "less", "edits": [edit(3, now)]})
    assert low.status_code == 422
    refusal = low.json()["refusal"]
    assert (refusal["rule"], refusal["now"], refusal["short_by"]) == ("quota.in-use", 10, 7)
    changes = rest.get(f"quotas/{before.pk}/changes/").json()["results"]
    assert next((row["old"], row["new"], row["why"]) for row in changes) == (16, 18, "plan")
    ledger = rest.get(f"quotas/{before.pk}/ledger/").json()["results"]
    moved = sum(row["d_reserved"] + row["d_bound"] + row["d_releasing"] for row in ledger)
    assert moved == vision(seed).allocated


def test_a_first_number_is_not_overwritten_unseen(people: People, seed: Seed) -> None:
    rest = Rest(people.operator.client())
    first = edit(1000, None, tenant="aurora", pool="cpu", resource="cpu")
    assert rest.post("quotas:set", {"why": "a", "edits": [first]}).status_code == 200
    late = rest.post("quotas:set", {"why": "b", "edits": [first | {"guaranteed": 2000}]})
    assert late.status_code == 412


def test_bad_input_gets_four_hundreds(people: People, seed: Seed) -> None:
    rest = Rest(people.operator.client())
    number = vision(seed).generation
    for body, expected in (
        ({}, 400),
        ({"why": "x"}, 400),
        ({"why": "x", "edits": []}, 400),
        ({"why": "x", "edits": {}}, 400),
        ({"why": "", "edits": [edit()]}, 400),
        ({"why": 5, "edits": [edit()]}, 400),
        ({"why": "x", "edits": [edit("18")]}, 400),
        ({"why": "x", "edits": [edit(-1)]}, 400),
        ({"why": "x", "edits": [edit(10**18)]}, 400),
        ({"why": "x", "edits": [edit(1.5)]}, 400),
        ({"why": "x", "edits": [edit(True)]}, 400),
        ({"why": "x", "edits": [edit(18, 0 - 1)]}, 400),
        ({"why": "x", "edits": [edit(pool="nothing")]}, 400),
        ({"why": "x", "edits": [edit(resource="bananas")]}, 400),
        ({"why": "x", "edits": [edit(resource="../etc")]}, 400),
        ({"why": "x", "edits": [edit(tenant="nobody")]}, 404),
        ({"why": "x", "edits": [edit(18, number), edit(17, number)]}, 400),
        ({"why": "x", "edits": ["row"]}, 400),
        ([1], 400),
    ):
        answer = rest.post("quotas:set", body)
        assert answer.status_code == expected, (body, answer.content)
        assert answer["Content-Type"].startswith("application/problem+json")
    assert vision(seed).guaranteed == 16


def test_jobs_are_stopped_by_rest(people: People, seed: Seed) -> None:
    rest = Rest(people.alice.client())
    stopped = rest.post(f"jobs/{seed.job.pk}/cancel/")
    assert stopped.status_code == 202
    assert stopped.json()["cancel_requested_at"] is not None
    assert rest.post(f"jobs/{seed.job.pk}/cancel/").status_code == 409
    assert rest.post(f"jobs/{seed.job.pk}/retry/").status_code == 409
    detail = rest.get(f"jobs/{seed.job.pk}/").json()
    assert [step["name"] for step in detail["steps"]] == [
        "validate", "place", "widen", "apply", "confirm",
    ]  # fmt: skip
    assert detail["steps"][4]["progress"]["done"] == 1
    assert detail["log"][0]["text"] == "Reserved quota and room on ams-1: ams1-h100-03."


def test_drift_is_chosen_by_rest(people: People, seed: Seed) -> None:
    rest = Rest(people.operator.client())
    with scope(Viewer.system("tests")):
        number = Drift.objects.get().pk
    assert rest.post(f"drift/{number}/choose/", {"choice": "burn"}).status_code == 400
    assert Rest(people.auditor.client()).post(f"drift/{number}/choose/", {}).status_code == 403
    settled = rest.post(f"drift/{number}/choose/", {"choice": "accept", "reason": "fine"})
    assert (settled.status_code, settled.json()["choice"]) == (200, "accept")
    assert rest.get("drift/", open="true").json()["results"] == []


def test_topics_are_for_those_who_may_read_the_page(people: People, seed: Seed) -> None:
    topics = [
        "jobs", "allocations", "quotas", "drift", f"job:{seed.job.pk}", "job:999999", "job:x",
        f"allocation:{seed.active.pk}", f"allocation:{seed.foreign.pk}", "allocation:x",
        "quota:vision", "quota:speech",
    ]  # fmt: skip
    real = {f"job:{seed.job.pk}", f"allocation:{seed.active.pk}", "quota:vision"}
    expected = {
        "operator": real | {"jobs", "allocations", "quotas", "drift", "quota:speech"}
        | {f"allocation:{seed.foreign.pk}"},
        "alice": real,
        "bob": real,
        "charlie": {f"allocation:{seed.foreign.pk}", "quota:speech"},
    }  # fmt: skip
    for name, allowed in expected.items():
        viewer = getattr(people, name).viewer
        assert topics_allowed(viewer=viewer, topics=topics) == allowed, name
