"""The jobs of the inventory: each step is safe to repeat."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from inventory.choices import ClusterState
from inventory.k8s.errors import ClusterError
from inventory.models import Cluster
from inventory.selectors.connections import cluster_get, connection_fingerprint, identity_check
from inventory.services import labelling, removal, testing, tokens
from portal.errors import BerthError
from portal.jobs import periodic, registry
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Fail, Outcome, Reason, Wait
from portal.jobs.registry import JobKind, Step
from portal.scope import scope
from portal.seal import SealUnavailable

TEST_TRIES = 3
TEST_RETRY_SECONDS = 5.0
CLOCK_SECONDS = 60.0

IN_USE = gettext_noop("The cluster can't be removed yet: %(why)s")
NOT_UNLABELLED = gettext_noop("The label berth.dev/pool stays on the nodes: %(why)s")
KNOWN_AS = gettext_noop("The cluster knows Berth as %(user)s.")
RENEWED = gettext_noop("The token holds until %(until)s.")
PAUSED = Reason("cancelled", gettext_noop("The cluster is paused."))
REPLACED = Reason(
    "connection-replaced",
    gettext_noop("The connection was replaced meanwhile; the new one is tested."),
)


def test_connect(ctx: StepContext) -> Outcome:
    """Reach the cluster and learn under which name it knows us."""
    with scope(ctx.viewer):
        cluster = cluster_get(_cluster_id(ctx))
        asked = testing.is_asked(ctx.job.pk)
    if cluster.state == ClusterState.PAUSED and not asked:
        return Fail(PAUSED)  # the clock asked before it was paused; resuming tests it
    tested = connection_fingerprint(cluster)
    try:
        ctx.check()
        client = testing.test_client(cluster=cluster)
        abilities = testing.abilities_probe(client=client)
        identity = identity_check(cluster=cluster, client=client)
        ctx.check()
        rights = testing.rights_compare(client=client)
    except ClusterError as error:
        return _test_failed(ctx, tested, error)
    with ctx.transaction():
        found = testing.findings_store(
            cluster_id=cluster.pk,
            fingerprint=tested,
            identity=identity,
            abilities=abilities,
            rights=rights,
            asked=asked,
            now=ctx.now(),
        )
        if found is None:
            return Wait(REPLACED, 0.0)
        ctx.log("ok", KNOWN_AS, user=rights.user)
    return Done(found)


def _test_failed(ctx: StepContext, tested: str, error: ClusterError) -> Outcome:
    """A test is an answer: it says what is wrong at once, and gives up soon."""
    with ctx.transaction():
        kept = testing.failure_store(
            cluster_id=_cluster_id(ctx), fingerprint=tested, error=error, now=ctx.now()
        )
    if not kept:
        return Wait(REPLACED, 0.0)
    reason = Reason(error.code, gettext_noop("%(message)s"), {"message": str(error.message)})
    if error.permanent or error.needs_person or ctx.step.attempts >= TEST_TRIES:
        return Fail(reason)
    return Wait(reason, TEST_RETRY_SECONDS)


def token_renew(ctx: StepContext) -> Outcome:
    """Get a new token and seal it; one that was got and not sealed simply runs out."""
    with scope(ctx.viewer):
        cluster = cluster_get(_cluster_id(ctx))
    if not tokens.token_is_due(cluster, now=ctx.now()):
        return Done({"renewed": False})
    read = connection_fingerprint(cluster)
    ctx.check()
    try:
        new = tokens.token_renew(cluster=cluster)
    except ClusterError as error:
        _token_refused(ctx, cluster, error)
        raise
    with ctx.transaction():
        stored = tokens.token_store(cluster=cluster, fingerprint=read, new=new)
        if stored:
            ctx.log("ok", RENEWED, until=new.expires_at.isoformat(timespec="seconds"))
    return Done({"renewed": stored})


def _token_refused(ctx: StepContext, cluster: Cluster, error: ClusterError) -> None:
    """Tell the operators of the first refusal; those after it tell nobody anything new."""
    if not error.permanent or error.needs_person or ctx.recorded.get("told"):
        return
    with ctx.transaction():
        tokens.refusal_tell(cluster=cluster, error=error)
        ctx.record(told=True)


def pool_label(ctx: StepContext) -> Outcome:
    """Write the pool's name on every node that lacks it.

    Looks again until nothing new is found: nodes come meanwhile, and asking for this job while it
    runs asks for nothing. The mirror shows a label only a moment after it was written.
    """
    written: set[labelling.Relabel] = set()
    while True:
        with scope(ctx.viewer):
            found = labelling.nodes_to_label(cluster_id=_cluster_id(ctx))
        todo = [relabel for relabel in found if relabel not in written]
        if not todo:
            return Done({"labelled": len(written)})
        _relabel(ctx, todo)
        written.update(todo)


def _relabel(ctx: StepContext, todo: list[labelling.Relabel]) -> int:
    for done, relabel in enumerate(todo):
        ctx.check()
        labelling.node_label(cluster_id=_cluster_id(ctx), relabel=relabel)
        if done % 20 == 19:
            ctx.progress(done=done + 1, total=len(todo))
    return len(todo)


def remove_check(ctx: StepContext) -> Outcome:
    """Look again whether something of a tenant stands there."""
    with scope(ctx.viewer):
        blockers = removal.removal_blockers(cluster_id=_cluster_id(ctx))
    if blockers:
        return Fail(_in_use(blockers))
    return Done()


def _in_use(blockers: list[str]) -> Reason:
    return Reason("cluster-in-use", IN_USE, {"why": " ".join(blockers)})


def remove_unlabel(ctx: StepContext) -> Outcome:
    """Take Berth's label off the nodes as far as the cluster can still be reached."""
    with scope(ctx.viewer):
        todo = labelling.nodes_to_unlabel(cluster_id=_cluster_id(ctx))
    try:
        return Done({"unlabelled": _relabel(ctx, todo)})
    except SealUnavailable:
        raise  # another worker has the key
    except BerthError as error:
        ctx.log("warn", NOT_UNLABELLED, why=str(error.message))
        return Done({"unlabelled": 0})


