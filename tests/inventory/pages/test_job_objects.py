"""Jobs on clusters say which one, wherever they are shown."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from inventory import labels
from inventory.aftermath import pool_label_job_request
from inventory.models import Cluster
from inventory.services.clusters import cluster_test
from inventory.services.removal import cluster_remove
from inventory.services.tokens import tokens_request
from portal.jobs.words import job_object
from portal.models import JobRun
from portal.scope import scope
from portal.viewer import Viewer
from tests.inventory.pages.fleet import Fleet
from tests.people import People


def test_every_job_on_a_cluster_names_it(people: People, fleet: Fleet) -> None:
    now, cluster = timezone.now(), fleet.north
    with scope(Viewer.system("tests")) as viewer:
        life = {
            "credential_made_at": now - timedelta(days=9),
            "credential_expires_at": now + timedelta(minutes=1),
        }
        Cluster.objects.filter(pk=cluster.pk).update(**life, credential_user=labels.USERNAME)
        cluster_test(name="north", viewer=viewer)
        pool_label_job_request(cluster_id=cluster.pk)
        tokens_request(now)
        cluster_remove(name="north", viewer=viewer)
        jobs = list(JobRun.objects.filter(key__startswith=f"{cluster.job_key}:"))
        objects = {job.kind: job_object(job) for job in jobs}
    assert set(objects) == {"cluster.test", "pool.label", "cluster.token", "cluster.remove"}
    assert {found.label for found in objects.values() if found} == {"north"}
    client = people.operator.client()
    address = f"/ops/clusters/by-id/{cluster.pk}/"
    page = client.get(f"/jobs/{jobs[0].pk}/").content.decode()
    assert f'<a href="{address}">north</a>' in page
    assert client.get(address)["Location"].endswith("/ops/clusters/north/")


def test_a_job_of_an_older_version_leads_to_its_cluster_too(fleet: Fleet) -> None:
    found = job_object(JobRun(key=f"cluster:{fleet.south.pk}:test", args={}))
    assert found is not None
    assert found.url == f"/ops/clusters/by-id/{fleet.south.pk}/"
    assert job_object(JobRun(key="cluster", args={})) is None
