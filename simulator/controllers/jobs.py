"""Jobs: runs to completion, counted and replaced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.api.errors import StatusError
from simulator.controllers.actor import Actor, controller_user
from simulator.controllers.job_status import (
    add_condition,
    finished,
    indexes_read,
    indexes_text,
    is_suspended,
    set_condition,
)
from simulator.controllers.loop import Loop
from simulator.controllers.pods import (
    from_template,
    is_ended,
    is_leaving,
    is_ready,
    owner_key,
    pods_of,
)
from simulator.kinds.registry import kind_named
from simulator.objects import Object, clone, labels_of, now_text, random_suffix, time_parse

if TYPE_CHECKING:
    from simulator.core import Core

COMPONENT = "job-controller"
INDEX = "batch.kubernetes.io/job-completion-index"
TRACKING = "batch.kubernetes.io/job-tracking"
LIMIT = "Job has reached the specified backoff limit"
REACHED = "Reached expected number of succeeded pods"


class Jobs(Loop):
    """One loop over all Jobs."""

    name = COMPONENT

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._actor = Actor(core, controller_user(COMPONENT))
        self._kind = kind_named("Job")

    def begin(self) -> None:
        """Listen to Jobs and their pods."""
        self.listen(self._kind.key, lambda event: event.stored.key)
        self.core.store.listen("pods", self._hear_pod)

    def _hear_pod(self, event: object) -> None:
        key = owner_key("Job", event)  # type: ignore[arg-type]
        if key is not None:
            self.add(key)

    def sync(self, key: Any) -> None:
        """Bring one Job nearer to its end."""
        namespace, name = key
        stored = self.core.store.get(self._kind.key, namespace, name)
        if stored is None:
            self._free(namespace, name)
            return
        job = stored.obj
        pods = [s.obj for s in pods_of(self.core.store, job)]
        if finished(job) or job["metadata"].get("deletionTimestamp"):
            self._release([pod for pod in pods if is_ended(pod) or finished(job)])
            self._expire(job, key)
            return
        status = clone(job.get("status") or {})
        self._count(job, pods, status)
        failure = self._act(job, pods, status)
        self._measure(job, status)
        self._actor.set_status("Job", job, status)
        self._release([pod for pod in pods if is_ended(pod)])
        if failure is not None:
            raise failure

    def _count(self, job: Object, pods: list[Object], status: Object) -> None:
        """Count the pods that have come to an end and were not counted before."""
        done = indexes_read(status.get("completedIndexes", ""))
        counted: Counter[str] = Counter()
        for pod in pods:
            if TRACKING not in (pod["metadata"].get("finalizers") or ()) or not is_ended(pod):
                continue
            phase = pod["status"]["phase"]
            if phase == "Failed" and job["spec"].get("suspend") and is_leaving(pod):
                continue  # taken away by the suspension: no failure of its own
            counted[phase] += 1
            if phase == "Succeeded" and INDEX in labels_of(pod):
                done.add(int(labels_of(pod)[INDEX]))
        if job["spec"]["completionMode"] == "Indexed":
            if done:
                status["completedIndexes"] = indexes_text(done)
                status["succeeded"] = len(done)
        elif counted["Succeeded"]:
            status["succeeded"] = status.get("succeeded", 0) + counted["Succeeded"]
        if counted["Failed"]:
            status["failed"] = status.get("failed", 0) + counted["Failed"]

    def _act(self, job: Object, pods: list[Object], status: Object) -> StatusError | None:
        spec = job["spec"]
        active = [p for p in pods if not is_ended(p) and not is_leaving(p)]
        leaving = [p for p in pods if not is_ended(p) and is_leaving(p)]
        wanted = spec.get("completions")
        succeeded = status.get("succeeded", 0)
        if (wanted is not None and succeeded >= wanted) or (
            wanted is None and succeeded and not active
        ):
            self._complete(job, active, leaving, status)
        elif status.get("failed", 0) > spec["backoffLimit"]:
            self._fail(job, active, leaving, status)
        elif spec.get("suspend"):
            self._suspend(job, active, status)
        else:
            self._resume(job, status)
            return self._fill(job, pods, active, leaving, status)
        return None

    def _complete(
        self, job: Object, active: list[Object], leaving: list[Object], status: Object
    ) -> None:
        add_condition(status, "SuccessCriteriaMet", "CompletionsReached", REACHED)
        for pod in active:
            self._remove(job, pod)
        if not active and not leaving:
            add_condition(status, "Complete", "CompletionsReached", REACHED)
            status["completionTime"] = now_text()
            self._event(job, "Normal", "Completed", "Job completed")

    def _fail(
        self, job: Object, active: list[Object], leaving: list[Object], status: Object
    ) -> None:
        add_condition(status, "FailureTarget", "BackoffLimitExceeded", LIMIT)
        for pod in active:
            self._remove(job, pod)
        if not active and not leaving:
            add_condition(status, "Failed", "BackoffLimitExceeded", LIMIT)
            self._event(job, "Warning", "BackoffLimitExceeded", LIMIT)

    def _suspend(self, job: Object, active: list[Object], status: Object) -> None:
        for pod in active:
            self._remove(job, pod)
        if not is_suspended(status):
            set_condition(status, "Suspended", "True", "JobSuspended", "Job suspended")
            self._event(job, "Normal", "Suspended", "Job suspended")
        status.pop("startTime", None)

    def _resume(self, job: Object, status: Object) -> None:
        if is_suspended(status):
            set_condition(status, "Suspended", "False", "JobResumed", "Job resumed")
            self._event(job, "Normal", "Resumed", "Job resumed")
        status.setdefault("startTime", now_text())

    def _fill(
        self,
        job: Object,
        pods: list[Object],
        active: list[Object],
        leaving: list[Object],
        status: Object,
    ) -> StatusError | None:
        """Make the pods that are missing, up to the parallelism."""
        spec = job["spec"]
        held = active + (leaving if spec["podReplacementPolicy"] == "Failed" else [])
        free = spec["parallelism"] - len(held)
        if free < 0:
            for pod in active[free:]:
                self._remove(job, pod)
            return None
        try:
            for index in self._missing(job, held, status)[:free]:
                self._create(job, index)
        except StatusError as refusal:
            return refusal
        return None

    def _missing(self, job: Object, held: list[Object], status: Object) -> list[int | None]:
        spec = job["spec"]
        if spec["completionMode"] == "Indexed":
            done = indexes_read(status.get("completedIndexes", ""))
            taken = {int(labels_of(p)[INDEX]) for p in held if INDEX in labels_of(p)}
            return [n for n in range(spec["completions"]) if n not in done and n not in taken]
        if spec.get("completions") is None:
            return [] if status.get("succeeded") else [None] * spec["parallelism"]
        return [None] * max(0, spec["completions"] - status.get("succeeded", 0) - len(held))

    def _create(self, job: Object, index: int | None) -> None:
        meta = job["metadata"]
        pod = from_template(job["spec"]["template"], self._kind, job)
        head = meta["name"] if index is None else f"{meta['name']}-{index}"
        pod["metadata"] |= {"generateName": f"{head}-", "name": f"{head}-{random_suffix()}"}
        pod["metadata"].setdefault("finalizers", []).append(TRACKING)
        if index is not None:
            pod["metadata"].setdefault("labels", {})[INDEX] = str(index)
            pod["metadata"].setdefault("annotations", {})[INDEX] = str(index)
            pod["spec"]["hostname"] = head
            path = f"metadata.labels['{INDEX}']"
            reference = {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}
            variable = {"name": "JOB_COMPLETION_INDEX", "valueFrom": reference}
            for container in pod["spec"]["containers"]:
                container["env"] = [*(container.get("env") or ()), clone(variable)]
        try:
            made = self._actor.create("Pod", meta["namespace"], pod)
        except StatusError as refusal:
            self._event(job, "Warning", "FailedCreate", f"Error creating: {refusal.message}")
            raise
        self._event(job, "Normal", "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")

    def _remove(self, job: Object, pod: Object) -> None:
        self._actor.delete("Pod", pod)
        self._event(job, "Normal", "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def _measure(self, job: Object, status: Object) -> None:
        """Say how many pods there are now."""
        pods = [s.obj for s in pods_of(self.core.store, job)]
        active = [p for p in pods if not is_ended(p) and not is_leaving(p)]
        leaving = [p for p in pods if not is_ended(p) and is_leaving(p)]
        status.pop("active", None)
        if active:
            status["active"] = len(active)
        status["ready"] = sum(is_ready(p) for p in active)
        status["terminating"] = len(leaving)
        status["uncountedTerminatedPods"] = {}

    def _release(self, pods: list[Object]) -> None:
        """Let go of pods that were counted."""
        for pod in pods:
            meta = pod["metadata"]
            if TRACKING in (meta.get("finalizers") or ()):
                self._actor.change("Pod", meta["namespace"], meta["name"], _untracked)

    def _free(self, namespace: str, name: str) -> None:
        """Let go of the pods of a Job that is gone."""
        for stored in self.core.store.each("pods", namespace):
            owners = stored.obj["metadata"].get("ownerReferences") or ()
            if any(o["kind"] == "Job" and o["name"] == name for o in owners):
                self._release([stored.obj])

    def _expire(self, job: Object, key: Hashable) -> None:
        """Remove a finished Job whose time is up."""
        seconds = job["spec"].get("ttlSecondsAfterFinished")
        if seconds is None or not finished(job):
            return
        moment = max(c["lastTransitionTime"] for c in job["status"]["conditions"])
        left = seconds - (datetime.now(UTC) - time_parse(moment)).total_seconds()
        if left > 0:
            self.later(key, left)
        else:
            self._actor.delete("Job", job)

    def _event(self, job: Object, type_: str, reason: str, text: str) -> None:
        self._actor.event(job, self._kind, type_, reason, text, COMPONENT)


def _untracked(pod: Object) -> Object:
    left = [f for f in pod["metadata"].get("finalizers") or () if f != TRACKING]
    pod["metadata"].pop("finalizers", None)
    if left:
        pod["metadata"]["finalizers"] = left
    return pod
