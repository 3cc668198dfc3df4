"""The status of Jobs: conditions, and indexes written as ranges."""

from __future__ import annotations

from simulator.objects import Object, now_text


def indexes_read(text: str) -> set[int]:
    """Indexes from "0-2,5"."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _dash, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def indexes_text(indexes: set[int]) -> str:
    """Indexes as "0,1" and "0-2,5": two neighbours are named, more are a range."""
    parts: list[str] = []
    ordered = sorted(indexes)
    start = 0
    for place in range(len(ordered)):
        if place + 1 < len(ordered) and ordered[place + 1] == ordered[place] + 1:
            continue
        run = ordered[start : place + 1]
        start = place + 1
        parts += [str(n) for n in run] if len(run) < 3 else [f"{run[0]}-{run[-1]}"]
    return ",".join(parts)


def set_condition(status: Object, kind: str, value: str, reason: str, message: str) -> None:
    """Set a condition; its times are now."""
    moment = now_text()
    made = {
        "type": kind,
        "status": value,
        "lastProbeTime": moment,
        "lastTransitionTime": moment,
        "reason": reason,
        "message": message,
    }
    conditions = status.setdefault("conditions", [])
    for index, condition in enumerate(conditions):
        if condition["type"] == kind:
            conditions[index] = made
            return
    conditions.append(made)


def add_condition(status: Object, kind: str, reason: str, message: str) -> None:
    """Set a condition that stays for good."""
    if not any(c["type"] == kind for c in status.get("conditions") or ()):
        set_condition(status, kind, "True", reason, message)


def is_suspended(status: Object) -> bool:
    """Whether the condition says so."""
    return any(
        c["type"] == "Suspended" and c["status"] == "True" for c in status.get("conditions") or ()
    )


def finished(job: Object) -> bool:
    """Whether a Job has come to its end."""
    return any(
        c["type"] in ("Complete", "Failed") and c["status"] == "True"
        for c in (job.get("status") or {}).get("conditions") or ()
    )
