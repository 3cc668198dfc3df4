"""The operators' quota grid: tree by resources, one pool at a time; check, then save."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inventory.models import Pool
from portal.errors import BerthError, Conflict, Invalid, NotFound, PreconditionFailed, Refused
from portal.pages import verb_required, viewer_of
from portal.refusal import Refusal
from portal.ui.shell import titles_of
from portal.ui.tables import rows_page
from portal.viewer import Viewer, authorize
from scheduling.forms import GridEdits, grid_read
from scheduling.gridshown import Effect, effect_of, grid_shown
from scheduling.models import QuotaLedger
from scheduling.selectors.allocation_list import allocations_visible
from scheduling.selectors.quota_grid import Grid, quota_grid
from scheduling.selectors.quota_own import quota_changes, quota_get
from scheduling.services.quota import quota_set
from scheduling.words import MOVES


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a try: the effect, or why not, with the status to answer.

    `why` says what is wrong with the reason, beside its field.
    """

    effect: Effect | None = None
    refusal: Refusal | None = None
    problems: list[str] = field(default_factory=list)
    status: int = 200
    why: str = ""


@require_http_methods(["GET", "POST"])
@verb_required("quota.view")
def quota_grid_page(request: HttpRequest) -> HttpResponseBase:
    """The grid; posted with act=check it says what would change, with act=save it changes it."""
    viewer = viewer_of(request)
    pools = list(Pool.objects.all())
    if not pools:
        context = {"may_make": viewer.can("pool.edit")}
        return render(request, "scheduling/quota_empty.html", context)
    pool = _chosen(request.GET.get("pool", ""), pools)
    grid = quota_grid(pool=pool, viewer=viewer)
    if request.method == "GET":
        return _page(request, pools, grid, GridEdits([], {}, {}, ""), Trial())
    authorize(viewer=viewer, verb="quota.edit")
    edits = grid_read(request.POST, grid)
    save = request.POST.get("act") == "save"
    trial = _tried(grid, edits, viewer, save=save)
    if save and trial.status == 200:
        count = len(edits.edits)
        words = ngettext("%(count)s number changed.", "%(count)s numbers changed.", count)
        messages.success(request, words % {"count": count})
        return redirect(request.get_full_path())
    return _page(request, pools, grid, edits, trial)


@require_POST
@verb_required("quota.edit")
def quota_effect_part(request: HttpRequest) -> HttpResponseBase:
    """What the typed numbers would do: run through the real service and rolled back.

    Whatever is in their way is an answer to show beside the form, hence 422 also for a conflict.
    """
    viewer = viewer_of(request)
    pools = list(Pool.objects.all())
    grid = quota_grid(pool=_chosen(request.GET.get("pool", ""), pools), viewer=viewer)
    edits = grid_read(request.POST, grid)
    trial = _tried(grid, edits, viewer, save=False)
    context = {"trial": trial, "edits": edits, "grid": grid}
    status = 200 if trial.status == 200 else 422
    return render(request, "scheduling/_grid_effect.html", context, status=status)


@require_GET
@verb_required("quota.view")
def quota_history_page(request: HttpRequest, quota_id: int) -> HttpResponseBase:
    """One number: who set it when and why, and every move of what is allocated of it."""
    viewer = viewer_of(request)
    quota = quota_get(quota_id=quota_id, viewer=viewer)
    changes = quota_changes(tenant_key=quota.tenant_key, viewer=viewer).filter(quota=quota)
    moved = allocations_visible(viewer=viewer).filter(pk=OuterRef("allocation_id")).order_by()
    ledger = (  # what moved may be of a tenant below
        QuotaLedger.objects.filter(quota=quota)
        .annotate(holder=Subquery(moved.values("tenant_key")[:1]))
        .order_by("-id")
    )
    moves = rows_page(ledger, request=request, param="moves")
    titles = titles_of(viewer, [quota.tenant_key])
    context = {
        "quota": quota,
        "changes": rows_page(changes, request=request),
        "moves": moves,
        "ledger": [_move_shown(move) for move in moves],
        "tenant_title": titles.get(quota.tenant_key, quota.tenant_key),
        "grid_url": (grid := f"{reverse('quota_grid')}?pool={quota.pool.name}"),
        "may_edit": viewer.can("quota.edit"),
        "crumbs": [(_("Quota"), grid)],
    }
    return render(request, "scheduling/quota_history.html", context)


