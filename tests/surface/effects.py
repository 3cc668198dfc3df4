"""What a write did, so that two ways of doing the same can be compared; and each page's own way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from portal.models import AuditEntry, JobRun
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import QuotaNode
from tenants.models import UserPreference
from tests.scheduling.pages.seed import GIB
from tests.surface.calls import ROUTES
from tests.surface.code import Call
from tests.surface.kit import filled
from tests.surface.nasty import row_counts
from tests.surface.stage import Answer, Stage
from tests.surface.table import ROWS
from tests.surface.world import ALPHA

SYSTEM = Viewer.system("tests")
# REST keeps its answers and sessions their age, whatever was done.
KEPT = {"portal_idempotentanswer", "django_session"}
MADE = re.compile(r"\d{5,}")  # ids of what was made differ each time
# Where a page is not posted to itself.
ACTS = {
    "cluster_setup": "cluster_test",
    "member_page": "member_role",
    "queue_one": "queue_approve",
    "request_queue": "queue_approve",
    "user_page": "user_role",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """Rows that came and went by table, entries of the audit log, jobs, and one's own taste."""

    rows: dict[str, int]
    entries: list[dict[str, Any]]
    jobs: list[tuple[Any, ...]]
    preferences: list[dict[str, Any]]


def effect_of(stage: Stage, act: Callable[[], Answer]) -> tuple[Effect, Answer]:
    """What an act does; it is taken back."""
    with stage.kept():
        with scope(SYSTEM):
            last = [_last(model) for model in (AuditEntry, JobRun)]
        before = row_counts()
        answer = act()
        after = row_counts()
        with scope(SYSTEM):
            found = Effect(
                rows={
                    name: count - before[name]
                    for name, count in after.items()
                    if count != before[name] and name not in KEPT
                },
                entries=[_entry(entry) for entry in _since(AuditEntry, last[0])],
                jobs=[
                    (job.kind, MADE.sub("#", job.key), job.tenant_key)
                    for job in _since(JobRun, last[1])
                ],
                preferences=list(UserPreference.objects.order_by("pk").values()),
            )
    return found, answer


def page_act(stage: Stage, page: str, person: str, call: Call) -> Answer:
    """Do on a page what its call says."""
    row = ROWS[ACTS.get(page, page)]
    ids = stage.world.ids[ALPHA]
    if page in {"queue_one", "request_queue"}:
        ids = ids | {"waiting_request": MADE.findall(call.path)[0]}
    path = ROUTES[row.name].path({place: ids[what] for place, what in row.ids.items()})
    plain = {name: it for name, it in call.fields.items() if not isinstance(it, dict | list)}
    form = filled(row.send, ids) | plain | FORMS.get(page, lambda _stage, _call: {})(stage, call)
    sent = {name: value for name, value in form.items() if value is not None}
    return stage.ask(person, "POST", path, form=sent, keep=Answer.always)


def _quota_form(_stage: Stage, call: Call) -> dict[str, Any]:
    """The grid's cells; their names hold the id of the tenant's place in the tree."""
    form = {"act": "save", "why": call.fields["why"]}
    for edit in call.fields["edits"]:
        with scope(SYSTEM):
            node = QuotaNode.objects.get(tenant_key=edit["tenant"]).pk
        cell = f"{node}-{edit['resource']}"
        form[f"v-{cell}"] = _typed(edit["guaranteed"], edit["resource"])
        form[f"o-{cell}"] = f"{edit['generation']}|"
    return form


def _limits_form(_stage: Stage, call: Call) -> dict[str, Any]:
    limits = call.fields["auto_approve_limits"]
    return {
        f"{pool}--{resource}": _typed(amount, resource)
        for pool, amounts in limits.items()
        for resource, amount in amounts.items()
    }


def _typed(amount: int, resource: str) -> str:
    """An amount as people type it: cores and GiB."""
    return str(amount // {"cpu": 1000, "memory": GIB}.get(resource, 1))


# What a page calls otherwise than REST does, or writes as text.
FORMS: dict[str, Callable[[Stage, Call], dict[str, Any]]] = {
    "allocation_release": lambda _stage, call: {"why": call.fields["reason"]},
    "allocation_replace": lambda _stage, call: {"why": call.fields["reason"]},
    "device_type_new": lambda _stage, call: {"memory_gib": call.fields["memory_bytes"] // GIB},
    "mapping_new": lambda _stage, call: {
        "node_labels": "\n".join(f"{k}={v}" for k, v in call.fields["node_labels"].items()),
        "ordering": "100",
    },
    "pool_new": lambda _stage, call: {
        "selector": "\n".join(
            f"{term['key']} in ({', '.join(term['values'])})" for term in call.fields["selector"]
        )
    },
    "pool_page": lambda _stage, _call: {"name": "train", "selector": ""},
    "quota_grid": _quota_form,
    "settings": lambda _stage, _call: {"language": "-", "shortcuts": "on"},  # all boxes are sent
    "tenant_limits": _limits_form,
    "tenant_move": lambda _stage, call: {"parent": call.fields["parent"] or "-"},
    "tenant_new": lambda _stage, call: {"parent": call.fields["parent"] or "-"},
    "user_page": lambda _stage, call: {"role": call.fields["platform_role"]},
}


def _last(model: Any) -> int:
    return int(model.objects.aggregate(last=Max("pk"))["last"] or 0)


def _since(model: Any, last: int) -> Any:
    return model.objects.filter(pk__gt=last).order_by("pk")


def _entry(entry: AuditEntry) -> dict[str, Any]:
    made = entry.before is None and entry.after is not None
    return {
        "verb": entry.verb,
        "target": entry.target_type if made else f"{entry.target_type} {entry.target_id}",
        "tenant": entry.tenant_key,
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
    }
