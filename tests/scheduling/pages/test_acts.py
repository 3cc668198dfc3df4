"""What pages change: releases, quota by the grid, jobs, drift; and what they refuse."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now

from portal.jobs.requests import job_request
from portal.models import JobRun
from portal.models.jobs import JobState
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation, Drift, Quota, QuotaChange
from scheduling.services.allocations import CREATE, REPLACE
from scheduling.services.overcommit import _candidates, replace_request
from scheduling.services.steps.repoint import is_movable
from tests.people import People
from tests.scheduling.pages.seed import H100, Seed
from tests.tenants.rest import Rest

GRID = "/ops/quota/?pool=h100"


def cell(seed: Seed, value: str, *, tenant: str = "vision", resource: str = H100) -> dict[str, str]:
    """One posted cell as the grid sends it."""
    with scope(Viewer.system("tests")):
        found = Quota.objects.get(tenant_key=tenant, pool=seed.pools["h100"], resource=resource)
        was = str(found.guaranteed)
    name = f"{found.node_id}-{resource}"
    return {f"v-{name}": value, f"o-{name}": f"{found.generation}|{was}"}


def guaranteed(seed: Seed, tenant: str = "vision", resource: str = H100) -> int:
    """The number as it is."""
    with scope(Viewer.system("tests")):
        return Quota.objects.get(
            tenant_key=tenant, pool=seed.pools["h100"], resource=resource
        ).guaranteed


def test_release_is_planned_first_and_returns_a_job(people: People, seed: Seed) -> None:
    client, page = people.alice.client(), f"/t/vision/allocations/{seed.active.pk}/release/"
    plan = client.get(page).content.decode()
    assert "2 pods are stopped" in plan
    assert "when the cluster confirms that the pods are gone" in plan
    answer = client.post(page, {"why": "done"})
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/t/vision/allocations/{seed.active.pk}/",
    )
    with scope(Viewer.system("tests")):
        assert Allocation.objects.get(pk=seed.active.pk).state == "releasing"
        assert JobRun.objects.filter(kind="allocation.release", key=seed.active.job_key).exists()
    again = client.post(page, {"why": "done"})
    assert again.status_code == 409
    assert b"already released, or on its way" in again.content


@pytest.mark.parametrize("act", ["release", "replace"])
def test_no_plan_is_made_of_what_has_ended(people: People, seed: Seed, act: str) -> None:
    home = f"/t/vision/allocations/{seed.failed.pk}/"
    answer = people.alice.client().get(f"{home}{act}/", follow=True)
    assert answer.redirect_chain == [(home, 302)]
    assert "has ended already." in answer.content.decode()


def test_release_of_one_that_comes_up_stops_its_job(people: People, seed: Seed) -> None:
    answer = people.alice.client().post(f"/t/vision/allocations/{seed.coming.pk}/release/", {})
    assert answer.status_code == 302
    with scope(Viewer.system("tests")):
        assert JobRun.objects.get(pk=seed.job.pk).cancel_requested_at is not None


def test_what_is_being_undone_is_not_moved_nor_asked_for(people: People, seed: Seed) -> None:
    """Also while it still counts as active: its job died after it said so, and was stopped."""
    system = Viewer.system("tests")
    with scope(system):
        args = {"allocation": seed.active.pk}
        key, tenant = seed.active.job_key, seed.active.tenant_key
        late = job_request(kind=CREATE, key=key, viewer=system, args=args, tenant_key=tenant)
        for allocation, job in ((seed.active, late), (seed.coming, seed.job)):
            assert is_movable(Allocation.objects.get(pk=allocation.pk))
            undoing = {"undoing": True, "state": JobState.COMPENSATING}
            JobRun.objects.filter(pk=job.pk).update(**undoing)
            assert not is_movable(Allocation.objects.get(pk=allocation.pk))
            assert replace_request([allocation], why="unschedulable") == []
        JobRun.objects.filter(pk=late.pk).update(state=JobState.QUARANTINED, finished_at=Now())
        assert replace_request([seed.active], why="unschedulable") == []
        assert _candidates({seed.active.holder: 1, seed.coming.holder: 1}) == [seed.coming]
        assert not JobRun.objects.filter(kind=REPLACE).exists()


def test_readers_change_nothing(people: People, seed: Seed) -> None:
    before = guaranteed(seed)
    for name in ("auditor", "bob"):
        client = getattr(people, name).client()
        for page in (
            f"/t/vision/allocations/{seed.active.pk}/release/",
            f"/t/vision/allocations/{seed.active.pk}/replace/",
            f"/jobs/{seed.job.pk}/cancel/",
            f"/jobs/{seed.job.pk}/retry/",
            GRID,
            "/ops/quota/effect/?pool=h100",
        ):
            body = cell(seed, "15") | {"act": "save", "why": "x"}
            assert client.post(page, body).status_code == 403, (name, page)
    assert guaranteed(seed) == before
    with scope(Viewer.system("tests")):
        assert JobRun.objects.get(pk=seed.job.pk).cancel_requested_at is None


def test_strangers_do_not_even_hear_of_it(people: People, seed: Seed) -> None:
    client = people.charlie.client()
    for page in (
        f"/t/vision/allocations/{seed.active.pk}/release/",
        f"/t/speech/allocations/{seed.active.pk}/release/",
        f"/jobs/{seed.job.pk}/cancel/",
    ):
        assert client.post(page, {}).status_code == 404, page


def test_grid_checks_without_saving(people: People, seed: Seed) -> None:
    client = people.operator.client()
    answer = client.post("/ops/quota/effect/?pool=h100", cell(seed, "18"))
    assert answer.status_code == 200
    body = answer.content.decode()
    assert "16 → <b>18</b>" in body
    assert "+2" in body
    assert "4 → <b>2</b>" in body  # what aurora has not given to its children
    assert guaranteed(seed) == 16
    with scope(Viewer.system("tests")):
        assert QuotaChange.objects.filter(new=18).count() == 0


def test_grid_saves_with_a_reason(people: People, seed: Seed) -> None:
    client = people.operator.client()
    unreasoned = client.post(GRID, cell(seed, "18") | {"act": "save", "why": " "})
    assert unreasoned.status_code == 422
    assert guaranteed(seed) == 16
    page = unreasoned.content.decode()
    field = page[page.index('<textarea id="quota-why"') :].partition(">")[0]
    assert 'aria-invalid="true" aria-describedby="quota-why-error" autofocus' in field
    said = page[page.index('id="quota-why-error"') :].partition("</div>")[0]
    assert "Say why: the reason stands in the history." in said
    assert 'value="18"' in page, "what was typed stays"
    assert "16 → <b>18</b>" in page, "and what it would do"
    assert 'id="quota-why-error"' not in client.get(GRID).content.decode()
    saved = client.post(GRID, cell(seed, "18") | {"act": "save", "why": "more work"})
    assert (saved.status_code, saved["Location"]) == (302, "/ops/quota/?pool=h100")
    assert guaranteed(seed) == 18
    with scope(Viewer.system("tests")):
        change = QuotaChange.objects.get(new=18)
        number = change.quota_id
        assert (change.who, change.why, change.old) == ("operator", "more work", 16)
    history = client.get(f"/ops/quota/{number}/").content.decode()
    assert "more work" in history
    assert "A-" in history  # the ledger names what moved
    assert "Quota reserved" in history


def test_grid_shows_refusals_and_keeps_what_was_typed(people: People, seed: Seed) -> None:
    client = people.operator.client()
    below = client.post(GRID, cell(seed, "5") | {"act": "save", "why": "less"})
    assert below.status_code == 422
    text = below.content.decode()
    assert "quota.in-use" in text
    assert 'value="5"' in text
    above = client.post(GRID, cell(seed, "64") | {"act": "save", "why": "more"})
    assert above.status_code == 422
    assert b"quota.children" in above.content
    assert guaranteed(seed) == 16


def test_grid_is_all_or_none(people: People, seed: Seed) -> None:
    body = cell(seed, "18") | cell(seed, "999", tenant="speech") | {"act": "save", "why": "x"}
    assert people.operator.client().post(GRID, body).status_code == 422
    assert (guaranteed(seed), guaranteed(seed, "speech")) == (16, 8)


def test_grid_refuses_nonsense(people: People, seed: Seed) -> None:
    client = people.operator.client()
    for text in ("abc", "-1", "1.5", "1e999", "1000000000000000000", "NaN", "9" * 30, "0x10"):
        answer = client.post(GRID, cell(seed, text) | {"act": "save", "why": "x"})
        assert answer.status_code == 422, text
    cores = cell(seed, "1000000000000000000", resource="cpu") | {"act": "save", "why": "x"}
    assert client.post(GRID, cores).status_code == 422
    assert guaranteed(seed) == 16


def test_grid_does_not_overwrite_what_somebody_else_set(people: People, seed: Seed) -> None:
    client = people.operator.client()
    body = cell(seed, "18") | {"act": "save", "why": "first"}
    assert client.post(GRID, body).status_code == 302
    late = {name: value.replace("18", "17") for name, value in body.items()}
    answer = client.post(GRID, late | {"why": "second"})
    assert answer.status_code == 412
    assert guaranteed(seed) == 18
    effect = client.post("/ops/quota/effect/?pool=h100", late)
    assert effect.status_code == 422  # beside the form it is an answer like any other
    assert b"b-danger" in effect.content


def test_jobs_are_stopped_and_tried_again(people: People, seed: Seed) -> None:
    client = people.alice.client()
    assert client.post(f"/jobs/{seed.job.pk}/cancel/").status_code == 302
    body = client.get(f"/jobs/{seed.job.pk}/").content.decode()
    assert "alice asked to stop it" in body
    with scope(Viewer.system("tests")) as viewer:
        broken = job_request(
            kind=REPLACE,
            key=seed.active.job_key,
            viewer=viewer,
            args={"allocation": seed.active.pk},
            tenant_key="vision",
        )
        JobRun.objects.filter(pk=broken.pk).update(state="failed")
    assert "Try again" in client.get(f"/jobs/{broken.pk}/").content.decode()
    answer = client.post(f"/jobs/{broken.pk}/retry/")
    with scope(Viewer.system("tests")):
        again = JobRun.objects.get(retry_of=broken)
    assert answer["Location"] == f"/jobs/{again.pk}/"
    assert f"J-{again.pk} tries this again" in client.get(f"/jobs/{broken.pk}/").content.decode()


def test_what_was_not_brought_up_is_asked_for_again_in_a_new_request(
    people: People, seed: Seed
) -> None:
    client = people.alice.client()
    with scope(Viewer.system("tests")):
        broken = JobRun.objects.get(key=seed.failed.job_key)
    body = client.get(f"/jobs/{broken.pk}/").content.decode()
    assert "Try again" not in body
    assert "ask again in a new request" in body
    assert client.post(f"/jobs/{broken.pk}/retry/")["Location"] == f"/jobs/{broken.pk}/"
    answer = Rest(client).post(f"jobs/{broken.pk}/retry/")
    assert answer.status_code == 409
    assert "ask again in a new request" in answer.content.decode()
    with scope(Viewer.system("tests")):
        assert not JobRun.objects.filter(retry_of=broken).exists()


def test_drift_is_settled_by_operators(people: People, seed: Seed) -> None:
    with scope(Viewer.system("tests")):
        drift = Drift.objects.get()
    page = f"/t/vision/allocations/{seed.active.pk}/"
    assert "Accept what the cluster has" in people.operator.client().get(page).content.decode()
    assert "Accept what the cluster has" not in people.alice.client().get(page).content.decode()
    act = f"/ops/drift/{drift.pk}/choose/"
    assert people.alice.client().post(act, {"choice": "accept"}).status_code == 403
    refused = people.operator.client().post(act, {"choice": "nonsense"}, follow=True)
    assert "This difference does not offer that choice." in refused.content.decode()
    with scope(Viewer.system("tests")):
        assert Drift.objects.get().resolved_at is None
    assert people.operator.client().post(act, {"choice": "accept"}).status_code == 302
    with scope(Viewer.system("tests")):
        assert Drift.objects.get().choice == "accept"
    missing = act.replace(str(drift.pk), "999999")
    assert people.operator.client().post(missing, {"choice": "accept"}).status_code == 404


def test_a_reason_that_no_text_can_hold_is_refused_and_changes_nothing(
    people: People, seed: Seed
) -> None:
    client = people.operator.client()
    many = {"ids": [str(seed.active.pk)], "sure": "release", "why": "\0"}
    answer = client.post("/ops/allocations/release/", many)
    assert answer.status_code == 400
    assert b"Leave out NUL characters" in answer.content
    with scope(Viewer.system("tests")):
        assert Allocation.objects.get(pk=seed.active.pk).state == "active"
        drift = Drift.objects.filter(resolved_at=None).first()
    assert drift is not None
    chosen = client.post(f"/ops/drift/{drift.pk}/choose/", {"choice": "accept", "why": "a\0b"})
    assert chosen.status_code == 400
    with scope(Viewer.system("tests")):
        assert Drift.objects.get(pk=drift.pk).resolved_at is None


def test_the_list_of_differences_is_filtered_by_words(people: People, seed: Seed) -> None:
    client = people.operator.client()
    page = client.get("/ops/drift/").content.decode()
    assert '<option value="true" selected>Not settled</option>' in page
    assert ">Unknown</option>" not in page
    assert [chip.value for chip in client.get("/ops/drift/").context["filter"].chips] == [
        "Not settled"
    ]
    every = client.get("/ops/drift/?open=").context["table"]
    with scope(Viewer.system("tests")):
        assert len(every.rows) == Drift.objects.count()
