"""Pages of the inventory: who may open them, what they cost, what they change."""

from __future__ import annotations

import re

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import Cluster, DeviceMapping, Node, Pool
from portal.models import JobRun
from portal.scope import scope
from portal.viewer import Viewer
from tests.inventory.pages.fleet import GIB, Fleet, cluster_make, node_make, pod_make
from tests.inventory.pages.test_rest_clusters import BAD_FILES, TOKEN, kubeconfig, written
from tests.people import People

MOST_QUERIES = 12
CONTROL = re.compile(r"^(SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SELECT set_config)")
NAMES = ("operator", "auditor", "alice", "charlie")
ALL, EDIT = (200, 200, 403, 403), (200, 403, 403, 403)

PAGES = {
    "/ops/clusters/": ALL,
    "/ops/clusters/?search=north&state=connected": ALL,
    "/ops/clusters/new/": EDIT,
    "/ops/clusters/north/": ALL,
    "/ops/clusters/south/": ALL,
    "/ops/clusters/nothing/": (404, 404, 403, 403),
    "/ops/clusters/north/nodes/": ALL,
    "/ops/clusters/north/setup/": ALL,
    "/ops/clusters/north/edit/": EDIT,
    "/ops/clusters/north/rotate/": EDIT,
    "/ops/clusters/north/pause/": EDIT,
    "/ops/clusters/north/remove/": EDIT,
    "/ops/nodes/": ALL,
    "/ops/nodes/?cluster=north&pool=gpu&state=ready&device=h100-x&sort=-memory": ALL,
    "/ops/nodes/?cluster=elsewhere&pool=x&page=99&sort=nonsense": ALL,
    "/ops/nodes/north/north-gpu-0/": ALL,
    "/ops/nodes/south/north-gpu-0/": (404, 404, 403, 403),
    "/ops/pools/": ALL,
    "/ops/pools/new/": EDIT,
    "/ops/pools/gpu/": ALL,
    "/ops/pools/nothing/": (404, 404, 403, 403),
    "/ops/devices/types/": ALL,
    "/ops/devices/types/new/": EDIT,
    "/ops/devices/mappings/new/?key=a.b/c": EDIT,
}
OPEN = [page for page, seen in PAGES.items() if seen[0] == 200]


def queries_of(client: Client, page: str) -> list[str]:
    """Queries of a page that was open before, transaction control left out."""
    client.get(page)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return [q["sql"] for q in queries if not CONTROL.match(q["sql"])]


def test_pages_open_for_exactly_these_people(fleet: Fleet, people: People) -> None:
    clients = [getattr(people, name).client() for name in NAMES]
    found = {page: tuple(c.get(page).status_code for c in clients) for page in PAGES}
    assert found == PAGES


def test_signed_out_people_are_sent_to_the_door(db: None) -> None:
    for page in PAGES:
        answer = Client().get(page)
        assert answer.status_code == 302, page
        assert answer["Location"].startswith("/accounts/login/?next="), page


def test_queries_are_few_and_do_not_grow_with_rows(fleet: Fleet, people: People) -> None:
    client = people.operator.client()
    client.post("/ops/clusters/north/test/")
    before = {page: queries_of(client, page) for page in OPEN}
    with scope(Viewer.system("tests")):
        now = timezone.now()
        for number in range(6):
            cluster = cluster_make(f"more-{number}", now)
            node_make(cluster, f"n-{number}", now, devices=8, zone="a")
        for number in range(8):
            pod_make(fleet.north, "north-gpu-0", f"more-{number}", "vision", now)
            node_make(fleet.north, f"north-more-{number}", now, devices=8, zone="a")
    for page in OPEN:
        after = queries_of(client, page)
        assert len(after) <= MOST_QUERIES, "\n".join([page, *after])
        assert len(after) == len(before[page]), "\n".join([page, *after])


def test_pages_show_their_rest_call(fleet: Fleet, people: People) -> None:
    client = people.operator.client()
    for page in OPEN:
        body = client.get(page).content.decode()
        if "<!doctype" not in body.lower():
            continue  # a fragment of another page
        assert "$BERTH_URL/api/v1/" in body, page
        assert "$BERTH_TOKEN" in body, page
        assert TOKEN not in body
        assert "sealed-nonsense" not in body


