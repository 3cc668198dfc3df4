"""Pages of requests: who may open them, what they show and change, how many queries they cost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import CapacityRequest
from tests.tenants.requests.harbour import GIB, H100, Harbour
from tests.tenants.requests.scenery import Scenery, scenery_make

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12
TRANSACTION_CONTROL = re.compile(r"^(SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SELECT set_config)")
NAMES = ("operator", "auditor", "alice", "bob", "charlie")

# page: status for operator, auditor, alice (owner), bob (viewer), charlie (stranger)
PAGES = {
    "/ops/queue/": (200, 200, 403, 403, 403),
    "/ops/queue/{waiting}/": (200, 200, 403, 403, 403),
    "/ops/queue/{quota}/": (200, 200, 403, 403, 403),
    "/ops/queue/999999/": (404, 404, 403, 403, 403),
    "/t/vision/requests/": (200, 200, 200, 200, 404),
    "/t/vision/requests/?state=submitted&kind=allocation&search=train": (200, 200, 200, 200, 404),
    "/t/vision/requests/panel/": (200, 200, 200, 200, 404),
    "/t/vision/requests/new/": (200, 403, 200, 403, 404),
    "/t/vision/requests/new/?kind=quota": (200, 403, 200, 403, 404),
    "/t/vision/requests/new/?kind=renew": (200, 403, 200, 403, 404),
    "/t/vision/requests/new/?clone={rejected}": (200, 403, 200, 403, 404),
    "/t/vision/requests/new/?pool=h100&replicas=3&devices=2": (200, 403, 200, 403, 404),
    "/t/vision/requests/devices/?pool=h100": (200, 403, 200, 403, 404),
    "/t/vision/requests/{draft}/edit/": (200, 403, 200, 403, 404),
    "/t/vision/requests/{waiting}/": (200, 200, 200, 200, 404),
    "/t/vision/requests/{offered}/": (200, 200, 200, 200, 404),
    "/t/vision/requests/{approved}/": (200, 200, 200, 200, 404),
    "/t/vision/requests/{rejected}/": (200, 200, 200, 200, 404),
    "/t/vision/requests/{quota}/": (200, 200, 200, 200, 404),
    "/t/vision/requests/{renewal}/": (200, 200, 200, 200, 404),
    "/t/vision/requests/{draft}/": (200, 200, 200, 200, 404),
    "/t/vision/requests/{waiting}/now/": (200, 200, 200, 200, 404),
    "/t/vision/requests/{quota}/now/": (200, 200, 200, 200, 404),
    "/t/vision/requests/{renewal}/now/": (200, 200, 200, 200, 404),
    "/t/vision/requests/{rival}/": (404, 404, 404, 404, 404),
    "/t/speech/requests/{rival}/": (200, 200, 404, 404, 200),
    "/t/vision/requests/new/?clone={rival}": (404, 403, 404, 403, 404),
}


def address(page: str, scenery: Scenery) -> str:
    """A page's address with the ids of the scenery."""
    return page.format(**{name: getattr(scenery, name).pk for name in Scenery.__slots__})


def queries_of(client: Client, path: str) -> list[str]:
    """Statements of a page, transaction control aside."""
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return [q["sql"] for q in queries if not TRANSACTION_CONTROL.match(q["sql"])]


def test_each_page_opens_for_exactly_these_people(harbour: Harbour) -> None:
    scenery = scenery_make(harbour)
    clients = [getattr(harbour.people, name).client() for name in NAMES]
    found = {
        page: tuple(client.get(address(page, scenery)).status_code for client in clients)
        for page in PAGES
    }
    assert found == PAGES


def test_each_page_costs_few_queries(harbour: Harbour) -> None:
    scenery = scenery_make(harbour)
    client = harbour.people.operator.client()
    costs = {
        page: queries_of(client, address(page, scenery))
        for page, seen in PAGES.items()
        if seen[0] == 200
    }
    dear = {page: sql for page, sql in costs.items() if len(sql) > MOST_QUERIES}
    assert dear == {}, "\n".join(f"{page}\n  " + "\n  ".join(sql) for page, sql in dear.items())


