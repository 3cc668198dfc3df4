"""The demonstration's shares over a fleet: made once, within capacity, usable at once."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from inventory.models import Cluster, Node, Pool
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Quota
from tenants.demo import TENANTS
from tenants.demo_pools import POOLS
from tenants.models import Tenant
from tests.scheduling.pages.seed import cluster_make

GIB = 1024**3
FLEET = (("NVIDIA-H100-80GB-HBM3", 10, 8), ("NVIDIA-A100-SXM4-40GB", 8, 8), ("", 12, 0))

pytestmark = pytest.mark.django_db


def divide(wait: float = 0) -> str:
    said = StringIO()
    call_command("demo_fleet", cluster=["bed"], wait=wait, stdout=said)
    return said.getvalue()


@pytest.fixture
def fleet(tmp_path: Path) -> Cluster:
    """The accounts, the catalogue and some nodes; no L40S."""
    call_command("demo_accounts", "--passwords", str(tmp_path / "p"), stdout=StringIO())
    call_command("device_catalogue", stdout=StringIO())
    now = timezone.now()
    with scope(Viewer.system("tests")):
        cluster = cluster_make("bed", seen=now)
        for product, count, devices in FLEET:
            for number in range(count):
                raw = {"cpu": 128_000, "memory": 1000 * GIB, "pods": 110}
                raw |= {"nvidia.com/gpu": devices} if devices else {}
                Node.objects.create(
                    cluster=cluster,
                    uid=f"{product}{number}",
                    name=f"n-{product}-{number}".lower(),
                    labels={"nvidia.com/gpu.product": product} if product else {},
                    raw_capacity=raw,
                    raw_allocatable=raw,
                    ready=True,
                    resource_version="1",
                    seen_at=now,
                )
    return cluster


def test_pools_and_quota_are_made_for_what_is_there_and_only_once(fleet: Cluster) -> None:
    assert "are made" in divide()
    with scope(Viewer.system("tests")):
        assert list(Pool.objects.values_list("name", flat=True)) == ["h100", "a100", "cpu"]
        vision = Quota.objects.get(tenant_key="vision", pool__name="h100", resource="h100")
        assert vision.guaranteed == 80 * 26 // 100
        assert Tenant.objects.get(key="aurora").auto_approve_limits["h100"]["h100"] == 1
        Quota.objects.filter(pk=vision.pk).update(guaranteed=21)
    assert "already" in divide()
    with scope(Viewer.system("tests")):
        vision.refresh_from_db()
        assert vision.guaranteed == 21


def test_without_nodes_it_says_what_to_do(db: None) -> None:
    with pytest.raises(CommandError, match="Look at what"):
        divide()


def test_the_shares_of_children_fit_their_parents() -> None:
    parents = {tenant.key: tenant.parent_key for tenant in TENANTS}
    for pool in POOLS:
        assert set(pool.shares) <= set(parents)
        for key, share in pool.shares.items():
            below = sum(pool.shares.get(k, 0) for k, parent in parents.items() if parent == key)
            assert below <= share, (pool.name, key)
