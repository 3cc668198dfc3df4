"""A bed for the tests of the bed itself; independent of Django and of the other test beds."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from deploy.testbed import Bed, ToolchainMissing, bed_down, bed_up

Value = TypeVar("Value")
PATIENCE_SECONDS = 20.0


def wait_until(read: Callable[[], Value], good: Callable[[Value], bool]) -> Value:
    """Call `read` until `good` takes its answer, and return that answer."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not good(value := read()):
        if time.monotonic() > deadline:
            pytest.fail(f"not so after {PATIENCE_SECONDS:.0f} s; the last answer was {value!r}")
        time.sleep(0.05)
    return value


@pytest.fixture(scope="session")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """A bed of fleet small. BED_VERSION chooses the version; skipped loudly where Go is missing."""
    directory = tmp_path_factory.mktemp("beds") / "small"
    try:
        made = bed_up(name="test", fleet="small", directory=directory)
    except ToolchainMissing as missing:
        pytest.skip(f"NO CONTROL PLANE WAS TESTED. {missing}")
    yield made
    bed_down(directory=directory)


class Pods:
    """Pods of the namespace default, as the plain user tester sees them."""

    def __init__(self, bed: Bed) -> None:
        self.client = bed.client("tester")
        self.path = "/api/v1/namespaces/default/pods"

    def create(self, name: str, *, restart: str = "Always", **container: Any) -> dict[str, Any]:
        """Create a pod with one container; annotations by the key `annotations`."""
        annotations = container.pop("annotations", {})
        spec = {
            "restartPolicy": restart,
            "containers": [{"name": "main", "image": "example.test/app:1", **container}],
        }
        metadata = {"name": name, "annotations": annotations}
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        return self.client.create(self.path, body)

    def get(self, name: str) -> dict[str, Any]:
        """Return a pod."""
        return self.client.get(f"{self.path}/{name}")

    def names(self) -> list[str]:
        """Return the names of all pods."""
        return [item["metadata"]["name"] for item in self.client.get(self.path)["items"]]

    def wait_for_phase(self, name: str, phase: str) -> dict[str, Any]:
        """Return the pod once it has that phase."""
        return wait_until(lambda: self.get(name), lambda pod: pod["status"]["phase"] == phase)

    def wait_for_reason(self, name: str, reason: str) -> dict[str, Any]:
        """Return the pod once its container waits for that reason."""
        return wait_until(lambda: self.get(name), lambda pod: waiting_reason(pod) == reason)


def waiting_reason(pod: dict[str, Any]) -> str:
    """Return why the first container waits; empty where it does not."""
    statuses = pod["status"].get("containerStatuses", [{}])
    return str(statuses[0].get("state", {}).get("waiting", {}).get("reason", ""))


@pytest.fixture
def pods(bed: Bed) -> Iterator[Pods]:
    """The pods of the bed; every pod is gone afterwards."""
    found = Pods(bed)
    yield found
    for name in found.names():
        found.client.delete(f"{found.path}/{name}", {"gracePeriodSeconds": 0})
    wait_until(found.names, lambda names: not names)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """A place for process records."""
    return tmp_path