def remove_wipe(ctx: StepContext) -> Outcome:
    """Forget the credential and the mirror, unless something has come to stand there since."""
    with ctx.transaction():
        blockers = removal.removal_blockers(cluster_id=_cluster_id(ctx))
        if not blockers:
            removal.cluster_wipe(cluster_id=_cluster_id(ctx))
            return Done()
    return Fail(_in_use(blockers))


def remove_undo(ctx: StepContext) -> Outcome:
    """A cluster that can't be removed is watched again, unless it was paused."""
    with ctx.transaction():
        undone = removal.cluster_keep(cluster_id=_cluster_id(ctx), was=str(ctx.args.get("was", "")))
    return Done({"undid": undone})


def _cluster_id(ctx: StepContext) -> int:
    args: dict[str, Any] = ctx.args
    return int(args["cluster_id"])


KINDS = (
    JobKind(
        name="cluster.test",
        title=_("Test the connection to a cluster"),
        queue="sync",
        steps=(Step("connect", test_connect, title=_("Connect and compare rights")),),
        verb="cluster.edit",
        cancellable=True,
    ),
    JobKind(
        name="cluster.token",
        title=_("Renew Berth's token"),
        queue="sync",
        steps=(Step("renew", token_renew, title=_("Renew the token")),),
    ),
    JobKind(
        name="pool.label",
        title=_("Label nodes with their pool"),
        queue="apply",
        steps=(Step("label", pool_label, title=_("Label the nodes")),),
    ),
    JobKind(
        name="cluster.remove",
        title=_("Remove a cluster"),
        queue="apply",
        steps=(
            Step("check", remove_check, title=_("Check that nothing is left")),
            Step("unlabel", remove_unlabel, title=_("Take the labels off the nodes")),
            Step("wipe", remove_wipe, title=_("Forget credential and mirror")),
        ),
        undo_steps=(Step("restore", remove_undo, title=_("Keep the cluster")),),
        verb="cluster.edit",
    ),
)


def kinds_register() -> None:
    """Make the kinds and the clock's work known; called once, from `ready`."""
    for kind in KINDS:
        registry.register(kind)
    for name, run in (
        ("cluster-tests", testing.tests_request),
        ("cluster-tokens", tokens.tokens_request),
        ("pool-labels", labelling.labels_request),
    ):
        periodic.register(name=name, every_seconds=CLOCK_SECONDS, run=run)
