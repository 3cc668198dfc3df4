"""The main job in a browser, on the real processes: on a real control plane and on the simulator.

The tests stand in the order of the story: an operator divides the fleet, a team asks, the two
agree, and everything is given back. The story is told whole on the one, then on the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import yaml
from playwright.sync_api import Browser, expect

from tests import stand_in
from tests.browser.journey_acts import (
    agreed,
    allocated,
    ask,
    loop_finish,
    open_allocation,
    request_body,
    simulated,
    submit,
)
from tests.browser.yard import (
    CLUSTER,
    SLOW,
    Person,
    Yard,
    fleet_divide,
    token_make,
    yard_open,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
# In every run it is told on the real one, or where there is none on the simulator.
BEDS = [
    pytest.param("control-plane", marks=pytest.mark.bed),
    pytest.param("simulator", marks=stand_in.MARKS),
]

PRODUCT = "nvidia.com/gpu.product=NVIDIA-H100-80GB-HBM3"
MANAGED, OPEN = "berth-vision", "berth-vision-h100"


@pytest.fixture(scope="module", params=BEDS)
def yard(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Yard]:
    folder = tmp_path_factory.mktemp(f"journey-{request.param}")
    with yard_open(browser, folder, kind=request.param) as found:
        yield found


@pytest.fixture
def operator(yard: Yard) -> Iterator[Person]:
    with yard.person("operator") as found:
        yield found
        assert found.complaints.said == []


@pytest.fixture
def member(yard: Yard) -> Iterator[Person]:
    with yard.person("vision-member") as found:
        yield found
        assert found.complaints.said == []


def test_an_operator_divides_the_fleet(operator: Person) -> None:
    page = operator.page
    operator.go(f"/ops/clusters/{CLUSTER}/")
    expect(page.locator(".b-head")).to_contain_text("Connected", timeout=SLOW)
    expect(page.locator("#cluster-nodes")).to_contain_text("h100-1", timeout=SLOW)
    assert operator.is_same
    operator.go("/ops/pools/new/")
    page.get_by_label("Name", exact=True).fill("h100")
    page.get_by_label("Title").fill("H100")
    page.get_by_label("Conditions on node labels").fill(PRODUCT)
    expect(page.locator("#preview")).to_contain_text("1 node would belong to it")
    page.get_by_role("button", name="Make the pool").click()
    page.wait_for_url("**/ops/pools/")
    page.goto("/ops/quota/?pool=h100")
    for tenant in ("aurora", "vision"):
        for resource, amount in (("H100", "8"), ("CPU", "64"), ("Memory", "512")):
            label = re.compile(f"Guaranteed, {tenant}, .*{resource}")
            page.get_by_label(label).fill(amount)
    page.get_by_label("Why").fill("First plan")
    with page.expect_navigation():
        page.get_by_role("button", name="Save quota").click()
    expect(page.get_by_label(re.compile("Guaranteed, vision, .*H100"))).to_have_value("8")


def test_a_team_asks_and_is_offered_less(yard: Yard, operator: Person, member: Person) -> None:
    operator.go("/ops/queue/")
    member.go("/t/vision/requests/new/?pool=h100")
    ask(member.page, name="train", replicas=3, devices=2)
    preview = member.page.locator("#preview")
    expect(preview).to_contain_text("Fits now")
    expect(preview).to_contain_text("h100-1")
    submit(member.page)
    expect(member.page.locator("#request")).to_contain_text("Waits for a decision")
    expect(member.page.locator("#now")).to_contain_text("Fits now")
    member.mark()
    row = operator.page.locator("#queue-list .b-pick", has_text="vision")
    expect(row).to_have_count(1, timeout=15_000)
    shell = operator.page.locator(".b-shell")
    expect(shell.locator("#b-count-request_queue")).to_have_text("1", timeout=15_000)
    expect(shell.locator("#b-bell .b-count-badge")).to_have_text("1", timeout=15_000)
    assert operator.is_same
    operator.page.goto(row.get_attribute("href") or "")
    operator.page.get_by_role("button", name="Offer less").click()
    less = operator.page.locator("#less")
    less.get_by_label("Replicas").fill("2")
    less.get_by_label("Reason").fill("Two now, the third on Friday.")
    less.get_by_role("button", name="Make this offer").click()
    offer = member.page.locator(".b-offer")
    expect(offer).to_contain_text("Two now, the third on Friday.", timeout=15_000)
    assert member.is_same


def test_the_offer_is_accepted_and_steps_appear_as_they_happen(yard: Yard, member: Person) -> None:
    page = member.page
    member.go("/t/vision/requests/")
    page.locator("tbody a.b-name").first.click()
    with page.expect_navigation():
        page.get_by_role("button", name="Accept the offer").click()
    member.mark()
    steps = page.locator(".b-steps")
    expect(steps.locator("tr.is-done")).to_have_count(5, timeout=SLOW)
    assert member.is_same
    page.get_by_role("link", name=re.compile("Allocation A-")).first.click()
    expect(page.locator("#allocation")).to_contain_text("Active", timeout=SLOW)
    expect(page.locator("#allocation")).to_contain_text("h100-1")
    phases = yard.bed.kubectl("get", "pods", "-n", MANAGED, "-o", "jsonpath={..status.phase}")
    assert phases.stdout.split() == ["Running", "Running"]
    assert len(yard.names("statefulsets", MANAGED)) == 1
    member.go("/t/vision/quota/")
    expect(allocated(page)).to_have_text("4")


def test_release_credits_when_the_pods_are_gone(yard: Yard, member: Person) -> None:
    page, quota = member.page, member.context.new_page()
    quota.goto("/t/vision/quota/")
    expect(allocated(quota)).to_have_text("4")
    quota.evaluate("window.sameDocument = true")
    open_allocation(member, "train")
    page.get_by_role("link", name="Release").click()
    page.get_by_role("button", name=re.compile("^Release 4 .*H100")).click()
    expect(page.locator("#allocation")).to_contain_text("Released", timeout=SLOW)
    expect(allocated(quota)).to_have_text("0", timeout=SLOW)
    assert quota.evaluate("window.sameDocument === true")
    assert yard.names("pods,statefulsets,jobs", MANAGED) == []


def test_open_capacity_is_approved_and_its_kubeconfig_has_no_credential(
    yard: Yard, operator: Person, member: Person
) -> None:
    page = member.page
    member.go("/t/vision/requests/new/?pool=h100")
    page.locator("label", has_text="Open capacity").click()
    ask(page, name="room", replicas=1, devices=2)
    submit(page)
    operator.go("/ops/queue/")
    operator.page.locator("#queue-list .b-pick", has_text="vision").first.click()
    operator.page.get_by_role("button", name=re.compile("^Approve 2 ")).click()
    operator.page.locator("#approve").get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator(".b-steps tr.is-done")).to_have_count(5, timeout=SLOW)
    open_allocation(member, "room")
    with page.expect_download() as download:
        page.get_by_role("link", name="kubeconfig").click()
    config = yaml.safe_load(download.value.path().read_text(encoding="utf-8"))
    assert config["users"][0]["user"] == {}
    assert config["contexts"][0]["context"]["namespace"] == OPEN
    assert config["clusters"][0]["cluster"]["server"] == yard.bed.server
    hard = yard.bed.kubectl("get", "resourcequota", "berth", "-n", OPEN, "-o", "yaml").stdout
    assert yaml.safe_load(hard)["status"]["hard"]["requests.nvidia.com/gpu"] == "2"
    page.get_by_role("link", name="Release").click()
    page.get_by_role("button", name=re.compile("^Release 2 .*H100")).click()
    expect(page.locator("#allocation")).to_contain_text("Released", timeout=SLOW)
    member.go("/t/vision/quota/")
    expect(allocated(page)).to_have_text("0")


def test_a_cut_socket_is_marked_polled_and_caught_up(operator: Person, member: Person) -> None:
    member.go("/t/vision/requests/new/?pool=h100")
    ask(member.page, name="later", replicas=1, devices=1)
    submit(member.page)
    expect(member.page.locator("#request")).to_contain_text("Waits for a decision")
    member.mark()
    mark = member.page.locator(".b-live")
    expect(mark).to_have_attribute("data-state", "live")
    member.cut()
    expect(mark).to_have_attribute("data-state", "polling", timeout=20_000)
    operator.go("/ops/queue/")
    operator.page.locator("#queue-list .b-pick", has_text="vision").first.click()
    operator.page.get_by_role("button", name=re.compile("^Reject")).click()
    operator.page.locator("#reject-reason").fill("Not this week.")
    operator.page.locator("#reject").get_by_role("button", name="Reject").click()
    expect(member.page.locator("#request")).to_contain_text("Not this week.", timeout=40_000)
    expect(mark).to_have_attribute("data-state", "polling")
    member.mend()
    with member.page.expect_response(re.compile("/t/vision/requests/"), timeout=40_000):
        expect(mark).to_have_attribute("data-state", "live", timeout=40_000)
    assert member.is_same
    member.go("/t/vision/requests/?state=draft")
    expect(member.page.locator("#requests tbody tr")).to_have_count(0)  # each draft was sent
    member.complaints.said[:] = [
        text for text in member.complaints.said if "WebSocket connection" not in text
    ]


def test_the_same_loop_by_curl_alone(yard: Yard) -> None:
    operator = token_make(yard, "operator", "/ops/tokens/new/")
    owner = token_make(yard, "vision-owner", "/t/vision/tokens/new/")
    fleet_divide(yard, operator, pool="l40s")
    for kind in ("workload", "open"):
        body = request_body(kind)
        simulated(yard, owner, body)
        loop_finish(yard, owner, agreed(yard, operator, owner, body))
