"""Base of all tables: one look, names for screen readers, a sensible empty state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import django_tables2
from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.pages import viewer_of
from portal.ui.html import amount_html, bar_html, rel_time_html, status_html, two_lines_html
from portal.ui.units import format_count

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from portal.ui.charts import Bar
    from portal.viewer import Viewer

PER_PAGE = (25, 50, 100)
NOTHING_YET = _("Nothing here yet")


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says: what this is, and the one action that fills it.

    `verb` is the platform's right that the action takes; who lacks it is not offered the action.
    """

    title: StrOrPromise = NOTHING_YET
    text: StrOrPromise = ""
    action: StrOrPromise = ""
    url: str = ""
    icon: str = "inbox"
    verb: str = ""

    def offered_to(self, viewer: Viewer) -> Empty:
        """The same as one viewer may read it."""
        may = not self.verb or viewer.can(self.verb)
        return self if may else replace(self, action="", url="")


class BerthTable(django_tables2.Table):
    """A table in our look. Subclasses set `caption` and, where it helps, `empty`.

    `plain_head = True` leaves the head out of sticking (for tables inside a panel).
    `row_key` names the attribute that identifies a row across live refreshes.
    """

    caption: StrOrPromise = ""
    empty: Empty = Empty()
    plain_head = False

    class Meta:
        template_name = "tables/table.html"
        attrs = {"class": "b-table"}
        order_by_field = "sort"
        per_page = 50
        default = "–"


def table_build(
    table_class: type[BerthTable],
    rows: Any,
    *,
    request: HttpRequest,
    per_page: int = 50,
    empty: Empty | None = None,
    **arguments: Any,
) -> BerthTable:
    """Make a table sorted and paginated by the address (?sort=, ?page=, ?per_page=)."""
    table = table_class(rows, **arguments)
    table.empty = (empty or table.empty).offered_to(viewer_of(request))
    if table.prefixed_order_by_field in request.GET:
        table.order_by = request.GET.getlist(table.prefixed_order_by_field)
    size = _size_asked(request, per_page)
    _page_choose(table, request.GET.get(table.prefixed_page_field, "1"), size)
    return table


def rows_page(
    rows: Sequence[Any] | Any, *, request: HttpRequest, per_page: int = 50, param: str = "page"
) -> Page[Any]:
    """The page of a list that is no table, by the same address (?page=, ?per_page=).

    A second list of the page has a parameter of its own, which <c-pager> is told, too.
    """
    paginator = Paginator(rows, _size_asked(request, per_page))
    return paginator.get_page(request.GET.get(param, "1"))


def _size_asked(request: HttpRequest, per_page: int) -> int:
    wanted = request.GET.get("per_page", "")
    return int(wanted) if wanted in map(str, PER_PAGE) else per_page


def _page_choose(table: BerthTable, page: str, size: int) -> None:
    """Open a page; one that doesn't exist becomes the last, nonsense the first.

    django-tables2's own RequestConfig would take any page size from the address.
    """
    table.paginate(page=1, per_page=size)
    table.page = table.paginator.get_page(page)


class SelectColumn(django_tables2.Column):
    """A box that chooses the row for `<c-bulk>`; `of` names the row, or says "" for no box."""

    attrs: Any = {"td": {"class": "b-select"}, "th": {"class": "b-select"}}

    def __init__(self, *, of: Callable[[Any], StrOrPromise], **options: Any) -> None:
        super().__init__(verbose_name=_("Choose"), accessor="pk", orderable=False, **options)
        self.of = of

    def render(self, value: int, record: Any) -> SafeString | str:
        """The box belongs to the bar's form, which stands below the table."""
        name = self.of(record)
        if not name:
            return ""
        return format_html(
            '<label><input type="checkbox" name="ids" value="{}" form="b-bulk" data-choose'
            ' aria-label="{}"></label>',
            str(value),
            _("Choose %(name)s") % {"name": name},
        )


class NumberColumn(django_tables2.Column):
    """Right-aligned whole numbers; None reads "not reported" unless `default` says otherwise."""

    empty_default = _("not reported")
    attrs: Any = {"td": {"class": "b-num"}, "th": {"class": "b-num"}}

    @property
    def default(self) -> StrOrPromise:
        """What stands for None."""
        return self._default or self.empty_default

    def render(self, value: float) -> str:
        """Group thousands."""
        return format_count(value)


class AmountColumn(NumberColumn):
    """An amount of one resource in base units, with its unit."""

    def __init__(self, *arguments: Any, resource: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.resource = resource

    def render(self, value: float) -> SafeString:
        """Number in bold, unit dim, exact value on hover."""
        return amount_html(int(value), self.resource)


class AgeColumn(django_tables2.Column):
    """How long since (until=True: in how long; ago=True: as a time ago); counts in the browser."""

    attrs: Any = {"td": {"class": "b-num"}, "th": {"class": "b-num"}}

    def __init__(
        self, *arguments: Any, until: bool = False, ago: bool = False, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.until, self.ago = until, ago

    def render(self, value: datetime) -> SafeString:
        """Show the age, the moment on hover."""
        return rel_time_html(value, until=self.until, ago=self.ago)


class StatusColumn(django_tables2.Column):
    """A state: `of` maps the row to (kind, word) for status_html."""

    attrs: Any = {"td": {"class": "b-lead"}}

    def __init__(
        self, *arguments: Any, of: Callable[[Any], tuple[str, StrOrPromise]], **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.of = of

    def render(self, record: Any) -> SafeString:
        """Icon and word."""
        return status_html(*self.of(record))


class BarColumn(django_tables2.Column):
    """A bar of portal.ui.charts: `of` maps the row to it, or to None for no bar."""

    attrs: Any = {"td": {"class": "b-wide b-bare b-bar-cell"}}

    def __init__(self, *arguments: Any, of: Callable[[Any], Bar | None], **options: Any) -> None:
        super().__init__(*arguments, orderable=False, empty_values=(), **options)
        self.of = of

    def render(self, record: Any) -> SafeString:
        """Inline SVG with its words for readers."""
        return bar_html(self.of(record))


class NameColumn(django_tables2.Column):
    """The row's name as link, with one line of context below where `context` gives one."""

    def __init__(
        self,
        *arguments: Any,
        url: Callable[[Any], str] | None = None,
        context: Callable[[Any], StrOrPromise] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.url, self.context = url, context

    def render(self, value: Any, record: Any) -> SafeString:
        """One line or two."""
        url = self.url(record) if self.url else ""
        if self.context:
            return two_lines_html(value, self.context(record), url)
        if url:
            return format_html('<a class="b-name" href="{}">{}</a>', url, value)
        return format_html('<span class="b-name">{}</span>', value)
