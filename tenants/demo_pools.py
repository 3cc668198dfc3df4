"""The demonstration's pools and who gets which share of them: plain data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoPool:
    """A pool over the nodes of one device type ("" for none), and what each tenant gets of it.

    `shares` are percent of what the pool's nodes have of its devices, of cores where it has none.
    With each device come `cores_each` and `memory_each` (GiB), about what the nodes have per
    device.
    """

    name: str
    title: str
    device: str
    cores_each: int
    memory_each: int
    shares: dict[str, int]
    tainted: bool = False


POOLS: tuple[DemoPool, ...] = (
    DemoPool(
        name="h200",
        title="H200 large models",
        device="h200",
        cores_each=22,
        memory_each=240,
        tainted=True,
        # More than there is, on purpose: not everybody trains at once, until they do.
        shares={
            "aurora": 63,
            "vision": 38,
            "genomics": 25,
            "borealis": 50,
            "speech": 50,
            "cascade": 25,
            "quality": 25,
        },
    ),
    DemoPool(
        name="h100",
        title="H100 training",
        device="h100",
        cores_each=22,
        memory_each=240,
        tainted=True,
        shares={
            "aurora": 50,
            "vision": 26,
            "vision-detect": 6,
            "vision-video": 10,
            "robotics": 12,
            "genomics": 10,
            "borealis": 30,
            "speech": 15,
            "translate": 12,
            "cascade": 18,
            "forecast": 6,
            "quality": 10,
        },
    ),
    DemoPool(
        name="a100-80",
        title="A100 80 GB",
        device="a100-80",
        cores_each=15,
        memory_each=120,
        shares={
            "aurora": 42,
            "vision": 15,
            "robotics": 14,
            "genomics": 12,
            "borealis": 30,
            "speech": 10,
            "search": 18,
            "cascade": 25,
            "forecast": 10,
            "platform": 12,
        },
    ),
    DemoPool(
        name="a100",
        title="A100 research",
        device="a100-40",
        cores_each=15,
        memory_each=120,
        shares={
            "aurora": 42,
            "vision": 18,
            "robotics": 12,
            "genomics": 12,
            "borealis": 30,
            "speech": 12,
            "search": 14,
            "cascade": 20,
            "platform": 15,
        },
    ),
    DemoPool(
        name="l40s",
        title="L40S inference",
        device="l40s",
        cores_each=15,
        memory_each=120,
        shares={
            "aurora": 30,
            "vision": 20,
            "borealis": 32,
            "translate": 10,
            "search": 20,
            "cascade": 30,
            "quality": 20,
        },
    ),
    DemoPool(
        name="l4",
        title="L4 inference",
        device="l4",
        cores_each=11,
        memory_each=60,
        shares={
            "aurora": 25,
            "vision": 10,
            "robotics": 12,
            "borealis": 36,
            "search": 22,
            "translate": 12,
            "cascade": 32,
            "quality": 16,
            "platform": 12,
        },
    ),
    DemoPool(
        name="cpu",
        title="Processors",
        device="",
        cores_each=1,
        memory_each=4,
        shares={
            "aurora": 42,
            "vision": 10,
            "climate": 26,
            "borealis": 24,
            "search": 16,
            "cascade": 24,
            "forecast": 14,
            "platform": 6,
        },
    ),
)

# Up to this many devices no operator is asked, for every team of these organisations.
WITHOUT_OPERATOR = 1
TRUSTED = ("aurora", "borealis")
# As many cores are asked for without an operator where a pool has no devices.
CORES_WITHOUT_OPERATOR = 32
