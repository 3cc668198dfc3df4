"""A run that can't go on where it has to: the whole again, or its end (design, section 7).

With consent recorded in the request a Job of the next generation takes its place. Without, the
allocation fails and gives back what it holds.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils.translation import gettext_noop

from inventory.k8s.paths import ObjectRef
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Fail, Outcome, Reason, Wait
from scheduling.models import Allocation
from scheduling.services.allocations import allocation_release
from scheduling.services.clusters import cluster_id_of, node_names, space_of, writer_of
from scheduling.services.steps.apply import object_make
from scheduling.services.steps.common import POLL_SECONDS, load, mirror_follow

NO_CONSENT = Reason(
    "rerun",
    gettext_noop(
        "The run would have to begin again on other nodes, and the request did not consent to that."
    ),
)
AGAIN = gettext_noop("%(object)s can't go on elsewhere; the run begins again, as consented.")
PREDECESSOR = gettext_noop("Waiting for %(object)s to go, whose place another takes.")


def rerun(ctx: StepContext, allocation: Allocation, found: dict[str, Any]) -> Outcome:
    """Begin again where the request consented to that, else fail in words and give back."""
    if not allocation.consent.get("rerun"):
        with ctx.transaction():
            allocation_release(
                allocation=allocation,
                viewer=ctx.viewer,
                why=NO_CONSENT.code,
                reason=NO_CONSENT,
                fails=True,
            )
        return Fail(NO_CONSENT)
    name, uid = found["metadata"]["name"], found["metadata"]["uid"]
    with ctx.transaction():
        ctx.record(predecessor={"name": name, "uid": uid})
        Allocation.objects.filter(pk=allocation.pk, object_uid=uid).update(
            generation=F("generation") + 1, object_uid="", spec_hash=""
        )
        ctx.log("warn", AGAIN, object=name)
    return succeed(ctx, load(ctx), make=True)


def succeed(ctx: StepContext, allocation: Allocation, *, make: bool) -> Outcome:
    """Make the Job that takes the place; remove the one before, with its pods.

    Only `make` it where the allocation is not on its way out. The two may stand beside each other:
    the old one stands still, and its name carries another generation.
    """
    if make:
        object_make(ctx, allocation)
        mirror_follow(ctx, uid=load(ctx).object_uid)
    old = ctx.recorded["predecessor"]
    ref = ObjectRef("Job", old["name"], space_of(allocation).name)
    writer = writer_of(cluster_id_of(allocation))
    ctx.check()
    found = writer.get(ref)
    if found is None or found["metadata"]["uid"] != old["uid"]:
        return Done({"nodes": list(node_names(allocation))})
    ctx.check()
    writer.delete(ref, uid=old["uid"], propagation="Foreground")
    return Wait(Reason("predecessor", PREDECESSOR, {"object": old["name"]}), POLL_SECONDS)
