"""Tags and filters of the kit; built in, so templates need no {% load %} for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms, template
from django.conf import settings
from django.core.paginator import Paginator
from django.forms import BoundField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from portal.ui import filters, html, units
from portal.ui.charts import Bar, request_bar

register = template.Library()

register.simple_tag(html.icon_html, name="icon")
register.simple_tag(html.status_html, name="status")
register.simple_tag(html.chip_html, name="chip")
register.simple_tag(html.amount_html, name="amount")
register.simple_tag(html.amount_of_html, name="amount_of")
register.simple_tag(html.bar_html, name="bar_svg")
register.simple_tag(html.rel_time_html, name="rel_time")
register.simple_tag(html.fresh_html, name="fresh")
register.simple_tag(html.two_lines_html, name="two_lines")


@register.filter
def count(value: float | None) -> str:
    """A whole number with thousands."""
    return units.format_count(value)


@register.filter
def plain(value: object) -> str:
    """A number as programs write it: for ids in attributes, which must not get thousands."""
    return str(value)


@register.filter(name="amount")
def amount_filter(value: int | None, resource: str) -> SafeString:
    """An amount in base units with its unit, for sentences: 48 cores."""
    return html.amount_words_html(value, resource)


@register.filter
def number_of(value: int | None, resource: str) -> SafeString:
    """An amount in base units as a number alone, for columns whose head names the unit."""
    return html.number_html(value, resource)


@register.filter
def signed(value: int | None, resource: str) -> SafeString:
    """A change with its sign, as a number alone: +16."""
    return html.number_html(value, resource, signed=True)


@register.filter
def digits_of(value: int | None, resource: str) -> str:
    """As number_of without markup: for attributes, and beside exact_of."""
    return units.amount_text(value, resource).number


@register.filter
def exact_of(value: int | None, resource: str) -> str:
    """An amount exactly, in its base unit: 48,000 milli-cores; empty where the number is that."""
    return units.amount_text(value, resource).exact


@register.filter
def unit_of(resource: str) -> str:
    """The unit in which amounts of a resource are shown; empty for devices."""
    return units.amount_text(1, resource).unit


@register.filter
def resource_title(resource: str) -> str:
    """A resource's name for people."""
    return units.resource_title(resource)


@register.filter
def percent_of(part: float | None, whole: float | None) -> str:
    """A share in percent, without the sign."""
    return units.percent_text(part, whole)


@register.filter
def age(seconds: float | None) -> str:
    """A length of time in seconds: 6 m 39 s."""
    return "–" if seconds is None else units.age_text(seconds)


@register.filter
def datetime_zone(at: datetime | None, style: units.MomentStyle = "full") -> str:
    """A moment in the viewer's zone; styles full, minute, day, clock, clock_zone, today."""
    return units.moment_text(at, style)


@register.filter
def time_zone(field: BoundField) -> str:
    """The zone in which a field for a time is read; empty for other fields."""
    is_time = isinstance(field.field, forms.DateTimeField)
    return units.zone_text(timezone.now()) if is_time else ""


@register.filter
def get(mapping: Mapping[Any, Any] | None, key: object) -> Any:
    """Look a key up that isn't known when the template is written."""
    return (mapping or {}).get(key)


@register.filter
def optional(field: BoundField) -> bool:
    """Tell whether to mark the field as optional: fields are required unless they say so.

    A form whose services check what is needed names in `answered` what is not optional even so.
    """
    return not field.field.required and field.name not in getattr(field.form, "answered", ())


@register.filter
def no_placeholder(field: BoundField) -> SafeString:
    """A control without the placeholder that a third party's form put where a label belongs."""
    return field.as_widget(attrs={"placeholder": ""})


@register.filter
def is_check(field: BoundField) -> bool:
    """Tell whether the field is a lone checkbox, whose label stands beside it."""
    widget = field.field.widget
    return getattr(widget, "input_type", "") == "checkbox" and not widget.use_fieldset


@register.filter
def is_group(field: BoundField) -> bool:
    """Tell whether the field is several controls, which need a fieldset and a legend."""
    return bool(field.field.widget.use_fieldset)


@register.simple_tag
def refusal_bar(refusal: Any) -> Bar | None:
    """The bar of a refusal that has numbers (a Refusal or its as_dict()); None without them."""
    data = refusal if isinstance(refusal, Mapping) else refusal.as_dict()
    limit, now, asked = data.get("limit"), data.get("now"), data.get("asked")
    if limit is None or now is None or asked is None or asked <= 0:
        return None
    return request_bar(resource=data.get("dimension", ""), cap=limit, allocated=now, asked=asked)


@register.simple_tag(takes_context=True)
def query(
    context: dict[str, Any], param: str = "", value: object = None, **changes: object
) -> SafeString:
    """The page's query string with changes; None takes a parameter out. Starts with "?".

    `param` and its value come first where a template doesn't know the name.
    """
    params = context["request"].GET.copy()
    for name, new in (changes | ({param: value} if param else {})).items():
        if new is None:
            params.pop(name, None)
        else:
            params[name] = str(new)
    return SafeString("?" + params.urlencode().replace("&", "&amp;"))


@register.filter
def words(text: str) -> list[str]:
    """Words of a text, to loop over a short fixed list."""
    return text.split()


@register.filter
def filters_in_force(request: HttpRequest | None) -> bool:
    """Tell whether the address filters the list on this page."""
    return request is not None and filters.filters_in_force(request)


@register.filter
def page_numbers(paginator: Paginator[Any], number: int) -> list[int | str]:
    """First, last and nearby pages; "…" for those left out."""
    pages = paginator.get_elided_page_range(number, on_each_side=2, on_ends=1)
    return ["…" if page == str(paginator.ELLIPSIS) else page for page in pages]


@register.simple_tag
def rest_path(path: str, filter_set: filters.BerthFilterSet | None = None) -> str:
    """The path of a REST list, narrowed as the page's list is."""
    query = filter_set.rest_query if filter_set else ""
    return f"{path}{'&' if '?' in path else '?'}{query}" if query else path


@register.simple_tag
def curl(method: str, path: str, body: str = "", version: str = "", session: bool = False) -> str:
    """A call as one would type it; the token is a variable, never a value.

    `version` is that of an object whose change has to name it. `session` is for what belongs to a
    person, which no token may touch.
    """
    lines = [f'curl -X {method} "$BERTH_URL{path}"', *_who(method, session=session)]
    if method != "GET":
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if version:
        lines.append(f"-H 'If-Match: \"{version}\"'")
    if body:
        quoted = body.strip().replace("'", "'\\''")
        lines += ['-H "Content-Type: application/json"', f"-d '{quoted}'"]
    return " \\\n  ".join(lines)


def _who(method: str, *, session: bool) -> list[str]:
    if not session:
        return ['-H "Authorization: Bearer $BERTH_TOKEN"']
    names = {"SESSION": settings.SESSION_COOKIE_NAME, "CSRF": settings.CSRF_COOKIE_NAME}
    cookies = f'-b "{names["SESSION"]}=$BERTH_SESSION; {names["CSRF"]}=$BERTH_CSRF"'
    if method == "GET":
        return [cookies]
    return [cookies, '-H "X-CSRFToken: $BERTH_CSRF"', '-H "Referer: $BERTH_URL/"']
