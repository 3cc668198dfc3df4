"""What an approval sets going, by rule and by a person, and what it refuses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet

from portal.errors import Conflict, Denied, Invalid, Refused
from portal.models import AuditEntry, JobRun, Notice
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation, Quota, QuotaChange
from tenants.models import CapacityRequest, Membership, PlatformRole
from tenants.selectors.requests import request_list
from tenants.services.archive import tenant_archive
from tenants.services.platform import platform_role_grant, platform_role_revoke
from tenants.services.requests import (
    request_approve,
    request_counter,
    request_counter_accept,
    request_counter_decline,
    request_draft_save,
    request_expire_due,
    request_reject,
    request_submit,
)
from tenants.services.requests.tell import decided_settle
from tests.tenants.requests.harbour import GIB, H100, Harbour, allocation_input

pytestmark = pytest.mark.django_db
LIMITS = {"cpu": 64_000, "memory": 512 * GIB, H100: 8}


def system() -> Any:
    """Berth's own scope."""
    return scope(Viewer.system("tests"))


def approve(harbour: Harbour, request: CapacityRequest, **more: Any) -> CapacityRequest:
    """The operator's approval."""
    with scope(harbour.people.operator.viewer) as viewer:
        request_approve(request_id=request.pk, viewer=viewer, now=harbour.now, **more)
    return harbour.fresh(request)


def stage(request: CapacityRequest, now: datetime) -> str:
    """The stage as SQL derives it."""
    with system() as viewer:
        return str(request_list(viewer=viewer, now=now).get(pk=request.pk).stage)


def test_rule_approves_plans_and_says_so(harbour: Harbour) -> None:
    harbour.limits("aurora", {"h100": LIMITS})
    request = harbour.fresh(harbour.submitted())
    assert (request.state, request.decided_rule, request.decided_by_id) == (
        "approved",
        "P-01",
        None,
    )
    assert request.allocation is not None
    assert (request.allocation.state, request.allocation.created_by) == ("planned", "alice")
    with system():
        job = JobRun.objects.get(key=request.allocation.job_key)
        assert (job.kind, job.requested_by_label) == ("allocation.create", "alice")
        verbs = list(request.events.values_list("verb", flat=True))
    assert verbs == ["draft", "submit", "rule"]


def test_what_is_decided_leaves_the_bells_of_those_who_might_have(harbour: Harbour) -> None:
    with system() as viewer:
        other = harbour.people.charlie.user.pk
        platform_role_grant(user_id=other, role="operator", viewer=viewer)
    decided, waiting = harbour.submitted(), harbour.submitted(ask_name="later")
    approve(harbour, decided)
    decided_settle(harbour.now)
    with system():
        unread = Notice.objects.filter(kind="request.submitted", read_at=None)
        found = list(unread.order_by("user_id").values_list("user_id", "params__ref"))
    assert found == sorted((user, waiting.ref) for user in (harbour.people.operator.user.pk, other))


def test_an_answered_offer_leaves_the_bell_of_the_asker(harbour: Harbour) -> None:
    request = harbour.in_state("countered")
    unread = Notice.objects.filter(kind="request.countered", read_at=None)
    for open_offers in (1, 0):
        decided_settle(harbour.now)
        with system():
            assert unread.count() == open_offers
        if open_offers:
            with scope(harbour.people.alice.viewer) as viewer:
                request_counter_accept(request_id=request.pk, viewer=viewer, now=harbour.now)


def test_approval_plans_exactly_what_was_asked(harbour: Harbour) -> None:
    until = harbour.now + timedelta(days=14)
    request = harbour.submitted(until_at=until, priority="high", preemptible=True)
    made = approve(harbour, request).allocation
    assert made is not None
    assert (made.tenant_key, made.name, made.replicas) == ("vision", "train", 2)
    assert made.charged == {"cpu": 32_000, "memory": 256 * GIB, H100: 8}
    assert (made.until_at, made.priority, made.preemptible) == (until, "high", True)
    assert made.deadline_at == harbour.fresh(request).deadline_at
    with system():
        quota = Quota.objects.get(tenant_key="vision", resource=H100)
    assert (quota.reserved, quota.bound) == (0, 0)


def test_start_in_the_future_is_scheduled_then_fulfilling(harbour: Harbour) -> None:
    start = harbour.now + timedelta(days=2)
    request = approve(harbour, harbour.submitted(start_at=start))
    assert request.deadline_at == start + timedelta(days=7)
    with system():
        assert JobRun.objects.get(tenant_key="vision").due_at == start
    assert stage(request, harbour.now) == "scheduled"
    assert stage(request, start + timedelta(minutes=1)) == "fulfilling"