def test_queue_costs_no_query_per_request(harbour: Harbour) -> None:
    client = harbour.people.operator.client()
    harbour.submitted(ask_name="first")
    few = len(queries_of(client, "/ops/queue/"))
    for number in range(8):
        harbour.submitted(ask_name=f"more-{number}")
    assert len(queries_of(client, "/ops/queue/")) == few


def form_data(**changes: Any) -> dict[str, Any]:
    """What the browser sends for two replicas of four H100."""
    return {
        "request_kind": "allocation",
        "kind": "workload",
        "runs_as": "service",
        "name": "train",
        "image": "registry.example/vision/train:1",
        "command": "python -m train --config 'a b.yaml'",
        "env": "MODE=fast\r\nEMPTY=",
        "ports": "8080, 9090",
        "pool": "h100",
        "device": H100,
        "replicas": "2",
        "devices": "4",
        "cores": "16",
        "memory": "128",
        "start": "now",
        "lasts": "days",
        "keep_days": "14",
        "priority": "normal",
        "justification": "A paper is due.",
        **changes,
    }


def only_request() -> CapacityRequest:
    """The one request there is."""
    with scope(Viewer.system("tests")):
        return CapacityRequest.objects.get()


def test_form_submits_what_it_says(harbour: Harbour) -> None:
    client = harbour.people.alice.client()
    answer = client.post("/t/vision/requests/new/", form_data())
    made = only_request()
    assert (answer.status_code, answer["Location"]) == (302, f"/t/vision/requests/{made.pk}/")
    assert (made.state, made.kind) == ("submitted", "allocation")
    assert made.ask["shape"] == {"cpu": 16_000, "memory": 128 * GIB, H100: 4}
    assert made.ask["spec"] == {
        "image": "registry.example/vision/train:1",
        "command": ["python", "-m", "train", "--config", "a b.yaml"],
        "env": {"MODE": "fast", "EMPTY": ""},
        "ports": [8080, 9090],
    }
    assert made.until_at is not None
    assert 13 <= (made.until_at - harbour.now).days <= 14


def test_form_shows_again_what_it_was_sent(harbour: Harbour) -> None:
    client = harbour.people.alice.client()
    client.post("/t/vision/requests/new/", form_data(act="save", memory="0.5", cores="0.25"))
    made = only_request()
    assert made.state == "draft"
    page = client.get(f"/t/vision/requests/{made.pk}/edit/").content.decode()
    for shown in ('value="0.5"', 'value="0.25"', "MODE=fast", 'value="8080, 9090"', "a b.yaml"):
        assert shown in page
    saved = client.post(f"/t/vision/requests/{made.pk}/edit/", form_data(act="save", cores="0.25"))
    assert saved.status_code == 302
    assert only_request().ask["shape"]["cpu"] == 250


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Not A Label"}, "id_name"),
        ({"name": ""}, "id_name"),
        ({"image": ""}, "id_image"),
        ({"replicas": "0"}, "id_replicas"),
        ({"replicas": "many"}, "id_replicas"),
        ({"replicas": "9" * 30}, "id_replicas"),
        ({"cores": "-1"}, "id_cores"),
        ({"cores": "0"}, "id_cores"),
        ({"cores": "1e18"}, "id_cores"),
        ({"memory": "NaN"}, "id_memory"),
        ({"devices": "999999999999999999"}, "id_devices"),
        ({"device": "tpu"}, "id_devices"),
        ({"pool": "b200"}, "id_pool"),
        ({"cluster": "fra-9"}, "id_cluster"),
        ({"command": "say 'hello"}, "id_command"),
        ({"env": "no equals sign"}, "id_env"),
        ({"ports": "http"}, "id_ports"),
        ({"ports": "70000"}, "id_ports"),
        ({"start": "at", "start_at": "2020-01-01T00:00"}, "id_start_at"),
        ({"start": "at", "start_at": "soon"}, "id_start_at"),
        ({"start": "at", "start_at": "9999-12-31T00:00"}, "id_start_at"),
        ({"start": "at", "start_at": "0001-01-01T00:00", "act": "save"}, "id_start_at"),
        ({"lasts": "until", "until_at": "9999-12-31T23:59"}, "id_until_at"),
        ({"deadline_at": "9999-12-31T23:59"}, "id_deadline_at"),
        ({"lasts": "until", "until_at": "2020-01-01T00:00"}, "id_until_at"),
        ({"priority": "urgent"}, "id_priority"),
        ({"justification": "x" * 2001}, "id_justification"),
    ],
)
def test_form_says_beside_the_field_what_is_wrong(
    harbour: Harbour, changes: dict[str, Any], field: str
) -> None:
    answer = harbour.people.alice.client().post("/t/vision/requests/new/", form_data(**changes))
    assert answer.status_code == 422
    assert f'id="{field}_error"' in answer.content.decode()
    with scope(Viewer.system("tests")):
        assert not CapacityRequest.objects.exists()


