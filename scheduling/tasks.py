"""The kinds of job that scheduling knows: which steps, in which order, and how to undo them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.jobs import registry
from portal.jobs.registry import JobKind, Step
from scheduling.services.allocations import CREATE, RELEASE, REPLACE
from scheduling.services.drift import RESTORE, SPACE_RESTORE
from scheduling.services.furniture import LOOK
from scheduling.services.patrol import ORPHAN
from scheduling.services.steps import (
    apply,
    drain,
    furnish,
    mend,
    place,
    release,
    replace,
    repoint,
    widen,
)

ALLOCATION_CREATE = JobKind(
    name=CREATE,
    title=_("Create allocation"),
    version=3,
    queue="place",
    cancellable=True,
    instead=_(
        "This is not tried again. Release the allocation if it still holds something, and ask"
        " again in a new request."
    ),
    steps=(
        Step("validate", place.validate, _("Validate")),
        Step("place", place.place, _("Place")),
        Step("widen", widen.widen, _("Widen")),
        Step("apply", apply.apply, _("Apply")),
        Step("confirm", apply.confirm, _("Confirm")),
    ),
    undo_steps=(
        Step("quiet", release.quiet, _("Wait for others")),
        Step("withdraw", release.withdraw, _("Withdraw")),
        Step("vanish", release.vanish, _("Pods gone")),
        Step("narrow", widen.narrow, _("Narrow")),
        Step("drain", drain.drain, _("Drain"), version=2),
        Step("cancel", release.cancel, _("Give back")),
    ),
)
ALLOCATION_RELEASE = JobKind(
    name=RELEASE,
    title=_("Release allocation"),
    queue="apply",
    must_end=True,
    steps=(
        Step("begin", release.begin, _("Begin")),
        Step("withdraw", release.withdraw, _("Delete")),
        Step("vanish", release.vanish, _("Pods gone")),
        Step("narrow", widen.narrow, _("Narrow")),
        Step("drain", drain.drain, _("Drain"), version=2),
        Step("credit", release.credit, _("Credit")),
    ),
)
ALLOCATION_REPLACE = JobKind(
    name=REPLACE,
    title=_("Place allocation again"),
    queue="place",
    steps=(
        Step("choose", replace.choose, _("Choose nodes")),
        Step("patch", repoint.patch, _("Patch"), version=2),
        Step("evict", repoint.evict, _("Delete pods")),
        Step("settle", replace.settle, _("Confirm")),
    ),
)

ALLOCATION_RESTORE = JobKind(
    name=RESTORE,
    title=_("Restore what Berth wrote"),
    queue="apply",
    steps=(
        Step("mend", mend.mend, _("Restore")),
        Step("settle", replace.settle, _("Confirm")),
    ),
)
OBJECT_SWEEP = JobKind(
    name=ORPHAN,
    title=_("Remove a left-over object"),
    queue="apply",
    steps=(Step("sweep", mend.sweep, _("Remove")),),
)
NAMESPACE_LOOK = JobKind(
    name=LOOK,
    title=_("Compare what stands in namespaces"),
    queue="sync",
    routine=True,
    steps=(Step("look", furnish.look, _("Compare")),),
)
NAMESPACE_RESTORE = JobKind(
    name=SPACE_RESTORE,
    title=_("Put back what Berth wrote in a namespace"),
    queue="apply",
    steps=(Step("put-back", furnish.put_back, _("Put back")),),
)
KINDS = (
    ALLOCATION_CREATE,
    ALLOCATION_RELEASE,
    ALLOCATION_REPLACE,
    ALLOCATION_RESTORE,
    OBJECT_SWEEP,
    NAMESPACE_LOOK,
    NAMESPACE_RESTORE,
)


def kinds_register() -> None:
    """Make them known; called from `ready`."""
    for kind in KINDS:
        registry.register(kind)
