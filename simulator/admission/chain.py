"""Admission in the order of a real API server: first what changes objects, then what refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.admission import accounts, lifecycle, limits, pod_security, quota
from simulator.admission.attempt import Attempt
from simulator.admission.policies import Policies

if TYPE_CHECKING:
    from simulator.core import Core

Undo = Callable[[], None]


class Admission:
    """Every plugin that is on by default and matters to the modelled kinds."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.policies = Policies(core)

    def mutate(self, attempt: Attempt) -> None:
        """Let plugins change the object; raises StatusError where one refuses already."""
        core = self._core
        lifecycle.check(core.store, attempt)
        if attempt.kind.name == "Pod" and not attempt.part and attempt.operation == "CREATE":
            limits.set_defaults(core.store, attempt)
            accounts.set_account(core.store, attempt)
            accounts.set_priority(core.store, attempt)
            accounts.set_tolerations(attempt)
        self.policies.mutate(attempt)

    def validate(self, attempt: Attempt) -> Undo:
        """Let plugins refuse; returns how to take back what a quota was charged."""
        core = self._core
        if attempt.kind.name == "Pod" and attempt.operation != "DELETE":
            limits.check(core.store, attempt)
            pod_security.check(core.store, attempt)
        self.policies.validate(attempt)
        if attempt.operation != "DELETE":
            return quota.charge(core, attempt)
        return lambda: None
