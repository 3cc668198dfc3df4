"""Navigation by role: apps register their places, each viewer gets those they may use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from django.core.checks import CheckMessage, Error, register
from django.urls import NoReverseMatch, reverse

from portal.ui.counts import Countable

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from portal.viewer import Viewer

Area = Literal["ops", "tenant"]
Count = Callable[["Viewer", str | None], Countable]


@dataclass(frozen=True, slots=True)
class NavItem:
    """One place in the navigation.

    `verb` is what a viewer must be able to do to see it (empty: everyone). `count` gives the rows
    to count, which the shell does for all places at once. `letter` is the key after "g".
    `on_phone` puts it into the tab bar, which has room for four; `waiting` says that the count is
    work that waits for a person, which the tab bar shows as a badge. `topic` is what tells that it
    has changed, "{}" in it the tenant's key. `also` names pages of the place whose addresses don't
    begin with its own.
    """

    label: StrOrPromise
    url_name: str
    icon: str
    area: Area
    verb: str = ""
    group: StrOrPromise = ""
    order: int = 100
    letter: str = ""
    on_phone: bool = False
    waiting: bool = False
    count: Count | None = None
    topic: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NavLink:
    """A place as one viewer sees it; `counted` says whether it has a number, be it 0."""

    name: str
    label: StrOrPromise
    url: str
    icon: str
    letter: str
    on_phone: bool
    waiting: bool
    count: int
    counted: bool
    current: bool


@dataclass(frozen=True, slots=True)
class NavGroup:
    """Places under one label; the first group has none."""

    label: StrOrPromise
    links: Sequence[NavLink]


ITEMS: list[NavItem] = []


def nav_register(*items: NavItem) -> None:
    """Add places; called from an app's ready()."""
    ITEMS.extend(item for item in items if item not in ITEMS)


def nav_countables(*, viewer: Viewer, area: Area, tenant_key: str | None) -> dict[str, Countable]:
    """What to count for the places that `viewer` may see, by the name of their page."""
    return {
        item.url_name: item.count(viewer, tenant_key)
        for item, _url in _usable(viewer, area, tenant_key)
        if item.count
    }


def nav_topics(*, viewer: Viewer, area: Area, tenant_key: str | None) -> list[str]:
    """What tells that a number beside a place has changed."""
    usable = _usable(viewer, area, tenant_key)
    return [item.topic.format(tenant_key) for item, _url in usable if item.count and item.topic]


def nav_groups(
    *,
    viewer: Viewer,
    area: Area,
    tenant_key: str | None,
    path: str,
    counts: Mapping[str, int] = MappingProxyType({}),
) -> list[NavGroup]:
    """Give the groups that `viewer` may see, in order, with the place of `path` marked.

    `counts` holds the numbers that `nav_countables` asked for.
    """
    usable = _usable(viewer, area, tenant_key)
    within = {
        prefix: url
        for item, url in usable
        for prefix in (url, *(_address(name, item, tenant_key) for name in item.also))
        if prefix is not None and path.startswith(prefix)
    }
    current = within[max(within, key=len)] if within else ""
    groups: dict[str, NavGroup] = {}
    for item, url in usable:
        group = groups.setdefault(str(item.group), NavGroup(item.group, []))
        link = NavLink(
            name=item.url_name,
            label=item.label,
            url=url,
            icon=item.icon,
            letter=item.letter,
            on_phone=item.on_phone,
            waiting=item.waiting,
            count=counts.get(item.url_name, 0),
            counted=item.count is not None,
            current=url == current,
        )
        groups[str(item.group)] = NavGroup(group.label, [*group.links, link])
    return list(groups.values())


def _usable(viewer: Viewer, area: Area, tenant_key: str | None) -> list[tuple[NavItem, str]]:
    return [
        (item, url)
        for item in sorted(ITEMS, key=lambda item: item.order)
        if item.area == area and _allowed(item, viewer, tenant_key)
        if (url := item_url(item, tenant_key)) is not None
    ]


def item_url(item: NavItem, tenant_key: str | None) -> str | None:
    """Resolve the place's address; None where its page isn't there (see the system check)."""
    return _address(item.url_name, item, tenant_key)


def _address(url_name: str, item: NavItem, tenant_key: str | None) -> str | None:
    """Within its area; what both sides share has no tenant in its address."""
    for args in ([tenant_key], []) if item.area == "tenant" else ([],):
        try:
            return reverse(url_name, args=args)
        except NoReverseMatch:
            continue
    return None


def _allowed(item: NavItem, viewer: Viewer, tenant_key: str | None) -> bool:
    if item.area == "tenant" and tenant_key is None:
        return False
    return not item.verb or viewer.can(item.verb, tenant_key if item.area == "tenant" else None)


@register("urls")
def nav_check(**_: object) -> list[CheckMessage]:
    """Report places whose page doesn't exist, and keys of two places: the second never works."""
    missing = [
        name
        for item in ITEMS
        for name in (item.url_name, *item.also)
        if _address(name, item, "example") is None
    ]
    keys = Counter((item.area, item.letter) for item in ITEMS if item.letter)
    found: list[CheckMessage] = [
        Error(
            f"The navigation names {name!r}, which no URL has.",
            hint="Add the URL, or take the item out of nav_register().",
            id="portal.ui.E001",
        )
        for name in missing
    ]
    found += [
        Error(
            f"{count} places of the area {area!r} have the key g {letter}.",
            hint="Give each NavItem of an area another letter.",
            id="portal.ui.E003",
        )
        for (area, letter), count in keys.items()
        if count > 1
    ]
    return found