def test_worse_answer_than_the_one_on_the_screen_stops_once(harbour: Harbour) -> None:
    client = harbour.people.alice.client()
    harbour.fill()
    stopped = client.post("/t/vision/requests/new/", form_data(seen="fits_needs_approval"))
    assert stopped.status_code == 409
    assert "The answer has changed" in stopped.content.decode()
    with scope(Viewer.system("tests")):
        assert not CapacityRequest.objects.exists()
    asked = client.post("/t/vision/requests/new/", form_data(seen="must_wait"))
    assert asked.status_code == 302


def test_draft_is_kept_while_one_types_and_goes_on(harbour: Harbour) -> None:
    client = harbour.people.alice.client()
    kept = client.post("/t/vision/requests/draft/", form_data(name="", replicas=""))
    made = only_request()
    assert kept["HX-Replace-Url"] == f"/t/vision/requests/{made.pk}/edit/"
    assert f'name="request_id" value="{made.pk}"' in kept.content.decode()
    again = {"request_id": str(made.pk), "generation": str(made.generation)}
    client.post("/t/vision/requests/draft/", form_data(**again))
    assert only_request().ask["name"] == "train"
    stale = client.post("/t/vision/requests/draft/", form_data(**again, name="late"))
    assert "Somebody changed this" in stale.content.decode()
    assert only_request().ask["name"] == "train"
    broken = client.post("/t/vision/requests/draft/", form_data(**again, replicas="x"))
    assert "Draft not saved" in broken.content.decode()


def test_another_tenants_draft_is_not_found(harbour: Harbour) -> None:
    draft = harbour.draft()
    client = harbour.people.charlie.client()
    for path in ("new/", "draft/"):
        sent = form_data(request_id=str(draft.pk))
        assert client.post(f"/t/speech/requests/{path}", sent).status_code == 404
    assert harbour.fresh(draft).generation == draft.generation


def test_preview_answers_with_the_verdict_and_writes_nothing(harbour: Harbour) -> None:
    client = harbour.people.alice.client()
    answer = client.post("/t/vision/requests/preview/", form_data())
    page = answer.content.decode()
    assert answer.status_code == 200
    for shown in (
        "Fits now, needs approval",
        "A preview reserves nothing",
        "ams1-h100-1",
        "8 of 12",
        "this pool has no automatic approval",
        "/api/v1/requests/",
    ):
        assert shown in page
    with scope(Viewer.system("tests")):
        assert not CapacityRequest.objects.exists()
    missing = client.post("/t/vision/requests/preview/", form_data(replicas="", pool=""))
    assert missing.status_code == 200  # an answer, not a refusal: browsers report those as errors
    assert "Not complete yet" in missing.content.decode()
    assert client.get("/t/vision/requests/preview/").status_code == 302


