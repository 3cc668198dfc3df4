"""What the operators' home says of nodes that fell ill."""

from __future__ import annotations

from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Commitment
from tests.people import People
from tests.scheduling.pages.seed import Seed, node_make


def test_a_node_that_is_not_ready_is_named_only_while_something_stands_on_it(
    people: People, seed: Seed
) -> None:
    with scope(Viewer.system("tests")):
        for name in ("ams1-sick", "ams1-idle"):
            node_make(seed.cluster, seed.pools["h100"], name, {}, ready=False)
        for holder in ("allocation:1", "allocation:2"):
            for resource in ("cpu", "memory"):
                Commitment.objects.create(
                    holder=holder, tenant_key="vision", cluster=seed.cluster, resource=resource,
                    node_uid="uid-ams1-sick", node_name="ams1-sick", committed=1,
                )  # fmt: skip
    page = people.operator.client().get("/ops/").content.decode()
    assert "Node ams1-sick is not ready" in page
    assert "2 holders stand there" in page
    assert "ams1-idle" not in page