def _move_shown(move: QuotaLedger) -> tuple[QuotaLedger, Any, str]:
    """A move in words, with the address of what moved."""
    holder = getattr(move, "holder", None)
    url = reverse("allocation_page", args=[holder, move.allocation_id]) if holder else ""
    return move, MOVES.get(move.direction, move.direction), url


def _tried(grid: Grid, edits: GridEdits, viewer: Viewer, *, save: bool) -> Trial:
    """Set, and unless it is to stay, take it back."""
    if edits.errors:
        return Trial(problems=sorted(set(edits.errors.values())), status=422)
    if not edits.edits:
        return Trial(problems=[_("Nothing is changed yet.")], status=422 if save else 200)
    if save and not edits.why:  # what the numbers would do is said all the same
        said = _("Say why: the reason stands in the history.")
        return replace(_tried(grid, edits, viewer, save=False), why=said, status=422)
    try:
        with transaction.atomic():
            quota_set(edits=edits.edits, why=edits.why, viewer=viewer)
            after = quota_grid(pool=grid.pool, viewer=viewer)
            if not save:
                transaction.set_rollback(True)
    except Refused as refused:
        return Trial(refusal=refused.refusal, status=422)
    except Invalid as invalid:
        return Trial(
            problems=[str(t) for texts in invalid.fields.values() for t in texts], status=422
        )
    except (Conflict, PreconditionFailed) as error:
        return _unfit(error)
    return Trial(effect=effect_of(grid, after))


def _unfit(error: BerthError) -> Trial:
    return Trial(problems=[str(error)], status=error.status)


def _page(
    request: HttpRequest, pools: list[Pool], grid: Grid, edits: GridEdits, trial: Trial
) -> HttpResponseBase:
    viewer = viewer_of(request)
    may_edit = viewer.can("quota.edit")
    page = rows_page(grid.rows, request=request)
    shown = replace(grid, rows=list(page.object_list))
    titles = titles_of(viewer, [row.tenant_key for row in shown.rows])
    address = reverse("quota_grid")
    context: dict[str, Any] = {
        "grid": grid,
        "shown": grid_shown(shown, edits, titles),
        "page": page,
        "edits": edits,
        "trial": trial,
        "may_edit": may_edit,
        "pool_choices": [
            (pool.title, f"{address}?pool={pool.name}", pool.pk == grid.pool.pk) for pool in pools
        ],
        "effect_url": f"{reverse('quota_effect')}?pool={grid.pool.name}",
        "example": _example(grid),
    }
    return render(request, "scheduling/quota_grid.html", context, status=trial.status)


def _example(grid: Grid) -> str:
    """The body of a REST call that gives the first tenant of the grid a little more."""
    resource = "cpu" if "cpu" in grid.resources or not grid.resources else grid.resources[0]
    row = grid.rows[0] if grid.rows else None
    cell = row.cells.get(resource) if row else None
    edit = {
        "tenant": row.tenant_key if row else "vision",
        "pool": grid.pool.name,
        "resource": resource,
        "guaranteed": (cell.guaranteed if cell else 0) + (1000 if resource == "cpu" else 1),
        "generation": (cell.generation or None) if cell else None,
    }
    return json.dumps({"why": "Q4", "edits": [edit]})


def _chosen(name: str, pools: list[Pool]) -> Pool:
    if not name and pools:
        return pools[0]
    found = next((pool for pool in pools if pool.name == name), None)
    if found is None:
        raise NotFound
    return found