def test_as_code_of_the_form_makes_the_same_request(harbour: Harbour) -> None:
    client = harbour.people.alice.client()
    page = client.post("/t/vision/requests/preview/", form_data()).context["body"]
    answer = client.post(
        "/api/v1/requests/",
        page,
        content_type="application/json",
        headers={"Idempotency-Key": "as-code"},
    )
    assert answer.status_code == 201, answer.content
    by_code = only_request()
    with scope(Viewer.system("tests")):
        CapacityRequest.objects.update(state="withdrawn")
    client.post("/t/vision/requests/new/", form_data())
    with scope(Viewer.system("tests")):
        by_form = CapacityRequest.objects.latest("pk")
    assert by_form.ask == by_code.ask


def test_quota_form_asks_only_for_what_changes(harbour: Harbour) -> None:
    client = harbour.people.alice.client()
    sent = {
        "request_kind": "quota",
        "pool": "h100",
        f"g_{H100}": "16",
        "g_cpu": "96",
        "g_memory": "768",
        "justification": "The team doubles.",
    }
    answer = client.post("/t/vision/requests/new/", sent)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert only_request().ask == {"pool": "h100", "guaranteed": {H100: 16}}


@pytest.mark.parametrize(
    ("kind", "label"),
    [("allocation", "Decide and place by"), ("quota", "Decide by"), ("renew", "Decide by")],
)
def test_the_deadline_is_for_what_the_decision_leads_to(
    harbour: Harbour, kind: str, label: str
) -> None:
    client = harbour.people.alice.client()
    page = client.get(f"/t/vision/requests/new/?kind={kind}").content.decode()
    assert re.findall(r"Decide[a-z ]* by", page) == [label]


def test_operator_decides_from_the_queue(harbour: Harbour) -> None:
    client = harbour.people.operator.client()
    first, second, third = (harbour.submitted(ask_name=f"n{i}") for i in range(3))
    assert client.post(f"/ops/queue/{first.pk}/approve/").status_code == 302
    assert client.post(f"/ops/queue/{second.pk}/reject/", {"reason": ""}).status_code == 400
    refused = {"reason": "Not this month"}
    assert client.post(f"/ops/queue/{second.pk}/reject/", refused).status_code == 302
    less = {
        "less-replicas": "1",
        f"less-a_{H100}": "4",
        "less-a_cpu": "16",
        "less-a_memory": "128",
        "less-reason": "Half of it",
    }
    assert client.post(f"/ops/queue/{third.pk}/counter/", less).status_code == 302
    states = [harbour.fresh(request).state for request in (first, second, third)]
    assert states == ["approved", "rejected", "countered"]
    assert harbour.fresh(third).counter == {"replicas": 1}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"less-replicas": "0"}, "greater than or equal to 1"), ({"less-reason": ""}, "required")],
)
def test_an_offer_that_is_wrong_comes_back_as_it_was_typed(
    harbour: Harbour, wrong: dict[str, str], sentence: str
) -> None:
    request = harbour.submitted()
    sent = {
        "less-replicas": "1",
        f"less-a_{H100}": "4",
        "less-a_cpu": "16",
        "less-a_memory": "128",
        "less-reason": "Half of it",
    }
    path = f"/ops/queue/{request.pk}/counter/"
    answer = harbour.people.operator.client().post(path, sent | wrong)
    page = answer.content.decode()
    assert answer.status_code == 400
    dialog = page[page.index('<dialog id="less" data-open-now') :]
    assert sentence in dialog[: dialog.index("</dialog>")]
    assert 'value="16"' in dialog
    # The parts fetch themselves anew from where a GET is answered.
    assert f'hx-get="{path}"' not in page
    assert f'hx-get="/ops/queue/{request.pk}/"' in page


