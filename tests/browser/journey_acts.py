"""What people and programs do again and again in the story of test_journey."""

from __future__ import annotations

import re

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


def request_body(kind: str) -> dict[str, object]:
    """Two replicas of one L40S each, submitted at once."""
    ask: dict[str, object] = {
        "kind": kind,
        "name": f"curl-{kind}",
        "pool": "l40s",
        "replicas": 2,
        "shape": {"cpu": 1000, "memory": 2**30, "l40s": 1},
    }
    if kind == "workload":
        ask |= {"runs_as": "service", "spec": {"image": "registry.example/a:1"}}
    return {"tenant": "vision", "kind": "allocation", "ask": ask, "submit": True}


def loop_finish(yard: Yard, token: str, request: int) -> None:
    """See it come up, give it back, and see that nothing is left."""
    number = wait_for(lambda: yard.curl("GET", f"requests/{request}/", token)["allocation"], bool)
    path = f"allocations/{number}/"
    wait_for(lambda: yard.curl("GET", path, token)["state"], lambda state: state == "active")
    found = yard.curl("GET", path, token)
    space = found["namespace"]
    kind = found["kind"]
    if kind == "workload":
        assert len(yard.names("pods,statefulsets", space)) == 2
    assert [row["this"] for row in found["quota_effect"] if row["resource"] == "l40s"] == [1]
    yard.curl("POST", f"{path}release/", token, {"reason": "done"}, 202)
    wait_for(lambda: yard.curl("GET", path, token)["state"], lambda state: state == "released")
    assert yard.names("pods,statefulsets", space) == []
