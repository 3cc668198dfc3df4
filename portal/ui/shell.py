"""What stands around every page: who looks, where, in which theme, with what to tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.ui.counts import Countable, rows_ask
from portal.ui.nav import Area, NavGroup, NavLink, nav_countables, nav_groups, nav_topics
from portal.ui.units import time_units
from portal.viewer import Viewer

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

THEMES = ("light", "dark", "system")
THEME_COOKIE = "berth_theme"
TABS = 4
BELL = "bell"


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a switcher in the top bar."""

    label: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class KeptView:
    """A list as the person kept it: its name, and its address with filters and order."""

    name: str
    path: str
    query: str
    is_current: bool = False

    @property
    def url(self) -> str:
        """Where it opens."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account that one click signs in; `value` is posted to `url` as "account"."""

    label: StrOrPromise
    note: StrOrPromise
    url: str
    value: str


@dataclass(slots=True)
class Sources:
    """Where the shell asks what the chassis can't know; apps fill these in ready().

    `tenant_choices` and `cluster_choices` give what the viewer may switch to; each may cost one
    query. `tenant_titles` names tenants by key, those that the viewer sees. `bell_rows` are the
    unread notices, counted together with the places of the navigation; `saved_rows` are the
    person's views of lists, each with a `row` of what KeptView says.
    """

    tenant_choices: Callable[[Viewer], Sequence[Choice]] | None = None
    tenant_titles: Callable[[Viewer, Collection[str]], Mapping[str, str]] | None = None
    cluster_choices: Callable[[Viewer], Sequence[Choice]] | None = None
    bell_rows: Callable[[Viewer], Countable] | None = None
    bell_url_name: str = ""
    saved_rows: Callable[[Viewer], QuerySet[Any]] | None = None
    saved_url_name: str = ""
    api_url: str = "/api/docs/"
    search_url_name: str = "search"
    quick_url_name: str = "search_quick"
    account_url_name: str = ""
    demo_accounts: Callable[[], Sequence[DemoAccount]] | None = None
    version: str = ""


SOURCES = Sources()


def shell_register(**sources: object) -> None:
    """Fill in sources by name; an unknown name is a programming error."""
    for name, value in sources.items():
        if not hasattr(SOURCES, name):
            msg = f"the shell has no source {name!r}"
            raise TypeError(msg)
        setattr(SOURCES, name, value)


