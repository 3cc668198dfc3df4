"""What people and programs do again and again in the story of test_journey."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.yard import Person, Yard, wait_for


def ask(page: Page, *, name: str, replicas: int, devices: int) -> None:
    """Fill the form in, as far as the answer depends on it."""
    page.locator("#id_name").fill(name)
    if page.locator("#id_image").is_visible():
        page.locator("#id_image").fill("registry.example/vision/train:1")
    for field, value in (
        ("replicas", replicas),
        ("devices", devices),
        ("cores", 4),
        ("memory", 16),
    ):
        page.locator(f"#id_{field}").fill(str(value))
    page.locator("#id_justification").fill("A paper is due.")


def submit(page: Page) -> None:
    """Submit, once the preview stands still."""
    expect(page.locator("#preview")).to_have_attribute("aria-busy", "false")
    page.get_by_role("button", name="Submit for approval").click()
    page.wait_for_url(re.compile(r"/t/vision/requests/\d+/$"))


def open_allocation(person: Person, name: str) -> None:
    """Go to an allocation by its name in the list."""
    person.go("/t/vision/allocations/")
    person.page.get_by_role("link", name=name, exact=True).first.click()
    expect(person.page.locator("#allocation h1")).to_have_text(name)


def allocated(page: Page) -> Locator:
    """The cell that says how many H100 are allocated."""
    return page.locator("#quota-own tr", has_text="H100").locator("[data-label=Allocated]")


def request_body(kind: str) -> dict[str, Any]:
    """Two replicas of one L40S each, submitted at once."""
    ask: dict[str, Any] = {
        "kind": kind,
        "name": f"curl-{kind}",
        "pool": "l40s",
        "replicas": 2,
        "shape": {"cpu": 1000, "memory": 2**30, "l40s": 1},
    }
    if kind == "workload":
        ask |= {"runs_as": "service", "spec": {"image": "registry.example/a:1"}}
    return {"tenant": "vision", "kind": "allocation", "ask": ask, "submit": True}


def simulated(yard: Yard, token: str, body: dict[str, Any]) -> None:
    """Say what it would meet, and try it out: neither leaves a request behind."""
    looked = {name: body[name] for name in ("tenant", "kind", "ask")}

    def fits() -> Any:
        return yard.curl("POST", "placements:simulate/", token, looked)["verdict"]

    wait_for(fits, lambda verdict: verdict == "fits_needs_approval")
    tried = yard.curl("POST", "requests/?dryRun=true", token, body, 201)
    assert tried["state"] == "submitted"
    mine = f"requests/?tenant=vision&search={body['ask']['name']}"
    assert yard.curl("GET", mine, token)["results"] == []


def agreed(yard: Yard, operator: str, owner: str, body: dict[str, Any]) -> int:
    """Ask, decline a first offer of less, accept the second; the number of the request."""
    made = yard.curl("POST", "requests/", owner, body, 201)
    path = f"requests/{made['id']}/"
    offer = {"ask": {"replicas": 1}, "reason": "One is enough."}
    yard.curl("POST", f"{path}counter/", operator, offer)
    declined = yard.curl("POST", f"{path}decline/", owner, {"reason": "It is not."})
    assert (declined["state"], declined["allocation"]) == ("in_review", None)
    yard.curl("POST", f"{path}counter/", operator, offer | {"reason": "There is no more."})
    assert yard.curl("POST", f"{path}accept/", owner)["state"] == "approved"
    return int(made["id"])


def loop_finish(yard: Yard, token: str, request: int) -> None:
    """See it come up, give it back, and see that nothing is left."""
    number = wait_for(lambda: yard.curl("GET", f"requests/{request}/", token)["allocation"], bool)
    path = f"allocations/{number}/"
    (job,) = yard.curl("GET", f"jobs/?tenant=vision&key=allocation:{number}", token)["results"]
    job_followed(yard, token, job["id"])
    found = yard.curl("GET", path, token)
    space = found["namespace"]
    assert found["state"] == "active"
    if found["kind"] == "workload":
        assert len(yard.names("pods,statefulsets", space)) == 2
        wait_for(lambda: phases(yard.curl("GET", path, token)), lambda seen: seen == ["Running"])
    assert [row["this"] for row in found["quota_effect"] if row["resource"] == "l40s"] == [1]
    assert charged(yard, token)["l40s"] == 1
    released = yard.curl("POST", f"{path}release/", token, {"reason": "done"}, 202)
    job_followed(yard, token, released["job"])
    assert yard.curl("GET", path, token)["state"] == "released"
    assert yard.names("pods,statefulsets", space) == []
    assert set(charged(yard, token).values()) == {0}


def job_followed(yard: Yard, token: str, job: int) -> None:
    """A job by REST until it has succeeded, with every step of it done."""
    path = f"jobs/{job}/"
    wait_for(lambda: yard.curl("GET", path, token)["state"], lambda state: state == "succeeded")
    found = yard.curl("GET", path, token)
    assert [step["state"] for step in found["steps"]] == ["done"] * found["step_count"]


def phases(allocation: dict[str, Any]) -> list[str]:
    """What the pods of an allocation are at, as REST tells of them."""
    return [pod["phase"] for node in allocation["nodes"] for pod in node["pods"]]


def charged(yard: Yard, token: str) -> dict[str, int]:
    """What vision has of the pool now, by resource."""
    quotas = yard.curl("GET", "quotas/?tenant=vision&pool=l40s", token)["results"]
    return {row["resource"]: row["allocated"] for row in quotas}
