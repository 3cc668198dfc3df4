"""What the watcher writes down of its readers, and where they go on from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from inventory.choices import FactKind
from inventory.k8s.messages import Listed
from inventory.models import Cluster
from inventory.watcher.inbox import Batch
from inventory.watcher.journal import Journal, Mark

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_reader_goes_on_with_its_version_and_the_age_of_its_last_list() -> None:
    cluster = Cluster.objects.create(name="one", title="One", server_url="https://one.example")
    journal = Journal(cluster.pk)
    assert journal.load(now=NOW)[FactKind.NODES] == Mark("", None)
    batch = Batch(FactKind.NODES)
    batch.add(Listed(FactKind.NODES, [], "7", planned=False))
    journal.note(batch, changed=0, now=NOW)
    journal.store(now=NOW, last=True)
    later = Journal(cluster.pk).load(now=NOW + timedelta(hours=5))
    assert later[FactKind.NODES] == Mark("7", 5 * 3600.0)
    assert later[FactKind.PODS] == Mark("", None)
    earlier = Journal(cluster.pk).load(now=NOW - timedelta(hours=5))
    assert earlier[FactKind.NODES] == Mark("7", 0.0)
