"""Starts, watches and ends the five processes of one bed."""

import http.client
import signal
import time
from collections import deque
from collections.abc import Iterable

from deploy.testbed.build import Programs
from deploy.testbed.client import ApiClient
from deploy.testbed.commands import build_command
from deploy.testbed.errors import ApiError, BedError
from deploy.testbed.layout import COMPONENTS, Layout, Settings
from deploy.testbed.processes import is_running, read_record, start_process, stop_process

READY_SECONDS = 120.0
POLL_SECONDS = 0.05
LOG_TAIL_LINES = 12
# The API server stops listening at once, and would then wait a minute for open watches to end.
PATIENCE_SECONDS = {"apiserver": 2.0}
DEFAULT_PATIENCE_SECONDS = 10.0
ADDRESS_IN_USE = "address already in use"


class PortTaken(BedError):
    """Another program took a port between choosing it and listening on it."""


class Supervisor:
    """The processes of one bed; ports and flags come from its settings."""

    def __init__(self, layout: Layout, settings: Settings, programs: Programs) -> None:
        self._layout = layout
        self._settings = settings
        self._programs = programs

    def is_running(self, component: str) -> bool:
        """Tell whether the recorded process of a component runs."""
        return is_running(self._layout.record(check_component(component)))

    def start(self, component: str) -> bool:
        """Start a component that does not run; False where it ran already."""
        if self.is_running(component):
            return False
        command = build_command(
            component, layout=self._layout, settings=self._settings, programs=self._programs
        )
        start_process(
            command,
            record=self._layout.record(component),
            log=self._layout.log(component),
            # Nothing of the caller's surroundings: no proxy, no kubeconfig, no settings of KWOK.
            environment={"PATH": "/usr/bin:/bin", "HOME": str(self._layout.root)},
        )
        return True

    def stop(self, component: str) -> None:
        """End a component; data and ports stay."""
        patience = PATIENCE_SECONDS.get(component, DEFAULT_PATIENCE_SECONDS)
        stop_process(self._layout.record(check_component(component)), patience_seconds=patience)

    def stop_all(self) -> None:
        """End everything, the clients before their servers."""
        for component in reversed(COMPONENTS):
            self.stop(component)

    def send(self, component: str, number: signal.Signals) -> None:
        """Send a signal to a running component; BedError where it does not run."""
        process = read_record(self._layout.record(check_component(component)))
        if process is None or not process.is_alive():
            raise BedError(f"{component} does not run, so it cannot be sent {number.name}.")
        process.send(number)

    def wait_for_api(self, client: ApiClient, components: Iterable[str]) -> None:
        """Wait until /readyz says ok; raises BedError when one of `components` ends meanwhile."""
        watched = list(components)
        deadline = time.monotonic() + READY_SECONDS
        answer = "no answer"
        while time.monotonic() < deadline:
            self.check_alive(watched)
            try:
                client.get("/readyz")
            except (ApiError, OSError, http.client.HTTPException) as error:
                answer = str(error)
                time.sleep(POLL_SECONDS)
            else:
                return
        raise BedError(
            f"The API server was not ready after {READY_SECONDS:.0f} s ({answer}); "
            f"see {self._layout.log('apiserver')}."
        )

    def check_alive(self, components: Iterable[str]) -> None:
        """Raise BedError with the end of the log for a component that has ended by itself."""
        for component in components:
            if self.is_running(component):
                continue
            log = self._layout.log(component)
            with log.open(encoding="utf-8", errors="replace") as lines:
                tail = "".join(deque(lines, maxlen=LOG_TAIL_LINES)).rstrip()
            kind = PortTaken if ADDRESS_IN_USE in tail else BedError
            raise kind(f"{component} ended by itself. Its log {log} ends with:\n{tail}")


def check_component(component: str) -> str:
    """Return the name of a component, or raise BedError with the known ones."""
    if component not in COMPONENTS:
        known = ", ".join(COMPONENTS)
        raise BedError(f"A bed has no component {component!r}. It has: {known}.")
    return component
