"""A real Kubernetes control plane for tests and for `bin/start`: see docs/testbed.md.

Built from Go modules, run as plain processes on loopback ports, with nodes that KWOK plays. Nothing
here knows Django or Berth's own code.
"""

from deploy.testbed.bed import Bed
from deploy.testbed.build import ensure_built
from deploy.testbed.client import ApiClient
from deploy.testbed.errors import ApiError, BedError, BuildError, FleetError, ToolchainMissing
from deploy.testbed.fleet import Fleet, FleetNode, build_node_manifest
from deploy.testbed.fleet_file import list_fleets, load_fleet
from deploy.testbed.lifecycle import bed_down, bed_up, open_bed
from deploy.testbed.versions import DEFAULT_VERSION, list_versions

__all__ = [
    "DEFAULT_VERSION",
    "ApiClient",
    "ApiError",
    "Bed",
    "BedError",
    "BuildError",
    "Fleet",
    "FleetError",
    "FleetNode",
    "ToolchainMissing",
    "bed_down",
    "bed_up",
    "build_node_manifest",
    "ensure_built",
    "list_fleets",
    "list_versions",
    "load_fleet",
    "open_bed",
]