@pytest.mark.parametrize(
    ("state", "was_active", "expected"),
    [
        ("reserved", False, "fulfilling"),
        ("applying", False, "fulfilling"),
        ("active", True, "fulfilled"),
        ("degraded", True, "fulfilled"),
        ("releasing", True, "fulfilled"),
        ("released", True, "fulfilled"),
        ("releasing", False, "failed"),
        ("released", False, "failed"),
        ("failed", False, "failed"),
    ],
)
def test_stage_follows_the_allocation(
    harbour: Harbour, state: str, was_active: bool, expected: str
) -> None:
    request = approve(harbour, harbour.submitted())
    with system():
        Allocation.objects.filter(pk=request.allocation_id).update(
            state=state, active_at=harbour.now if was_active else None
        )
    assert stage(request, harbour.now) == expected
    assert stage(harbour.draft(ask_name="other"), harbour.now) == ""


def quota_request(harbour: Harbour, amount: int) -> CapacityRequest:
    """Vision asks for another guaranteed amount of H100."""
    ask = {"pool": "h100", "guaranteed": {H100: amount}}
    data = allocation_input(kind="quota", ask=ask, justification="The team doubles.")
    with scope(harbour.people.alice.viewer) as viewer:
        made = request_draft_save(tenant_key="vision", data=data, viewer=viewer, now=harbour.now)
        return request_submit(request_id=made.pk, viewer=viewer, now=harbour.now)


def test_quota_request_sets_quota_and_its_history_names_it(harbour: Harbour) -> None:
    request = approve(harbour, quota_request(harbour, 16))
    assert harbour.guaranteed() == 16
    with system():
        change = QuotaChange.objects.latest("pk")
    assert (change.old, change.new, change.who) == (12, 16, "operator")
    assert change.why == f"Request {request.ref}: The team doubles."
    assert stage(request, harbour.now) == "fulfilled"


def test_quota_beyond_the_parent_refuses_the_approval_and_leaves_it_open(
    harbour: Harbour,
) -> None:
    request = quota_request(harbour, 17)
    with pytest.raises(Refused) as caught:
        approve(harbour, request)
    assert caught.value.refusal.rule == "quota.children"
    assert harbour.fresh(request).state == "submitted"
    assert harbour.guaranteed() == 12


def test_smaller_quota_is_offered_and_accepted_on_the_operators_right(harbour: Harbour) -> None:
    request = quota_request(harbour, 16)
    with scope(harbour.people.operator.viewer) as viewer:
        request_counter(
            request_id=request.pk,
            ask={"guaranteed": {H100: 14}},
            until_at=None,
            reason="Two stay in reserve",
            viewer=viewer,
            now=harbour.now,
        )
    with scope(harbour.people.alice.viewer) as viewer:
        request_counter_accept(request_id=request.pk, viewer=viewer, now=harbour.now)
    assert harbour.guaranteed() == 14
    with system():
        assert QuotaChange.objects.latest("pk").who == "operator"


def test_offer_lapses_with_the_operators_role(harbour: Harbour) -> None:
    request = harbour.in_state("countered")
    with system() as viewer:
        PlatformRole.objects.create(user=harbour.people.bob.user, role="operator")
        platform_role_revoke(user_id=harbour.people.operator.user.pk, viewer=viewer)
    with (
        pytest.raises(Conflict, match="may no longer decide"),
        scope(harbour.people.alice.viewer) as viewer,
    ):
        request_counter_accept(request_id=request.pk, viewer=viewer, now=harbour.now)
    assert harbour.fresh(request).state == "countered"


def test_accepted_offer_plans_the_smaller_allocation(harbour: Harbour) -> None:
    request = harbour.in_state("countered")
    with scope(harbour.people.alice.viewer) as viewer:
        request_counter_accept(request_id=request.pk, viewer=viewer, now=harbour.now)
    made = harbour.fresh(request).allocation
    assert made is not None
    assert (made.replicas, made.charged[H100], made.created_by) == (1, 4, "operator")


def test_declined_offer_goes_back_as_it_was_asked(harbour: Harbour) -> None:
    request = harbour.in_state("countered")
    with scope(harbour.people.alice.viewer) as viewer:
        request_counter_decline(
            request_id=request.pk, viewer=viewer, now=harbour.now, reason="We need both"
        )
    declined = harbour.fresh(request)
    assert (declined.state, declined.counter, declined.decided_by_id) == ("in_review", None, None)
    made = approve(harbour, request).allocation
    assert made is not None
    assert made.replicas == 2


def test_member_who_became_operator_cannot_accept_the_own_offer(harbour: Harbour) -> None:
    with system():
        Membership.objects.create(
            tenant_id="vision", user=harbour.people.operator.user, role="owner"
        )
    request = harbour.in_state("countered")
    with (
        pytest.raises(Denied, match="You made this offer"),
        scope(harbour.people.operator.viewer) as viewer,
    ):
        request_counter_accept(request_id=request.pk, viewer=viewer, now=harbour.now)


def renewal(harbour: Harbour, until: datetime | None) -> CapacityRequest:
    """Alice asks for more time for her running allocation."""
    first = approve(harbour, harbour.submitted(until_at=harbour.now + timedelta(days=1)))
    with system():
        Allocation.objects.filter(pk=first.allocation_id).update(
            state="active", active_at=harbour.now
        )
    ask = {"allocation": first.allocation_id}
    return harbour.submitted(kind="renew", ask=ask, until_at=until)


