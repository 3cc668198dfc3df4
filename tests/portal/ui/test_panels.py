"""Panels composed by address."""

from __future__ import annotations

import pytest

from portal.ui import panels
from portal.ui.panels import Panel, panel_register, panels_check, panels_for
from portal.viewer import Viewer

VIEWER = Viewer(
    user_id=1,
    label="bob",
    kind="user",
    tenant_keys=frozenset({"vision"}),
    tenant_verbs={"vision": frozenset({"quota.view"})},
)


@pytest.fixture(autouse=True)
def _own_panels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "PANELS", [])
    monkeypatch.setattr(
        panels,
        "reverse",
        lambda name, args: f"/{'/'.join([*args, name])}/" if name != "gone" else _missing(name),
    )


def _missing(name: str) -> str:
    raise panels.NoReverseMatch(name)


def test_panels_come_in_order_and_once() -> None:
    second = Panel("tenant", "b", "B", "second", order=20)
    panel_register(second, Panel("tenant", "a", "A", "first", order=10), second)
    found = panels_for(place="tenant", viewer=VIEWER, tenant_key="vision")
    assert [(panel.name, panel.url) for panel in found] == [
        ("a", "/vision/first/"),
        ("b", "/vision/second/"),
    ]


def test_panel_needs_its_verb_in_this_tenant() -> None:
    panel_register(
        Panel("tenant", "quota", "Quota", "quota", "quota.view"),
        Panel("tenant", "edit", "Edit", "edit", "quota.edit"),
    )
    seen = panels_for(place="tenant", viewer=VIEWER, tenant_key="vision")
    assert [panel.name for panel in seen] == ["quota"]
    assert panels_for(place="tenant", viewer=VIEWER, tenant_key="speech") == []


def test_other_places_stay_apart() -> None:
    panel_register(Panel("ops_home", "fleet", "Fleet", "fleet"))
    assert panels_for(place="tenant", viewer=VIEWER, tenant_key="vision") == []
    assert panels_for(place="ops_home", viewer=VIEWER)[0].url == "/fleet/"


def test_missing_fragment_is_left_out_and_reported() -> None:
    panel_register(Panel("tenant", "gone", "Gone", "gone"))
    assert panels_for(place="tenant", viewer=VIEWER, tenant_key="vision") == []
    assert [error.id for error in panels_check()] == ["portal.ui.E002"]
