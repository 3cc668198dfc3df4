"""Asking again: by the form where it can hold all that was asked, else in words and as code."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from inventory.models import DeviceType, Node
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation
from tenants.models import CapacityRequest
from tests.tenants.requests.harbour import GIB, H100, Harbour

pytestmark = pytest.mark.django_db

TWO_TYPES = {"cpu": 1000, "memory": GIB, H100: 1, "a2": 1}
SEVERAL_LINES = ("first\nsecond", "first\u2028second", "ends in one\n", "form\x0cfeed")


@pytest.fixture
def with_a2(harbour: Harbour) -> Harbour:
    """The nodes of the pool have another device type, too."""
    with scope(Viewer.system("tests")):
        DeviceType.objects.create(name="a2", title="A2")
        for node in Node.objects.all():
            amounts = node.allocatable | {"a2": 2}
            Node.objects.filter(pk=node.pk).update(allocatable=amounts, capacity=amounts)
    return harbour


def spec(**values: Any) -> dict[str, Any]:
    """What the form can't hold in a workload's spec."""
    return {"ask_spec": {"image": "registry.example/a:1", **values}}


HELD_AS_CODE = [
    {"ask_shape": TWO_TYPES},
    *(spec(env={"TEXT": text}) for text in SEVERAL_LINES),
    spec(args=["a\nb"]),
    spec(command=["sh", "-c", "a\nb"]),
]


@pytest.mark.parametrize("changes", HELD_AS_CODE)
def test_what_the_form_would_drop_is_asked_for_again_by_the_call_on_the_page(
    with_a2: Harbour, changes: dict[str, Any]
) -> None:
    end = with_a2.now.replace(microsecond=0) + timedelta(days=3)
    made = with_a2.submitted(**changes, until_at=end, priority="high")
    client = with_a2.people.alice.client()
    page = f"/t/vision/requests/{made.pk}/"
    sent = client.get(f"/t/vision/requests/new/?clone={made.pk}")
    assert (sent.status_code, sent.headers.get("Location")) == (302, page)
    shown = client.get(page)
    text = shown.content.decode()
    assert "The form can't hold all of this" in text
    assert f"?clone={made.pk}" not in text
    with scope(Viewer.system("tests")):
        CapacityRequest.objects.update(state="withdrawn")
    answer = client.post(
        "/api/v1/requests/",
        shown.context["body"],
        content_type="application/json",
        headers={"Idempotency-Key": "again"},
    )
    assert answer.status_code == 201, answer.content
    with scope(Viewer.system("tests")):
        again = CapacityRequest.objects.get(pk=answer.json()["id"])
    assert (again.ask, again.state) == (made.ask, "submitted")
    assert (again.until_at, again.priority) == (end, "high")


def test_draft_that_the_form_would_mangle_is_changed_as_code(harbour: Harbour) -> None:
    made = harbour.draft(**spec(env={"TEXT": "first\nsecond"}))
    client = harbour.people.alice.client()
    page = f"/t/vision/requests/{made.pk}/"
    assert client.get(f"{page}edit/").headers["Location"] == page
    shown = client.get(page)
    assert f"{page}edit/" not in shown.content.decode()
    changed = json.loads(shown.context["body"]) | {"justification": "Changed"}
    answer = client.patch(
        f"/api/v1/requests/{made.pk}/",
        json.dumps(changed),
        content_type="application/json",
        headers={"If-Match": f'"{made.generation}"', "Idempotency-Key": "change"},
    )
    assert answer.status_code == 200, answer.content
    assert harbour.fresh(made).ask == made.ask
    assert harbour.fresh(made).justification == "Changed"


def test_what_the_form_holds_is_cloned_into_it_unchanged(harbour: Harbour) -> None:
    env = {"A": "x=y", "B": "", "C": " spaces "}
    made = harbour.submitted(**spec(env=env, args=["--a b", "'q'"]))
    client = harbour.people.alice.client()
    form = client.get(f"/t/vision/requests/new/?clone={made.pk}").context["form"]
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in sent.items() if value not in (None, False)}
    client.post("/t/vision/requests/new/", sent | {"request_kind": "allocation", "act": "save"})
    with scope(Viewer.system("tests")):
        copy = CapacityRequest.objects.get(state="draft")
    assert copy.ask["spec"] == made.ask["spec"]
    assert copy.ask["shape"] == made.ask["shape"]


def test_an_allocation_that_ended_leads_to_a_form_filled_from_its_request(harbour: Harbour) -> None:
    made = harbour.in_state("approved")
    with scope(Viewer.system("tests")):
        Allocation.objects.filter(pk=made.allocation_id).update(
            state="failed", released_at=harbour.now
        )
    address = f"/t/vision/requests/new/?again={made.allocation_id}"
    page = f"/t/vision/allocations/{made.allocation_id}/"
    people = harbour.people
    assert f'href="{address}"' in people.alice.client().get(page).content.decode()
    assert f'href="{address}"' not in people.bob.client().get(page).content.decode()
    form = people.alice.client().get(address).context["form"]
    assert form["name"].value() == made.ask["name"]
    assert form["replicas"].value() == made.ask["replicas"]
    blank = people.alice.client().get("/t/vision/requests/new/?again=999999")
    assert blank.context["form"]["name"].value() is None
