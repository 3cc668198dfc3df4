"""What must be so after a storm, from SQL, the cluster's objects and the API server's own log.

Nothing here asks the code under test. Everything is read and every difference is named, so that a
failing storm says what went wrong.
"""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import F, Sum

from inventory.k8s.quantities import amounts_parse
from inventory.models import Node
from portal.models import JobRun
from portal.models.jobs import JobAttempt
from scheduling.models import Allocation, Commitment, NodeCommitment, Quota, QuotaLedger
from tests.scheduling.world import ledger_differences, system
from tests.storms.arena import ROOT, SHAPE, Arena, Trail

Object = dict[str, Any]
ACCOUNT = "system:serviceaccount:berth-system:berth"
CONTROLLER = "system:serviceaccount:kube-system:statefulset-controller"
WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
DONE = {"reserve", "bind", "release", "credit"}
SECONDS = 60.0
CREATED = 201


class Inexact(AssertionError):
    """What is differs from what must be."""


def settled(arena: Arena, held: list[Allocation], *, seconds: float = SECONDS) -> None:
    """Wait until everything is as it must be with just these allocations; raise Inexact if not.

    Only what the cluster does by itself is waited for; the log tells of what passed meanwhile.
    """
    ids = [allocation.pk for allocation in held]
    end = time.monotonic() + seconds
    while wrong := list(differences(arena, ids)):
        if time.monotonic() > end:
            raise Inexact("\n".join([*wrong[:40], *refusals(arena)]))
        time.sleep(0.25)
    wrong = list(log_differences(arena))
    if wrong:
        raise Inexact("\n".join(wrong[:40]))


def differences(arena: Arena, ids: list[int]) -> Iterator[str]:
    """Everything that is not as it must be now."""
    with system():
        rows = list(Allocation.objects.select_related("namespace").order_by("pk"))
        held = [row for row in rows if row.pk in set(ids)]
        yield from _states(rows, set(ids))
        yield from _counters(held)
        yield from _ledger(rows, set(ids))
        yield from _room(held)
    yield from _objects(arena, held)
    yield from _hard(arena, held)


def _states(rows: list[Allocation], ids: set[int]) -> Iterator[str]:
    for row in rows:
        wanted = "active" if row.pk in ids else "released"
        if row.state != wanted:
            yield f"{row.ref} is {row.state}, not {wanted}"
    for job in JobRun.objects.filter(key__startswith="allocation:").exclude(state="succeeded"):
        yield f"{job.ref} {job.kind} is {job.state}: {job.reason}"
    for attempt in JobAttempt.objects.filter(ended_as="crashed"):
        yield f"J-{attempt.job_id} crashed in its attempt {attempt.epoch}"


def _counters(held: list[Allocation]) -> Iterator[str]:
    tenants = Counter(allocation.tenant_key for allocation in held)
    tenants[ROOT] = len(held)
    for quota in Quota.objects.filter(resource__in=SHAPE):
        wanted = (0, SHAPE[quota.resource] * tenants[quota.tenant_key], 0)
        found = (quota.reserved, quota.bound, quota.releasing)
        if found != wanted:
            yield f"{quota.tenant_key} {quota.resource} is {found}, not {wanted}"


def _ledger(rows: list[Allocation], ids: set[int]) -> Iterator[str]:
    for row in ledger_differences():
        yield f"counter and ledger differ: {row}"
    moved: dict[str, set[str]] = defaultdict(set)
    for operation, direction in QuotaLedger.objects.values_list("operation", "direction"):
        moved[operation].add(direction)
    for row in rows:
        wanted = {"reserve", "bind"} if row.pk in ids else DONE
        if moved[row.ref] != wanted:
            yield f"{row.ref} moved {sorted(moved[row.ref])}, not {sorted(wanted)}"


def _room(held: list[Allocation]) -> Iterator[str]:
    wanted = {
        (allocation.holder, resource): amount
        for allocation in held
        for resource, amount in (SHAPE | {"pods": 1}).items()
    }
    sums = Commitment.objects.order_by().values("holder", "resource")
    found = {
        (row["holder"], row["resource"]): (row["committed"], row["bound"])
        for row in sums.annotate(committed=Sum("committed"), bound=Sum("bound"))
    }
    for key in sorted(wanted.keys() | found.keys()):
        amount = wanted.get(key, 0)
        if found.get(key, (0, 0)) != (amount, amount):
            yield f"{key} has (committed, bound) {found.get(key)}, not {amount} twice"
    there = set(Node.objects.filter(gone_at=None).values_list("uid", flat=True))
    parts = Commitment.objects.order_by().values("node_uid", "resource")
    by_node = {
        (row["node_uid"], row["resource"]): row["sum"]
        for row in parts.annotate(sum=Sum("committed"))
    }
    for node in NodeCommitment.objects.all():
        part = by_node.get((node.node_uid, node.resource), 0)
        lost = node.committed and node.node_uid not in there
        if node.committed != part or node.free < 0 or lost:
            yield f"{node} has {node.committed} committed in {part} parts, {node.free} free"
    for row in Commitment.objects.exclude(bound__lte=F("committed")):
        yield f"{row} is bound beyond what is committed"


