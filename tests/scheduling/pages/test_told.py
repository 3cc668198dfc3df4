"""What pages tell of nodes, of an allocation's life and of what a job waits for."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.choices import ClusterState
from inventory.models import Cluster
from portal.jobs.shown import queued_words
from portal.models.jobs import JobRun, JobState
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.choices import AllocationState
from scheduling.models import Allocation
from tests.people import People
from tests.scheduling.pages.seed import Seed

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_list_of_nodes_names_every_cluster_and_says_one_thing_of_a_node(
    people: People, seed: Seed
) -> None:
    client = people.operator.client()
    body = client.get("/ops/nodes/?per_page=25&sort=-name").text
    chips = body[: body.index("b-filters")]
    assert "ams-1 <rel-time" in chips
    assert "lab-3 <rel-time" in chips
    assert "lab-3 is silent." in body
    assert "ams-1 <rel-time" not in client.get("/ops/nodes/?cluster=lab-3").text
    lost = client.get("/ops/nodes/?search=lab3-a100-2").text
    assert re.search(r'<b>0</b> <span class="b-of">/ <data[^>]*><b>96</b>', lost)
    page = client.get("/ops/nodes/lab-3/lab3-a100-2/").text
    assert re.search(r"<b>0</b> <small>/ 4</small>", page)
    assert re.search(r'b-kpi-value">0 <small>/ [\d.]+ cores', page)


def test_no_node_of_a_cluster_that_is_away_is_called_ready(people: People, seed: Seed) -> None:
    """Nor does the chip of a lost cluster look fresh while its last sign of life is young."""
    client = people.operator.client()
    pages = ("/ops/nodes/?cluster=ams-1", "/ops/nodes/ams-1/ams1-h100-01/", "/ops/clusters/ams-1/")
    ready = "</svg>Ready<"
    before = [client.get(page).text for page in pages]
    with scope(Viewer.system("tests")):
        Cluster.objects.filter(name="ams-1").update(
            state=ClusterState.UNREACHABLE, last_contact_at=timezone.now()
        )
    after = [client.get(page).text for page in pages]
    assert [ready in text for text in before] == [True, True, False]
    assert [ready in text for text in after] == [False, False, False]
    assert "</svg>Not reported<" in after[0]
    assert "</svg>Not reported<" in after[1]
    assert 'class="is-stale' in after[0]
    assert "Numbers frozen." in after[1]
    assert "b-fresh-gone" not in before[0]
    for text in after:
        head = text[: text.index("b-stack", text.index("b-head"))]
        assert "b-fresh-gone" in head
    lists = client.get("/ops/clusters/?search=ams-1").text, client.get("/ops/").text
    for text in lists:
        row = text[text.index('class="b-name" href="/ops/clusters/ams-1/"') :]
        assert "b-fresh-gone" in row[: row.index("</tr>")]


def test_an_allocation_tells_when_it_became_active_and_how_it_ended(
    people: People, seed: Seed
) -> None:
    client = people.alice.client()

    def story() -> list[str]:
        acts = client.get(f"/t/vision/allocations/{seed.active.pk}/").context["acts"]
        return [str(act["text"]) for act in acts]

    assert "Became active" in story()
    with scope(Viewer.system("tests")):
        ended = {"state": AllocationState.RELEASED, "released_at": timezone.now()}
        Allocation.objects.filter(pk=seed.active.pk).update(**ended)
    assert story()[0] == "Released"
    with scope(Viewer.system("tests")):
        Allocation.objects.filter(pk=seed.active.pk).update(state=AllocationState.FAILED)
    assert story()[0] == "Failed"


def test_a_queued_job_says_what_it_waits_for() -> None:
    now = timezone.now()
    job = JobRun(state=JobState.QUEUED, due_at=now + timedelta(hours=1))
    assert queued_words(job).startswith("Starts ")
    job.due_at = now - timedelta(seconds=1)
    assert queued_words(job) == "Waits for its turn"
    job.state = JobState.RUNNING
    assert queued_words(job) == ""
