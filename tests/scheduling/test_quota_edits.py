"""What an edit of quota has to name, checked by the service itself for every caller."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.models import DeviceType
from portal.errors import Invalid, NotFound
from scheduling.models import Quota, QuotaChange
from scheduling.services.quota import QuotaEdit, quota_set
from tests.people import People
from tests.scheduling.pages.seed import H100, Seed, seed_make
from tests.scheduling.world import system


@pytest.fixture
def seed(people: People) -> Seed:
    """Pools with nodes and numbers, and a device type that stands nowhere."""
    made = seed_make()
    DeviceType.objects.create(name="b200", title="B200")
    return made


def edit(**changes: Any) -> QuotaEdit:
    """A right edit of vision, but for what the test changes."""
    values = {"tenant_key": "vision", "pool": "h100", "resource": H100, "guaranteed": 15}
    return QuotaEdit(**(values | changes))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"resource": "bananas"}, "edits.1.resource"),
        ({"resource": "nvidia.com/gpu"}, "edits.1.resource"),
        ({"resource": "b200"}, "edits.1.resource"),
        ({"resource": ""}, "edits.1.resource"),
        ({"pool": "nowhere"}, "edits.1.pool"),
        ({"resource": "cpu", "guaranteed": -1}, "edits.1.guaranteed"),
        ({"resource": "cpu", "guaranteed": 10**18}, "edits.1.guaranteed"),
        ({"resource": "cpu", "guaranteed": 2**53}, "edits.1.guaranteed"),
        ({"resource": "cpu", "guaranteed": 1.5}, "edits.1.guaranteed"),
        ({"resource": "cpu", "guaranteed": "15"}, "edits.1.guaranteed"),
        ({"resource": "cpu", "guaranteed": True}, "edits.1.guaranteed"),
        ({"resource": "cpu", "guaranteed": None}, "edits.1.guaranteed"),
        ({}, "edits.1"),
    ],
)
def test_a_wrong_edit_is_named_and_nothing_is_set(
    seed: Seed, wrong: dict[str, Any], field: str
) -> None:
    with system() as viewer:
        before = (Quota.objects.count(), QuotaChange.objects.count())
        with pytest.raises(Invalid) as refused:
            quota_set(edits=[edit(), edit(**wrong)], why="tests", viewer=viewer)
        assert list(refused.value.fields) == [field]
        assert (Quota.objects.count(), QuotaChange.objects.count()) == before


def test_several_problems_are_told_at_once(seed: Seed) -> None:
    edits = [edit(resource="bananas", guaranteed=-1), edit(pool="nowhere")]
    with system() as viewer, pytest.raises(Invalid) as refused:
        quota_set(edits=edits, why="tests", viewer=viewer)
    assert set(refused.value.fields) == {
        "edits.0.resource",
        "edits.0.guaranteed",
        "edits.1.pool",
    }


def test_an_unknown_tenant_is_not_found(seed: Seed) -> None:
    with system() as viewer, pytest.raises(NotFound):
        quota_set(edits=[edit(tenant_key="nobody")], why="tests", viewer=viewer)


def test_a_number_whose_devices_have_left_can_still_be_lowered(seed: Seed) -> None:
    with system() as viewer:
        seed.pools["h100"].nodes.all().update(pool=None)
        (quota,) = quota_set(edits=[edit()], why="tests", viewer=viewer)
    assert quota.guaranteed == 15
