"""Navigation shows each viewer what they may use."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from django.contrib.auth.models import User

from portal.scope import scope
from portal.ui import nav
from portal.ui.counts import rows_ask
from portal.ui.nav import NavItem, nav_check, nav_countables, nav_groups, nav_register
from portal.viewer import Viewer

OPERATOR = Viewer(
    user_id=1,
    label="operator",
    kind="user",
    sees_all=True,
    platform_verbs=frozenset({"theme.edit"}),
)
MEMBER = Viewer(
    user_id=2,
    label="member",
    kind="user",
    tenant_keys=frozenset({"a"}),
    tenant_verbs=MappingProxyType({"a": frozenset({"quota.view"})}),
)


@pytest.fixture(autouse=True)
def items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nav, "ITEMS", [])


def place(label: str, url_name: str = "theme_set", **facts: object) -> NavItem:
    options: dict[str, object] = {"area": "ops", "icon": "home"} | facts
    return NavItem(label=label, url_name=url_name, **options)  # type: ignore[arg-type]


def labels(viewer: Viewer, area: nav.Area = "ops", path: str = "/") -> list[str]:
    groups = nav_groups(viewer=viewer, area=area, tenant_key="a", path=path)
    return [str(link.label) for group in groups for link in group.links]


def test_only_places_that_the_viewer_may_use_are_shown() -> None:
    nav_register(place("Open"), place("Edit", verb="theme.edit"))
    assert labels(OPERATOR) == ["Open", "Edit"]
    assert labels(MEMBER) == ["Open"]


def test_a_tenants_place_asks_for_the_right_in_that_tenant() -> None:
    item = place("Quota", area="tenant", verb="quota.view")
    assert nav._allowed(item, MEMBER, "a")
    assert not nav._allowed(item, MEMBER, "b")
    assert not nav._allowed(item, MEMBER, None)


def test_places_are_ordered_and_grouped_and_the_current_one_is_marked() -> None:
    nav_register(
        place("Last", order=30, group="Work"),
        place("First", "set_language", order=10),
        place("Other", "set_language", order=20, group="Work"),
    )
    groups = nav_groups(viewer=OPERATOR, area="ops", tenant_key=None, path="/ui/theme/x/")
    assert [str(group.label) for group in groups] == ["", "Work"]
    assert [(link.label, link.current) for link in groups[1].links] == [
        ("Other", False),
        ("Last", True),
    ]


def test_a_page_elsewhere_that_belongs_to_a_place_marks_it() -> None:
    nav_register(place("Start", "home"), place("Colours", also=("csp_report",)))
    groups = nav_groups(viewer=OPERATOR, area="ops", tenant_key=None, path="/csp-report")
    assert [link.label for group in groups for link in group.links if link.current] == ["Colours"]


def test_a_page_that_both_sides_share_marks_the_place_of_a_tenant() -> None:
    nav_register(place("Jobs", "tenant_job_list", area="tenant", also=("job_list",)))
    groups = nav_groups(viewer=MEMBER, area="tenant", tenant_key="a", path="/jobs/5/")
    assert [link.current for link in groups[0].links] == [True]


def test_counts_are_asked_only_for_what_is_shown() -> None:
    def never(_viewer: Viewer, _tenant: str | None) -> int:
        raise AssertionError

    nav_register(
        place("Queue", count=lambda _viewer, _tenant: 7),
        place("Hidden", verb="audit.view", count=never),
    )
    counts = nav_countables(viewer=OPERATOR, area="ops", tenant_key=None)
    assert counts == {"theme_set": 7}
    groups = nav_groups(
        viewer=OPERATOR, area="ops", tenant_key=None, path="/", counts={"theme_set": 7}
    )
    assert [link.count for link in groups[0].links] == [7]


@pytest.mark.django_db
def test_all_numbers_cost_one_query(django_assert_num_queries: Any) -> None:
    with scope(Viewer.system("tests")):
        for name in ("ann", "bob"):
            User.objects.create(username=name)
        wanted = {
            "people": User.objects.all(),
            "ann": User.objects.filter(username="ann"),
            "nobody": User.objects.none(),
            "known": 5,
            "off": None,
        }
        with django_assert_num_queries(1):
            found = rows_ask(wanted)[0]
    assert found == {"people": 2, "ann": 1, "nobody": 0, "known": 5, "off": 0}


def test_a_place_without_a_page_is_left_out_and_reported() -> None:
    nav_register(place("Nowhere", "no-such-page"))
    assert labels(OPERATOR) == []
    assert [message.id for message in nav_check()] == ["portal.ui.E001"]


def test_a_key_leads_to_one_place_of_an_area() -> None:
    nav_register(place("Home", letter="h"), place("Help", letter="h"))
    nav_register(place("Home", "tenant_job_list", area="tenant", letter="h"))
    assert [message.id for message in nav_check()] == ["portal.ui.E003"]


def test_registering_twice_adds_once() -> None:
    item = place("Home")
    nav_register(item)
    nav_register(item)
    assert labels(OPERATOR) == ["Home"]
