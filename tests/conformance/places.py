"""The two servers that the suite talks to."""

from __future__ import annotations

import yaml

from deploy.testbed import Bed
from deploy.testbed.layout import Layout
from simulator.bed import SimulatedBed
from tests.conformance.talk import Place


def bed_place(bed: Bed) -> Place:
    """A control plane with its users."""
    settings = Layout(bed.directory).read_settings()
    assert settings is not None
    config = yaml.safe_load(bed.kubeconfig("berth").read_text(encoding="utf-8"))
    berth = config["users"][0]["user"]["token"]
    return Place(bed.server, bed.ca_pem.decode(), settings.tokens | {"berth": berth})


def simulator_place(bed: SimulatedBed) -> Place:
    """A simulator with its users."""
    return Place(
        bed.server, bed.ca_pem.decode(), bed.settings.tokens | {"berth": bed.token("berth")}
    )