def test_auditors_see_no_way_to_change(fleet: Fleet, people: People) -> None:
    client = people.auditor.client()
    for page, seen in PAGES.items():
        if seen[1] == 200:
            body = client.get(page).content.decode()
            posts = set(re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', body))
            assert not [url for url in posts if url.startswith("/ops/")], page
    for path in ("clusters/north/test", "clusters/north/resume", "pools/gpu/move"):
        assert client.post(f"/ops/{path}/").status_code == 403
    assert client.post("/ops/pools/gpu/", {"title": "x"}).status_code == 403
    assert client.post("/ops/pools/gpu/delete/").status_code == 403
    assert client.post("/ops/clusters/north/remove/", {}).status_code == 403


def test_cluster_page_says_what_will_not_work(fleet: Fleet, people: People) -> None:
    body = people.operator.client().get("/ops/clusters/north/").content.decode()
    assert "Services can&#x27;t be started or released." in body
    assert "create, patch, delete" in body
    assert "Close to having everything" in body
    assert "berth-open" in body
    silent = people.operator.client().get("/ops/clusters/south/").content.decode()
    assert "Numbers frozen." in silent
    assert "is-stale" in silent
    assert "Numbers frozen." not in body
    assert "as of" in silent
    assert "as of" not in body


def test_a_node_shows_every_amount_of_bytes_in_gib(fleet: Fleet, people: People) -> None:
    with scope(Viewer.system("tests")):
        found = Node.objects.get(name="north-gpu-0", cluster__name="north")
        sizes = {"hugepages-2Mi": GIB // 2, "hugepages-1Gi": 4 * GIB, "ephemeral-storage": 96 * GIB}
        found.capacity = found.allocatable = found.capacity | sizes
        found.save(update_fields=["capacity", "allocatable"])
    page = people.operator.client().get("/ops/nodes/north/north-gpu-0/").content.decode()
    shown = {"hugepages-2Mi": "0.5", "hugepages-1Gi": "4", "Ephemeral storage": "96"}
    for name, number in shown.items():
        row = re.search(rf"<td[^>]*>{name} (<span.*?)</tr>", page)
        assert row is not None, name
        assert re.findall(r' bytes">([\d.]+)</span>', row[1]) == [number, number, "0", number]
        assert row[1].startswith('<span class="b-unit">GiB</span></td>')


def test_a_node_of_which_nothing_can_be_used_has_no_rest(fleet: Fleet, people: People) -> None:
    client = people.operator.client()
    rests = {
        name: set(re.findall(r'data-label="Rest"><b>(.*?)</b></td>', client.get(page).text))
        for name, page in (
            ("ready", "/ops/nodes/north/north-gpu-0/"),
            ("cordoned", "/ops/nodes/north/north-cpu-0/"),
        )
    }
    assert rests["cordoned"] == {"–"}
    assert "–" not in rests["ready"]


def test_a_node_tells_what_pods_ask_and_its_first_labels(fleet: Fleet, people: People) -> None:
    with scope(Viewer.system("tests")):
        found = Node.objects.get(name="north-gpu-0", cluster__name="north")
        found.labels = found.labels | {f"a.b/{number}": "x" for number in range(12)}
        found.save(update_fields=["labels"])
    page = people.operator.client().get("/ops/nodes/north/north-gpu-0/").text
    pods = page[page.index("train-0") :]
    row = re.sub(r"<[^>]*>|\s+", " ", pods[: pods.index("</tr>")])
    assert re.search(r"8 cores *, +64 GiB *, +2 +(H100 SXM|h100-x)\b", row)
    labels = page[page.index('class="b-label-list"') :]
    assert labels[: labels.index("</dl>")].count("<dt>") == 8
    assert re.search(r"<b>More labels</b><span>6</span>", labels)
    assert page.index(">Kubelet<") < page.index('class="b-label-list"')


def test_cluster_is_registered_by_page(people: People) -> None:
    client = people.operator.client()
    sent = {"name": "east", "title": "East", "labels": "site=ams"}
    answer = client.post("/ops/clusters/new/", sent | {"kubeconfig": yaml.safe_dump(kubeconfig())})
    assert (answer.status_code, answer["Location"]) == (302, "/ops/clusters/east/setup/")
    with scope(Viewer.system("tests")):
        assert JobRun.objects.filter(kind="cluster.test").count() == 1
        assert Cluster.objects.get(name="east").labels == {"site": "ams"}
    page = client.get("/ops/clusters/east/setup/").content.decode()
    assert "Connect and compare rights" in page
    assert TOKEN not in page


@pytest.mark.parametrize("name", ["exec", "ca-file", "proxy", "anchors", "no-yaml", "long"])
def test_bad_kubeconfig_comes_back_with_a_sentence(people: People, name: str) -> None:
    before = written()
    answer = people.operator.client().post(
        "/ops/clusters/new/",
        {"name": "east", "title": "East", "labels": "", "kubeconfig": BAD_FILES[name]},
    )
    assert answer.status_code == 422
    assert 'href="#id_kubeconfig"' in answer.content.decode()
    assert written() == before


def test_stale_form_overwrites_nothing(fleet: Fleet, people: People) -> None:
    client = people.operator.client()
    sent = {"title": "First", "labels": "", "subject_template": "", "login": "", "generation": "1"}
    assert client.post("/ops/clusters/north/edit/", sent).status_code == 302
    late = client.post("/ops/clusters/north/edit/", sent | {"title": "Late"})
    assert late.status_code == 412
    assert Cluster.objects.get(name="north").title == "First"
    wrong = client.post("/ops/clusters/north/edit/", sent | {"login": "{", "generation": "2"})
    assert wrong.status_code == 422


def test_pause_resume_and_remove(fleet: Fleet, people: People) -> None:
    client = people.operator.client()
    assert client.post("/ops/clusters/north/pause/", {"reason": ""}).status_code == 422
    assert client.post("/ops/clusters/north/pause/", {"reason": "roof"}).status_code == 302
    assert "Paused by an operator." in client.get("/ops/clusters/north/").content.decode()
    assert client.post("/ops/clusters/north/resume/").status_code == 302
    wrong = {"reason": "sold", "confirm": "nort"}
    assert client.post("/ops/clusters/north/remove/", wrong).status_code == 422
    assert Cluster.objects.get(name="north").state == "pending"
    answer = client.post("/ops/clusters/north/remove/", wrong | {"confirm": "north"})
    assert answer["Location"].startswith("/jobs/")


def test_pools_are_made_moved_changed_and_deleted(fleet: Fleet, people: People) -> None:
    client = people.operator.client()
    sent = {"name": "b", "title": "B", "selector": "zone in (a, b)\n!spot", "tolerations": "gpu"}
    assert client.post("/ops/pools/new/", sent).status_code == 302
    made = Pool.objects.get(name="b")
    assert made.selector[1] == {"key": "spot", "operator": "DoesNotExist"}
    assert made.tolerations == [{"key": "gpu", "operator": "Exists"}]
    assert client.post("/ops/pools/b/move/", {"way": "up"}).status_code == 302
    assert list(Pool.objects.values_list("name", flat=True)) == ["gpu", "b", "rest"]
    wrong = client.post("/ops/pools/b/", {"title": "B", "selector": "zone in a, b"})
    assert wrong.status_code == 422
    assert "is no condition" in wrong.content.decode()
    changed = {"title": "Bee", "selector": "zone=b", "clusters": ["north"], "generation": "2"}
    assert client.post("/ops/pools/b/", changed).status_code == 302
    assert client.post("/ops/pools/b/", changed).status_code == 412
    assert client.post("/ops/pools/b/delete/").status_code == 302
    assert not Pool.objects.filter(name="b").exists()


def test_preview_counts_and_changes_nothing(fleet: Fleet, people: People) -> None:
    client = people.auditor.client()
    ask = "/ops/pools/preview/"
    shown = client.post(ask + "?pool=rest", {"selector": "", "title": ""}).content.decode()
    assert "1 node would belong to it" in shown
    assert "6 fit the conditions, 5 of them belong to an earlier pool." in shown
    shown = client.post(ask + "?pool=gpu", {"selector": "zone=b", "title": ""}).content.decode()
    assert "1 node comes from rest." in shown
    assert "5 nodes leave this pool." in shown
    shown = client.post(ask, {"selector": "a b c"}).content.decode()
    assert "is no condition" in shown
    shown = client.post(ask, {"selector": "berth.dev/pool=x"}).content.decode()
    assert "can&#x27;t be chosen by the label that Berth writes" in shown
    assert people.alice.client().post(ask, {"selector": ""}).status_code == 403


def test_devices_are_mapped(fleet: Fleet, people: People) -> None:
    client = people.operator.client()
    kind = {"name": "l4x", "title": "L4", "memory_gib": "24", "weight_milli": "1000"}
    assert client.post("/ops/devices/types/new/", kind).status_code == 302
    mapping = {"device_type": "l4x", "resource_key": "a.example/gpu", "ordering": "5"}
    made = client.post("/ops/devices/mappings/new/", mapping | {"node_labels": "zone=b"})
    assert made.status_code == 302
    again = client.post("/ops/devices/mappings/new/", mapping | {"node_labels": "zone=b"})
    assert again.status_code == 409
    wrong = client.post("/ops/devices/mappings/new/", mapping | {"node_labels": "zone"})
    assert wrong.status_code == 422
    found = DeviceMapping.objects.get(resource_key="a.example/gpu")
    assert client.post(f"/ops/devices/mappings/{found.pk}/delete/").status_code == 302
    assert not DeviceMapping.objects.filter(pk=found.pk).exists()
