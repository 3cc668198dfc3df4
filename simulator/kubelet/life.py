"""What comes next in a pod's life: pure. The rules are those of the control plane bed
(deploy/testbed/stages), so that a pod behaves the same on both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from simulator.kubelet import resizing, statuses
from simulator.kubelet.command import bad_image, crashes, exit_code, run_seconds
from simulator.objects import Object, annotations_of, condition_of, time_parse

if TYPE_CHECKING:
    from simulator.core import Pace

PREFIX = "testbed.berth.dev/"
ENDED = ("Succeeded", "Failed")
Make = Callable[[Object, Object], Object]


@dataclass(frozen=True)
class Step:
    """One change: after `delay` seconds the status becomes `make(pod, node)`, or the pod goes."""

    name: str
    make: Make
    delay: float = 0.0
    event: tuple[str, str, str] | None = None
    removes: bool = False
    varies: bool = False


def _nothing(pod: Object, _node: Object) -> Object:
    return pod.get("status") or {}


def next_step(pod: Object, pace: Pace) -> Step | None:
    """The next thing that happens to a pod on a running node by itself."""
    notes, phase = annotations_of(pod), (pod.get("status") or {}).get("phase", "Pending")
    fault = notes.get(f"{PREFIX}fault", "")
    if pod["metadata"].get("deletionTimestamp"):
        return _ending(phase, fault, notes, pace)
    if phase == "Pending":
        return _starting(pod, fault, pace)
    if phase != "Running":
        return None
    return _running(pod, fault, pace)


def _ending(phase: str, fault: str, notes: dict[str, str], pace: Pace) -> Step | None:
    if fault == "stuck-terminating":
        return None
    if phase in ENDED:
        return Step("gone", _nothing, removes=True)
    delay = float(notes.get(f"{PREFIX}terminate-seconds") or pace.stop)
    event = ("Normal", "Killing", "Stopping containers")
    return Step(f"terminate after {delay}", statuses.terminated, delay, event)


def _starting(pod: Object, fault: str, pace: Pace) -> Step | None:
    if fault == "stuck-starting":
        return None
    waiting = statuses.waiting_reason(pod)
    if bad_image(pod):
        if not waiting or waiting == "ContainerCreating":
            event = ("Warning", "Failed", "Failed to pull image: not found")
            return Step("image error", statuses.image_error, pace.start, event)
        if waiting == "ErrImagePull":
            event = ("Warning", "BackOff", "Back-off pulling image")
            return Step("image back-off", statuses.image_backoff, pace.image, event)
        return None
    if pace.start and not waiting:
        return Step("creating", statuses.creating)
    event = ("Normal", "Started", "Started containers")
    return Step("start", statuses.started, pace.start, event, varies=True)


def _running(pod: Object, fault: str, pace: Pace) -> Step | None:
    waiting = statuses.waiting_reason(pod)
    ready = condition_of(pod, "Ready")
    wanted = "False" if fault == "not-ready" else "True"
    if not waiting and ready is not None and ready["status"] != wanted:
        return Step(f"ready {wanted}", statuses.readiness)
    change = resizing.next_change(pod)
    if change is not None:
        delay = pace.resize if change == "done" else 0.0
        event = resizing.EVENTS.get(change)
        return Step(f"resize {change}", resizing.MAKES[change], delay, event)
    seconds = run_seconds(pod)
    if seconds is None or waiting:
        return None
    delay = 0.0
    if seconds:
        began = time_parse(pod["status"]["startTime"])
        delay = seconds + 1 - (datetime.now(UTC) - began).total_seconds()
    if crashes(pod):
        event = ("Warning", "BackOff", "Back-off restarting failed container")
        return Step("crash", statuses.crashed, max(0.0, delay), event)
    make = statuses.succeeded if exit_code(pod) == 0 else statuses.failed
    return Step("end", make, max(0.0, delay))
