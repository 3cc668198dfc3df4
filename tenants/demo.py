"""The made-up organisations of the demonstration: plain data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass

from tenants.choices import TenantKind


@dataclass(frozen=True, slots=True)
class DemoTenant:
    """A tenant to make; parents come before their children."""

    key: str
    title: str
    kind: str
    parent_key: str | None = None


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """An account named by what it may do; `tenant_key` "" means a role of the platform."""

    username: str
    role: str
    tenant_key: str = ""


def _organisation(key: str, title: str, *projects: tuple[str, str]) -> list[DemoTenant]:
    root = DemoTenant(key, title, TenantKind.ORGANISATION)
    below = [DemoTenant(name, words, TenantKind.PROJECT, key) for name, words in projects]
    return [root, *below]


TENANTS: tuple[DemoTenant, ...] = (
    *_organisation(
        "aurora",
        "Aurora Research",
        ("vision", "Computer Vision"),
        ("robotics", "Robotics"),
        ("climate", "Climate Models"),
        ("genomics", "Genomics"),
    ),
    DemoTenant("vision-detect", "Detection", TenantKind.PROJECT, "vision"),
    DemoTenant("vision-video", "Video Understanding", TenantKind.PROJECT, "vision"),
    *_organisation(
        "borealis",
        "Borealis Labs",
        ("speech", "Speech"),
        ("translate", "Translation"),
        ("search", "Search Ranking"),
    ),
    *_organisation(
        "cascade",
        "Cascade Industries",
        ("forecast", "Demand Forecast"),
        ("quality", "Quality Control"),
        ("platform", "Platform Services"),
    ),
)

ROLES = ("owner", "member", "viewer")
TEAMS_WITH_EVERY_ROLE = ("vision", "speech")

PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson("operator", "operator"),
    DemoPerson("auditor", "auditor"),
    *(DemoPerson(f"{key}-{role}", role, key) for key in TEAMS_WITH_EVERY_ROLE for role in ROLES),
    *(
        DemoPerson(f"{tenant.key}-owner", "owner", tenant.key)
        for tenant in TENANTS
        if tenant.key not in TEAMS_WITH_EVERY_ROLE
    ),
)


@dataclass(frozen=True, slots=True)
class DemoPool:
    """A pool over the nodes of one device type ("" for none), and how many each tenant gets.

    `shares` are devices, cores where the pool has none; with each comes `cores_each` and
    `memory_each` (GiB), about what the nodes have per device.
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
        name="h100",
        title="H100 training",
        device="h100",
        cores_each=22,
        memory_each=240,
        tainted=True,
        shares={
            "aurora": 40,
            "vision": 20,
            "vision-detect": 4,
            "vision-video": 4,
            "robotics": 8,
            "genomics": 8,
            "borealis": 24,
            "speech": 12,
            "translate": 8,
            "cascade": 12,
            "forecast": 4,
            "quality": 4,
        },
    ),
    DemoPool(
        name="a100",
        title="A100 research",
        device="a100-40",
        cores_each=15,
        memory_each=120,
        shares={
            "aurora": 28,
            "vision": 12,
            "robotics": 8,
            "genomics": 8,
            "borealis": 20,
            "speech": 8,
            "search": 8,
            "cascade": 12,
            "platform": 8,
        },
    ),
    DemoPool(
        name="l40s",
        title="L40S inference",
        device="l40s",
        cores_each=15,
        memory_each=120,
        shares={
            "aurora": 12,
            "vision": 8,
            "borealis": 12,
            "translate": 4,
            "search": 8,
            "cascade": 12,
            "quality": 8,
        },
    ),
    DemoPool(
        name="cpu",
        title="Processors",
        device="",
        cores_each=1,
        memory_each=4,
        shares={
            "aurora": 160,
            "vision": 40,
            "climate": 96,
            "borealis": 96,
            "search": 64,
            "cascade": 96,
            "forecast": 64,
            "platform": 24,
        },
    ),
)

# Up to this many devices no operator is asked, for every team of these organisations.
WITHOUT_OPERATOR = 2
TRUSTED = ("aurora", "borealis")
