"""What the form answers while somebody types."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.choices import ClusterState
from inventory.models import Cluster, DeviceMapping, DeviceType, Node
from portal.errors import Invalid
from portal.refusal import Refusal
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation, NodeCommitment
from scheduling.refused_nodes import refused_counted
from tenants.offers import Terms
from tenants.preview_shown import preview_shown
from tenants.preview_words import check_rows, verdict_sentence
from tenants.previews import RequestPreview
from tenants.selectors.previews import auto_approve_limits, request_preview
from tenants.services.requests import request_draft_save, request_submit
from tests.people import Someone
from tests.tenants.requests.harbour import GIB, H100, NODE, Harbour, allocation_input

pytestmark = pytest.mark.django_db
LIMITS = {"cpu": 64_000, "memory": 512 * GIB, H100: 8}


def looked(harbour: Harbour, by: Someone | None = None, **changes: Any) -> RequestPreview:
    """A preview of two replicas of four H100 each, changed."""
    ask: dict[str, Any] = {
        "pool": "h100",
        "replicas": 2,
        "shape": {"cpu": 16_000, "memory": 128 * GIB, H100: 4},
    }
    with scope((by or harbour.people.alice).viewer) as viewer:
        return request_preview(
            tenant_key="vision",
            kind="allocation",
            terms=Terms(ask | changes, None),
            viewer=viewer,
            now=harbour.now,
        )


def sentence(seen: RequestPreview) -> str:
    """The line below the verdict."""
    return verdict_sentence(seen, pool="h100")


def test_everything_that_is_short_is_named(harbour: Harbour) -> None:
    ask = {"replicas": 2, "shape": {"cpu": 90_000_000, "memory": 900_000 * GIB, H100: 400}}
    seen = looked(harbour, **ask)
    terms = Terms({"pool": "h100"} | ask, None)
    viewer = harbour.people.alice.viewer
    shown = preview_shown(seen, terms=terms, pool="h100", viewer=viewer)
    assert seen.refusal is not None
    assert seen.refusal.dimension == H100
    also = shown["also_short"]
    assert re.fullmatch(r"CPU by [\d,]+ cores, Memory by [\d,]+ GiB", also), also
    assert all(row.over for row in [shown["main_effect"], *shown["effects"]])
    within = preview_shown(looked(harbour), terms=terms, pool="h100", viewer=viewer)
    assert within["also_short"] == ""
    assert not within["main_effect"].over


def test_whoever_can_raise_a_cap_is_sent_to_it_and_not_to_ask_for_it(harbour: Harbour) -> None:
    shape = {"cpu": 16_000, "memory": 128 * GIB, H100: 4}
    terms = Terms({"pool": "h100", "replicas": 90, "shape": shape}, None)

    def advised(by: Someone) -> Refusal:
        seen = looked(harbour, by=by, replicas=90)
        return preview_shown(seen, terms=terms, pool="h100", viewer=by.viewer)["refusal"]

    own, raised = advised(harbour.people.alice), advised(harbour.people.operator)
    assert (own.rule, raised.rule) == ("quota.cap", "quota.cap")
    assert own.next_url == "/t/vision/requests/new/?kind=quota"
    assert raised.next_url == "/ops/quota/?pool=h100"
    assert raised.next_step == "Raise the quota, or lower the amount."


def test_fits_but_needs_approval_without_limits(harbour: Harbour) -> None:
    seen = looked(harbour)
    assert seen.verdict == "fits_needs_approval"
    assert seen.rule.failed is not None
    assert seen.rule.failed.code == "limits"
    assert [(p.node_name, p.replicas) for p in seen.placements] == [("ams1-h100-1", 2)]
    assert seen.age_seconds == 12


def test_fits_now_where_the_rule_holds(harbour: Harbour) -> None:
    harbour.limits("vision", {"h100": LIMITS})
    seen = looked(harbour)
    assert (seen.verdict, seen.rule.rule, seen.alternatives) == ("fits_now", "P-01", ())


def test_limits_come_from_the_nearest_tenant_that_names_the_pool(harbour: Harbour) -> None:
    harbour.limits("aurora", {"h100": {H100: 2}, "cpu": {"cpu": 1}})
    with scope(harbour.people.alice.viewer):
        assert auto_approve_limits(tenant_key="vision", pool="h100") == {H100: 2}
        assert auto_approve_limits(tenant_key="vision", pool="a100") is None
        assert auto_approve_limits(tenant_key="aurora", pool="h100") is None
        assert auto_approve_limits(tenant_key="speech", pool="h100") is None
    harbour.limits("vision", {"h100": {}})
    with scope(harbour.people.alice.viewer):
        assert auto_approve_limits(tenant_key="vision", pool="h100") == {}


def test_must_wait_where_room_is_taken_and_says_what_would_fit(harbour: Harbour) -> None:
    NodeCommitment.objects.filter(resource=H100, node_name="ams1-h100-1").update(foreign=8)
    NodeCommitment.objects.filter(resource=H100, node_name="ams1-h100-2").update(foreign=2)
    seen = looked(harbour)
    assert seen.verdict == "must_wait"
    assert seen.refusal is not None
    assert (seen.refusal.rule, seen.refusal.limit, seen.refusal.short_by) == ("room", 1, 1)
    assert seen.refused == {"no-room": 1, "has-room": 1}
    rows = [(row.words, row.count) for row in refused_counted(seen.refused)]
    assert rows == [("not enough free", 1), ("has room", 1)]
    assert "as soon as there is room" in seen.refusal.next_step
    assert seen.refusal.who
    assert [(a.replicas, a.by_rule) for a in seen.alternatives] == [(1, False)]


def test_what_no_node_has_is_named_and_what_some_have_is_not(harbour: Harbour) -> None:
    rows = NodeCommitment.objects.all()
    rows.filter(resource=H100, node_name="ams1-h100-1").update(foreign=6)
    rows.filter(resource=H100, node_name="ams1-h100-2").update(foreign=8)
    assert "no node of h100 has that much" in sentence(looked(harbour))
    rows.filter(resource=H100, node_name="ams1-h100-1").update(foreign=0)
    rows.filter(resource="cpu", node_name="ams1-h100-1").update(foreign=NODE["cpu"])
    assert sentence(looked(harbour)).startswith("2 replicas are asked for and 0 fit")
    Node.objects.update(schedulable=False)
    assert sentence(looked(harbour)).startswith("2 replicas are asked for and 0 fit")


def test_more_per_replica_than_any_node_has_never_fits_and_is_told_so(harbour: Harbour) -> None:
    nine = {"cpu": 16_000, "memory": 128 * GIB, H100: 9}
    seen = looked(harbour, replicas=1, shape=nine)
    assert (seen.verdict, seen.alternatives) == ("cannot_fit", ())
    said = "It never fits: no node of h100 has more than 8 × H100"
    assert sentence(seen).startswith(said)
    assert "at most that many per replica, and for more replicas" in sentence(seen)
    row = check_rows(seen, pool="h100")[0]
    assert (row.state, row.text) == ("refused", "Size of a node in h100")
    assert row.number.startswith("9 of 8 H100")
    refusal = seen.refusal
    assert refusal is not None
    assert (refusal.rule, refusal.scope, refusal.dimension) == ("room.node", "h100", H100)
    assert (refusal.limit, refusal.now, refusal.asked, refusal.short_by) == (8, 0, 9, 1)
    assert "for more replicas" in refusal.next_step
    cores = looked(harbour, replicas=1, shape=nine | {H100: 8, "cpu": NODE["cpu"] + 1000})
    assert "Ask for less per replica" in sentence(cores)
    with scope(harbour.people.alice.viewer) as viewer:
        made = request_draft_save(
            tenant_key="vision",
            data=allocation_input(ask_replicas=1, ask_shape=nine),
            viewer=viewer,
            now=harbour.now,
        )
        request_submit(request_id=made.pk, viewer=viewer, now=harbour.now)
    page = harbour.people.operator.client().get(f"/ops/queue/{made.pk}/").content.decode()
    assert said in page
    short = page[page.index("What is short") :].partition("</dl>")[0]
    assert "<dt>Limit</dt><dd>8</dd>" in short
    assert "<dt>Now</dt><dd>0</dd>" in short


def test_the_age_is_that_of_the_clusters_that_the_answer_rests_on(harbour: Harbour) -> None:
    away = Cluster.objects.create(
        name="fra-1",
        title="Frankfurt 1",
        server_url="https://fra-1.example:6443",
        state=ClusterState.UNREACHABLE,
        last_contact_at=harbour.now - timedelta(hours=2),
    )
    Node.objects.filter(name="ams1-h100-2").update(cluster=away)
    assert looked(harbour).age_seconds == 12
    assert looked(harbour, cluster="fra-1").age_seconds == 7200


def test_cannot_fit_beyond_the_cap_with_numbers(harbour: Harbour) -> None:
    seen = looked(harbour, replicas=4)
    assert seen.verdict == "cannot_fit"
    assert seen.refusal is not None
    refusal = seen.refusal
    assert (refusal.rule, refusal.scope, refusal.dimension) == ("quota.cap", "vision", H100)
    assert (refusal.limit, refusal.now, refusal.asked, refusal.short_by) == (12, 0, 16, 4)
    assert [a.replicas for a in seen.alternatives] == [3]


def test_alternatives_name_the_size_that_needs_no_operator(harbour: Harbour) -> None:
    harbour.limits("aurora", {"h100": {**LIMITS, H100: 4}})
    seen = looked(harbour)
    assert seen.verdict == "fits_needs_approval"
    assert [(a.replicas, a.total[H100], a.by_rule) for a in seen.alternatives] == [(1, 4, True)]


def test_alternatives_are_what_the_engine_itself_would_place(harbour: Harbour) -> None:
    harbour.fill(resource="cpu", amount=20_000)
    shape = {"cpu": 30_000, "memory": GIB, H100: 1}
    (alternative,) = looked(harbour, replicas=3, shape=shape).alternatives
    fits = looked(harbour, replicas=alternative.replicas, shape=shape)
    more = looked(harbour, replicas=alternative.replicas + 1, shape=shape)
    assert fits.verdict == "fits_needs_approval"
    assert more.verdict != "fits_needs_approval"


def test_parents_numbers_are_for_those_who_see_the_parent(harbour: Harbour) -> None:
    from_above = looked(harbour, by=harbour.people.operator)
    own = looked(harbour)
    numbers = {check.limit for check in from_above.checks if check.rule == "quota.parent"}
    hidden = {check.limit for check in own.checks if check.rule == "quota.parent"}
    assert numbers == {128_000, 1024 * GIB, 16}
    assert hidden == {None}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pool": ""}, "ask.pool"),
        ({"pool": "b200"}, "ask.pool"),
        ({"shape": {}}, "ask.shape"),
        ({"replicas": 0}, "ask.replicas"),
        ({"cluster": "fra-9"}, "ask.cluster"),
    ],
)
def test_what_is_missing_is_named(harbour: Harbour, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        looked(harbour, **changes)
    assert field in caught.value.fields


def test_a_preview_writes_nothing_and_asks_little(harbour: Harbour) -> None:
    harbour.limits("vision", {"h100": LIMITS})
    with CaptureQueriesContext(connection) as queries:
        looked(harbour, replicas=4)
    asked = [q["sql"] for q in queries if q["sql"].startswith(("SELECT", "WITH"))]
    wrote = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert wrote == []
    assert len([sql for sql in asked if "set_config" not in sql]) <= 10


def test_a_removed_cluster_is_not_there_and_its_name_may_mean_another(harbour: Harbour) -> None:
    Cluster.objects.create(name="old", title="Old", server_url="https://old", state="removed")
    with pytest.raises(Invalid) as caught:
        looked(harbour, cluster="old")
    assert set(caught.value.fields) == {"ask.cluster"}
    now = harbour.now
    for name in ("old", "ams-1"):
        Cluster.objects.create(
            name=name, title=name, server_url="https://x", state="removed", last_contact_at=now
        )
    seen = looked(harbour, cluster="ams-1")
    assert (seen.verdict, seen.age_seconds) == ("fits_needs_approval", 12)


def test_a_renewal_that_needs_an_operator_names_its_own_rule(harbour: Harbour) -> None:
    allocation = harbour.in_state("approved").allocation
    assert allocation is not None
    with scope(Viewer.system("tests")):
        Allocation.objects.update(state="active", active_at=harbour.now)
    harbour.limits("vision", {"h100": LIMITS | {H100: 1}})
    with scope(harbour.people.alice.viewer) as viewer:
        seen = request_preview(
            tenant_key="vision",
            kind="renew",
            terms=Terms({"allocation": allocation.pk}, harbour.now + timedelta(days=30)),
            viewer=viewer,
            now=harbour.now,
        )
    assert sentence(seen).startswith("Rule P-02 does not hold: 8 × H100")
    assert check_rows(seen, pool="h100")[-1].rule == "P-02"


def test_quota_that_the_parent_does_not_have_is_refused_before_anybody_reads_it(
    harbour: Harbour,
) -> None:
    def quota(by: Someone, amount: int) -> RequestPreview:
        with scope(by.viewer) as viewer:
            return request_preview(
                tenant_key="vision",
                kind="quota",
                terms=Terms({"pool": "h100", "guaranteed": {H100: amount}}, None),
                viewer=viewer,
                now=harbour.now,
            )

    assert quota(harbour.people.alice, 16).verdict == "fits_needs_approval"
    beyond = quota(harbour.people.alice, 17)
    assert beyond.verdict == "cannot_fit"
    assert beyond.refusal is not None
    assert (beyond.refusal.scope, beyond.refusal.limit) == ("above your tenant", None)
    told = quota(harbour.people.operator, 17).refusal
    assert told is not None
    assert (told.scope, told.limit, told.now, told.short_by) == ("aurora", 16, 0, 1)


def test_open_capacity_says_what_the_cluster_lacks(harbour: Harbour) -> None:
    seen = looked(harbour, kind="open")
    assert seen.refusal is not None
    assert (seen.verdict, seen.refusal.rule) == ("must_wait", "open.policies")
    assert seen.alternatives == ()
    Cluster.objects.update(abilities={"fenced": True})
    assert looked(harbour, kind="open").refusal is None


def test_open_capacity_is_refused_where_a_key_means_two_types(harbour: Harbour) -> None:
    Cluster.objects.update(abilities={"fenced": True})
    other = DeviceType.objects.create(name="a100-pcie", title="A100 PCIe")
    for device, product in ((DeviceType.objects.get(name=H100), "H100"), (other, "A100")):
        DeviceMapping.objects.create(
            device_type=device, resource_key="nvidia.com/gpu", node_labels={"product": product}
        )
    first, second = Node.objects.filter(pool__name="h100")[:2]
    for node, product in ((first, "H100"), (second, "A100")):
        labels, raw = {"product": product}, {"nvidia.com/gpu": 8}
        Node.objects.filter(pk=node.pk).update(labels=labels, raw_allocatable=raw)
    seen = looked(harbour, kind="open")
    assert seen.refusal is not None
    assert (seen.refusal.rule, seen.refusal.dimension) == ("open.one-type", H100)
    assert looked(harbour).refusal is None
