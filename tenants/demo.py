"""The made-up organisations of the demonstration and their people: plain data, no behaviour."""

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
    DemoPerson("operator-night", "operator"),  # who decided what stands already
    DemoPerson("auditor", "auditor"),
    *(DemoPerson(f"{key}-{role}", role, key) for key in TEAMS_WITH_EVERY_ROLE for role in ROLES),
    *(
        DemoPerson(f"{tenant.key}-owner", "owner", tenant.key)
        for tenant in TENANTS
        if tenant.key not in TEAMS_WITH_EVERY_ROLE
    ),
)