def test_decision_that_came_second_is_told_who_was_first(harbour: Harbour) -> None:
    request = harbour.in_state("approved")
    late = harbour.people.operator.client().post(
        f"/ops/queue/{request.pk}/reject/", {"reason": "Too late"}
    )
    assert late.status_code == 409
    assert "approved by operator" in late.content.decode()


@pytest.mark.parametrize("verb", ["approve", "counter", "reject", "claim"])
def test_draft_without_amounts_is_a_conflict_in_the_queue(harbour: Harbour, verb: str) -> None:
    draft = harbour.draft(ask={"pool": "h100"})
    sent = {"less-replicas": "1", "less-reason": "Half of it", "reason": "No"}
    answer = harbour.people.operator.client().post(f"/ops/queue/{draft.pk}/{verb}/", sent)
    assert answer.status_code == 409
    assert harbour.fresh(draft).state == "draft"


def test_own_request_shows_no_decision(harbour: Harbour) -> None:
    own = harbour.submitted(by=harbour.people.operator)
    client = harbour.people.operator.client()
    page = client.get(f"/ops/queue/{own.pk}/").content.decode()
    assert "Your own request." in page
    assert 'data-open="approve"' not in page
    assert client.post(f"/ops/queue/{own.pk}/approve/").status_code == 403


def test_queue_names_whom_an_approval_would_oust(harbour: Harbour) -> None:
    scenery = scenery_make(harbour)
    client = harbour.people.operator.client()
    page = client.get(f"/ops/queue/{scenery.waiting.pk}/").content.decode()
    assert "infeasible for now" in page
    assert f"/ops/queue/{scenery.rival.pk}/" in page


def test_tenant_answers_an_offer_on_the_page(harbour: Harbour) -> None:
    request = harbour.in_state("countered")
    client = harbour.people.alice.client()
    page = client.get(f"/t/vision/requests/{request.pk}/").content.decode()
    assert "operator offers less" in page
    accept = f"/t/vision/requests/{request.pk}/accept/"
    assert client.post(accept, {"generation": "1"}).status_code == 412
    taken = {"generation": str(request.generation)}
    assert client.post(accept, taken).status_code == 302
    assert harbour.fresh(request).state == "approved"
    again = client.post(accept, taken)
    assert again.status_code == 409
    assert f'hx-get="{accept}"' not in again.content.decode()  # that address takes no GET
    assert f'hx-get="/t/vision/requests/{request.pk}/"' in again.content.decode()


def test_activity_names_the_request_and_leads_to_it(harbour: Harbour) -> None:
    made = harbour.submitted()
    for page in ("activity/", "activity/panel/"):
        text = harbour.people.bob.client().get(f"/t/vision/{page}").content.decode()
        link = f'<a href="/t/vision/requests/{made.pk}/">#{made.pk}</a>'
        assert f"Request submitted {link}" in text


def test_panel_puts_an_offer_to_answer_before_what_is_newer(harbour: Harbour) -> None:
    offered = harbour.in_state("countered")
    for _number in range(7):
        harbour.draft()
    page = harbour.people.alice.client().get("/t/vision/requests/panel/").content.decode()
    refs = re.findall(r">(#\d+)<", page)
    assert (len(refs), refs[0]) == (6, offered.ref)
    assert "6 of 8, 1 open" in page


def test_what_a_rule_approved_is_no_persons_approval(harbour: Harbour) -> None:
    harbour.limits("vision", {"h100": {"cpu": 64_000, "memory": 512 * GIB, H100: 8}})
    request = harbour.submitted()
    client = harbour.people.alice.client()
    page = client.get(f"/t/vision/requests/{request.pk}/")
    rules = [row for row in page.context["timeline"] if "by rule P-01" in row["text"]]
    assert [row["who"] for row in rules] == ["Berth"]
    acts = client.get("/t/vision/activity/").context["entries"]
    assert [act.who for act in acts if act.title == "Request approved by rule"] == ["Berth"]
