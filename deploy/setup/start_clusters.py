"""What bin/start has to show: simulated clusters, a control plane of our own, or the user's."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from deploy.setup import start_steps as steps
from deploy.setup.console import say, step
from deploy.setup.stamps import stamp_write
from deploy.setup.start_bed import StartBed
from deploy.setup.start_environment import Environments
from deploy.setup.start_options import BED, DEMO, Options
from deploy.setup.start_processes import pulse_child
from deploy.setup.start_simulators import (
    LIVING,
    LOST,
    simulator_child,
    simulator_wait,
)
from deploy.setup.supervise import Child, children_stop

# Namespace and beginning of the name of the pod whose node falls silent.
SICK = ("berth-vision-detect", "label-server")


@dataclass
class Clusters:
    """`names` are clusters of ours, for the made-up teams; `children` are their processes."""

    names: list[str] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    hurry: threading.Event = field(default_factory=threading.Event)

    def story(self, environment: dict[str, str], stamps: Path) -> list[Child]:
        """Make the working day once, and return what keeps it going: only on simulated ones."""
        if not self.children:
            return []
        with steps.once(stamps, "day", []) as needed:
            if needed:
                steps.day_make(environment)
                steps.node_silence(LIVING[0].home, *SICK)
                self._lose(environment)
        pulse = pulse_child(environment)
        pulse.start()
        return [pulse]

    def _lose(self, environment: dict[str, str]) -> None:
        """Let Berth see a third cluster, and take it away."""
        child = simulator_child(LOST)
        child.start()
        try:
            simulator_wait(child, LOST)
            steps.cluster_register(environment, kubeconfig=LOST.kubeconfig, name=LOST.name)
            steps.fleet_divide(environment, names=[LOST.name])
        finally:
            children_stop([child], self.hurry)


def click_allowed(clusters: str, stamps: Path | None) -> bool:
    """Say whether the made-up accounts sign in by one click: where every cluster is ours.

    `stamps` is a folder beside a database of our own, None for the user's. A database that once
    was for the user's clusters remembers it, and asks for passwords from then on.
    """
    if stamps is None:
        return False
    in_earnest = stamps / "in-earnest"
    if clusters not in {DEMO, BED}:
        stamp_write(in_earnest, "")
    return not in_earnest.is_file()


def clusters_open(
    options: Options,
    environments: Environments,
    hurry: threading.Event,
    at_end: ExitStack,
    *,
    demo: bool,
) -> Clusters:
    """Start and register what was asked for; what was started ends with `at_end`."""
    work = environments.work
    if options.kubeconfig:
        name = steps.cluster_name(options.kubeconfig)
        steps.cluster_register(work, kubeconfig=options.kubeconfig, name=name)
    elif options.clusters == BED:
        return Clusters(_bed(work, at_end))
    elif options.clusters == DEMO and demo:
        return _simulated(work, hurry, at_end)
    elif options.clusters == DEMO:
        say("Your own database gets no simulated clusters: bin/start --kubeconfig FILE adds yours.")
    return Clusters()


def _bed(environment: dict[str, str], at_end: ExitStack) -> list[str]:
    bed = StartBed()
    at_end.callback(bed.stop)
    kubeconfig = bed.start()
    if not kubeconfig:
        return []
    steps.cluster_register(environment, kubeconfig=kubeconfig, name="bed")
    return ["bed"]


def _simulated(environment: dict[str, str], hurry: threading.Event, at_end: ExitStack) -> Clusters:
    found = Clusters(children=[simulator_child(cluster) for cluster in LIVING], hurry=hurry)
    at_end.callback(children_stop, found.children, hurry)
    with step("Starting two simulated clusters"):
        for child in found.children:
            child.start()
        for child, cluster in zip(found.children, LIVING, strict=True):
            simulator_wait(child, cluster)
    for cluster in LIVING:
        steps.cluster_register(environment, kubeconfig=cluster.kubeconfig, name=cluster.name)
        found.names.append(cluster.name)
    return found