def test_renewal_moves_the_end(harbour: Harbour) -> None:
    until = harbour.now + timedelta(days=9)
    request = approve(harbour, renewal(harbour, until))
    assert request.allocation is not None
    assert request.allocation.until_at == until
    assert stage(request, harbour.now) == "fulfilled"


def test_small_renewal_is_approved_by_rule(harbour: Harbour) -> None:
    harbour.limits("vision", {"h100": {**LIMITS, H100: 8}})
    request = harbour.fresh(renewal_of_rule(harbour))
    assert (request.state, request.decided_rule) == ("approved", "P-02")


def renewal_of_rule(harbour: Harbour) -> CapacityRequest:
    """A renewal of an allocation that a rule approved."""
    first = harbour.fresh(harbour.submitted(until_at=harbour.now + timedelta(days=1)))
    with system():
        Allocation.objects.filter(pk=first.allocation_id).update(
            state="active", active_at=harbour.now
        )
    ask = {"allocation": first.allocation_id}
    return harbour.submitted(kind="renew", ask=ask, until_at=harbour.now + timedelta(days=2))


def test_earlier_end_can_be_offered_for_a_renewal(harbour: Harbour) -> None:
    until = harbour.now + timedelta(days=9)
    request = renewal(harbour, until)
    earlier = harbour.now + timedelta(days=3)
    with scope(harbour.people.operator.viewer) as viewer:
        request_counter(
            request_id=request.pk,
            ask={},
            until_at=earlier,
            reason="Maintenance",
            viewer=viewer,
            now=harbour.now,
        )
    with scope(harbour.people.alice.viewer) as viewer:
        request_counter_accept(request_id=request.pk, viewer=viewer, now=harbour.now)
    made = harbour.fresh(request).allocation
    assert made is not None
    assert made.until_at == earlier


def test_renewal_of_what_has_ended_meanwhile_is_a_conflict(harbour: Harbour) -> None:
    request = renewal(harbour, harbour.now + timedelta(days=9))
    with system():
        Allocation.objects.filter(pk=request.allocation_id).update(state="released")
    with pytest.raises(Conflict, match="something has changed"):
        approve(harbour, request)
    assert harbour.fresh(request).state == "submitted"


def test_pool_that_is_gone_makes_the_approval_a_conflict(harbour: Harbour) -> None:
    request = harbour.submitted()
    harbour.pool.name = "renamed"
    harbour.pool.save(update_fields=["name"])
    with pytest.raises(Conflict, match="There is no such pool"):
        approve(harbour, request)


def test_taken_name_is_refused_when_it_is_submitted(harbour: Harbour) -> None:
    harbour.submitted()
    with pytest.raises(Invalid) as caught:
        harbour.submitted()
    assert list(caught.value.fields) == ["ask.name"]


def test_deadline_ends_a_request_and_no_decision_comes_after_it(harbour: Harbour) -> None:
    request, decided = harbour.submitted(), approve(harbour, harbour.submitted(ask_name="two"))
    late = harbour.now + timedelta(days=7, seconds=1)
    with (
        pytest.raises(Conflict, match="deadline"),
        scope(harbour.people.operator.viewer) as viewer,
    ):
        request_approve(request_id=request.pk, viewer=viewer, now=late)
    request_expire_due(late)
    assert harbour.fresh(request).state == "expired"
    assert harbour.fresh(decided).state == "approved"
    generation = harbour.fresh(request).generation
    request_expire_due(late)
    assert harbour.fresh(request).generation == generation


def _told() -> QuerySet[Notice]:
    return Notice.objects.filter(kind__startswith="request.").order_by("id")


def test_people_are_told_and_the_audit_keeps_it(harbour: Harbour) -> None:
    request = harbour.submitted()
    with scope(harbour.people.operator.viewer) as viewer:
        request_reject(
            request_id=request.pk, viewer=viewer, now=harbour.now, reason="Not this month"
        )
    with system():
        told = list(_told().values_list("kind", "user_id", "params__reason"))
        acts = list(
            AuditEntry.objects.filter(target_type="request").values_list("verb", "actor_label")
        )
    people = harbour.people
    assert told == [
        ("request.submitted", people.operator.user.pk, ""),
        ("request.rejected", people.alice.user.pk, "Not this month"),
    ]
    assert set(acts) == {
        ("request.draft", "alice"),
        ("request.submit", "alice"),
        ("request.reject", "operator"),
    }


def test_whoever_left_the_tenant_is_not_told(harbour: Harbour) -> None:
    request = harbour.submitted()
    with system():
        Membership.objects.filter(user=harbour.people.alice.user).delete()
    approve(harbour, request)
    with system():
        assert not _told().filter(user_id=harbour.people.alice.user.pk).exists()


def test_tenant_with_open_requests_is_not_archived(harbour: Harbour) -> None:
    harbour.submitted()
    with (
        pytest.raises(Refused) as caught,
        scope(harbour.people.operator.viewer) as viewer,
    ):
        tenant_archive(key="vision", viewer=viewer, now=harbour.now)
    assert (caught.value.refusal.rule, caught.value.refusal.now) == ("tenant.has-requests", 1)