class Shell:
    """Everything the layouts read, computed when first asked for."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.sources = SOURCES
        self.viewer: Viewer = getattr(request, "viewer", None) or Viewer.anonymous()
        self.debug = settings.DEBUG

    @cached_property
    def tenant_key(self) -> str | None:
        """The tenant of the address, else the viewer's first."""
        parts = self.request.path.split("/")
        if parts[1:2] == ["t"] and len(parts) > 2:
            return parts[2] or None
        return min(self.viewer.tenant_verbs, default=None)

    @cached_property
    def area(self) -> Area:
        """Which navigation belongs here; shared pages follow what the viewer is."""
        if self.request.path.startswith("/t/"):
            return "tenant"
        return "ops" if self.viewer.platform_verbs or self.viewer.sees_all else "tenant"

    @property
    def layout(self) -> str:
        """Layout for pages that both sides share: `{% extends shell.layout %}`."""
        if self.viewer.kind == "anonymous":
            return "layouts/bare.html"
        return f"layouts/{self.area}.html"

    @cached_property
    def asked(self) -> tuple[dict[str, int], list[Any]]:
        """Numbers beside places and the bell, and the person's views of lists, by one query."""
        wanted = nav_countables(viewer=self.viewer, area=self.area, tenant_key=self.tenant_key)
        if self.sources.bell_rows and self.viewer.user_id:
            wanted[BELL] = self.sources.bell_rows(self.viewer)
        saved = self.sources.saved_rows
        return rows_ask(wanted, saved(self.viewer) if saved and self.viewer.user_id else None)

    @property
    def counts(self) -> dict[str, int]:
        """Numbers beside places and the bell."""
        return self.asked[0]

    @cached_property
    def nav(self) -> list[NavGroup]:
        """Navigation of this area for this viewer."""
        return nav_groups(
            viewer=self.viewer,
            area=self.area,
            tenant_key=self.tenant_key,
            path=self.request.path,
            counts=self.counts,
        )

    @cached_property
    def tabs(self) -> list[NavLink]:
        """What the phone's tab bar shows beside "More"."""
        links = [link for group in self.nav for link in group.links]
        chosen = [link for link in links if link.on_phone] or links
        return chosen[:TABS]

    @property
    def is_in_menu(self) -> bool:
        """Whether the open place stands in the phone's menu alone."""
        links = [link for group in self.nav for link in group.links]
        return any(link.current and link not in self.tabs for link in links)

    @cached_property
    def tenants(self) -> Sequence[Choice]:
        """Tenants to switch to."""
        choices = self.sources.tenant_choices
        return choices(self.viewer) if choices else ()

    @property
    def tenant_url(self) -> str:
        """Home of that tenant."""
        return f"/t/{self.tenant_key}/"

    @cached_property
    def tenant_label(self) -> str:
        """Title of the tenant of the address, its key where nobody knows it."""
        key = self.tenant_key or ""
        found = (choice.label for choice in self.tenants if choice.url.startswith(self.tenant_url))
        return next(found, None) or titles_of(self.viewer, [key])[key]

    @property
    def all_tenants(self) -> str:
        """What the operators' tenant switcher reads."""
        return _("All tenants")

    @property
    def all_clusters(self) -> str:
        """What the cluster switcher reads."""
        return _("All clusters")

    @cached_property
    def clusters(self) -> Sequence[Choice]:
        """Clusters to switch to."""
        choices = self.sources.cluster_choices
        return choices(self.viewer) if choices else ()

    @property
    def bell(self) -> int:
        """How many notices are unread."""
        return self.counts.get(BELL, 0)

    @property
    def count_topics(self) -> list[str]:
        """What tells that a number beside a place, or the bell's, has changed."""
        if not self.viewer.user_id:
            return []
        places = nav_topics(viewer=self.viewer, area=self.area, tenant_key=self.tenant_key)
        return [f"user:{self.viewer.user_id}", *places]

    @property
    def counts_url(self) -> str:
        """Where those numbers are fetched anew."""
        if self.area == "tenant" and self.tenant_key:
            return reverse("tenant_counts", args=[self.tenant_key])
        return reverse("ops_counts")

    @property
    def counts_trigger(self) -> str:
        """What htmx has to wait for; several changes at once are one."""
        names = (topic.replace(":", "-") for topic in self.count_topics)
        return ", ".join(f"live:{name} from:body delay:300ms" for name in names)

    @property
    def bell_url(self) -> str:
        """Address of the notices, empty where there are none."""
        return url_or_empty(self.sources.bell_url_name)

    @cached_property
    def saved(self) -> list[KeptView]:
        """The person's views of lists on this side, with the open one marked."""
        views = sorted((KeptView(**row) for row in self.asked[1]), key=lambda view: view.name)
        now = self.request.path, self.request.GET.urlencode()
        areas = ("/ops/", "/jobs/") if self.area == "ops" else (f"/t/{self.tenant_key}/", "/jobs/")
        return [
            replace(view, is_current=(view.path, view.query) == now)
            for view in views
            if view.path.startswith(areas)
        ]

    @property
    def saved_of_list(self) -> list[KeptView]:
        """Those of the list that is open."""
        return [view for view in self.saved if view.path == self.request.path]

    @property
    def saved_here(self) -> KeptView | None:
        """The one that is open."""
        return next((view for view in self.saved if view.is_current), None)

    @property
    def saved_url(self) -> str:
        """Address of the person's views, empty where there are none."""
        return url_or_empty(self.sources.saved_url_name) if self.viewer.user_id else ""

    @property
    def account_url(self) -> str:
        """Address of the viewer's own settings, empty where there are none."""
        return url_or_empty(self.sources.account_url_name)

    @property
    def logout_url(self) -> str:
        """Where signing out is posted to."""
        return url_or_empty("account_logout")

    @property
    def demo_accounts(self) -> Sequence[DemoAccount]:
        """Accounts for the sign-in page of a demonstration."""
        accounts = self.sources.demo_accounts
        return accounts() if accounts else ()

    @property
    def search_url(self) -> str:
        """Address of the search, empty where there is none."""
        return url_or_empty(self.sources.search_url_name)

    @property
    def quick_url(self) -> str:
        """Address of the list that opens below the search field."""
        return url_or_empty(self.sources.quick_url_name)

    @property
    def search_text(self) -> str:
        """What was searched for, on the page that shows what was found."""
        here = self.request.path == self.search_url
        return self.request.GET.get("q", "") if here else ""

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        words = self.viewer.label.replace(".", " ").replace("-", " ").split()
        return "".join(word[0] for word in words[:2]) or "?"

    @property
    def theme_choice(self) -> str:
        """What the viewer chose: light, dark, or what their system says."""
        chosen = self.request.COOKIES.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else "system"

    @property
    def theme(self) -> str:
        """Theme for the first bytes of the page; theme.js settles "system" before paint."""
        return "dark" if self.theme_choice == "dark" else "light"

    @property
    def language_tag(self) -> str:
        """Language as browsers write it."""
        return {"zh-hans": "zh-Hans"}.get(get_language() or "en", "en")

    @property
    def request_id(self) -> str:
        """Number under which the server logged this request."""
        return getattr(self.request, "request_id", "")

    @property
    def time_words(self) -> str:
        """Short words for day, hour, minute, second, for the browser's clock."""
        return ",".join(word for word, _size in time_units())


def titles_of(viewer: Viewer, keys: Collection[str]) -> dict[str, str]:
    """Titles of tenants by key; the key itself where the viewer doesn't see the tenant."""
    known = SOURCES.tenant_titles(viewer, keys) if SOURCES.tenant_titles else {}
    return {key: known.get(key, key) for key in keys}


def url_or_empty(url_name: str) -> str:
    """Reverse a name without arguments; empty where it isn't there."""
    try:
        return reverse(url_name) if url_name else ""
    except NoReverseMatch:
        return ""