def _objects(arena: Arena, held: list[Allocation]) -> Iterator[str]:
    sets = {
        f"{row.namespace.name}/{row.object_name}": row.object_uid for row in held if row.namespace
    }
    items = _items(arena, "apps/v1", "statefulsets")
    found = {_name(item): item["metadata"]["uid"] for item in items}
    if found != sets:
        yield f"StatefulSets {_unlike(found, sets)}"
    with system():
        nodes = dict(Commitment.objects.filter(resource="cpu").values_list("holder", "node_name"))
    pods = {
        f"{row.namespace.name}/{row.object_name}-0": ("Running", nodes.get(row.holder))
        for row in held
        if row.namespace
    }
    stand = {
        _name(pod): (pod["status"].get("phase"), pod["spec"].get("nodeName"))
        for pod in _items(arena, "v1", "pods")
        if not pod["metadata"].get("deletionTimestamp")
    }
    if stand != pods:
        yield f"pods {_unlike(stand, pods)}"


def _hard(arena: Arena, held: list[Allocation]) -> Iterator[str]:
    counts = Counter(row.namespace.name for row in held if row.namespace)
    for quota in _items(arena, "v1", "resourcequotas"):
        if quota["metadata"]["name"] != "berth":
            continue
        count = counts.pop(quota["metadata"]["namespace"], 0)
        for part in (quota["spec"], quota["status"]):
            hard = amounts_parse(part.get("hard"))
            found = {key: hard.get(f"requests.{key}") for key in SHAPE}
            wanted = {key: amount * count for key, amount in SHAPE.items()}
            if found != wanted:
                yield f"{_name(quota)} grants {found}, not {wanted}"
        used = amounts_parse(quota["status"].get("used"))
        if any(used.get(key, 0) > hard.get(key, 0) for key in hard):
            yield f"{_name(quota)} is used beyond what it grants: {used}"
    for namespace in counts:
        yield f"{namespace} has no quota"


def log_differences(arena: Arena) -> Iterator[str]:
    """What the API server's log says that must not have happened, as far as not yet read."""
    with system():
        rows = list(Allocation.objects.select_related("namespace"))
    spaces = {row.namespace.name for row in rows if row.namespace}
    names = {row.object_name for row in rows}
    trail = arena.trail
    for offset, event in arena.bed.read_audit_events(offset=trail.offset):
        trail.offset = offset
        if event["stage"] != "ResponseComplete" or event["verb"] not in WRITES:
            continue
        if event["user"]["username"] == CONTROLLER:
            trail.own.update(_pod_made(event))
        elif event["user"]["username"] == ACCOUNT:
            yield from _own_write(event, spaces, trail)
    for key, count in trail.made.items():
        if count != 1:
            yield f"{key} was made {count} times"
        if key.startswith("statefulsets/") and key.rpartition("/")[2] not in names:
            yield f"{key} belongs to no allocation"


def refusals(arena: Arena) -> list[str]:
    """The last calls that the cluster refused, for whoever reads a failure."""
    found = [
        f"{event['user']['username']} {event['verb']} {event['requestURI']}:"
        f" {event['responseStatus'].get('message', '')[:300]}"
        for _offset, event in arena.bed.read_audit_events()
        if event["responseStatus"]["code"] in (400, 401, 403, 422, 500)
    ]
    return found[-10:]


def _pod_made(event: Object) -> Iterator[str]:
    """The UID of a pod that the cluster made for an object of Berth's."""
    if event["verb"] == "create" and event["objectRef"]["resource"] == "pods" and _taken(event):
        yield event["responseObject"]["metadata"]["uid"]


def _own_write(event: Object, spaces: set[str], trail: Trail) -> Iterator[str]:
    ref, uri = event["objectRef"], event["requestURI"]
    is_space = ref["resource"] == "namespaces"
    space = ref.get("name" if is_space else "namespace")
    if event["verb"] == "create" and is_space:
        space = event["requestObject"]["metadata"]["name"]
    if space not in spaces:
        yield f"{event['verb']} {uri} is outside of Berth's namespaces"
    if re.search(r"[?&]force=(true|1)", uri):
        yield f"{event['verb']} {uri} forces"
    if _taken(event) and "dryRun" not in uri:
        yield from _landed_write(event, trail)


def _landed_write(event: Object, trail: Trail) -> Iterator[str]:
    ref, uri = event["objectRef"], event["requestURI"]
    if event["verb"] == "create":
        meta = event["responseObject"]["metadata"]
        trail.own.add(meta["uid"])
        trail.made[f"{ref['resource']}/{meta.get('namespace', '')}/{meta['name']}"] += 1
    elif event["verb"] == "delete":
        wanted = (event.get("requestObject") or {}).get("preconditions", {}).get("uid")
        if wanted not in trail.own:
            yield f"delete {uri} of {wanted}, which is not Berth's"
    elif event["verb"] == "patch":
        uid = event["responseObject"]["metadata"]["uid"]
        if event["responseStatus"]["code"] == CREATED:  # an apply makes what is not there
            trail.own.add(uid)
        elif uid not in trail.own:
            yield f"patch {uri} of {uid}, which is not Berth's"
    else:
        yield f"{event['verb']} {uri} is no way in which Berth writes"


def _taken(event: Object) -> bool:
    return bool(200 <= event["responseStatus"]["code"] < 300)


def _items(arena: Arena, version: str, kind: str) -> Iterator[Object]:
    prefix = "/api/v1" if version == "v1" else f"/apis/{version}"
    for item in arena.bed.client().get(f"{prefix}/{kind}")["items"]:
        if item["metadata"]["namespace"].startswith("berth-k"):
            yield item


def _name(item: Object) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"


def _unlike(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    every = sorted(found.keys() | wanted.keys())
    keys = [key for key in every if found.get(key) != wanted.get(key)]
    return "; ".join(f"{key} is {found.get(key)}, not {wanted.get(key)}" for key in keys[:8])
