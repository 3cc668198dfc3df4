"""Bars as data for inline SVG: pure functions from amounts to percent and pixels.

The grammar is the same on every page. Main bar at y 2, cap tick across it, measured use as a
second bar below, never on the main one. In `quota_bar` the guaranteed amount always ends at 72 %
of the width, so those ends line up down a column. Everything is returned as text that fits an
SVG attribute, since the Content-Security-Policy leaves no room for computed styles.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from portal.ui.canvas import Bar, Canvas, Label, Part, Size, percent
from portal.ui.units import amount_text, resource_title

__all__ = ["Bar", "Label", "Size", "capacity_bar", "pool_bar", "quota_bar", "request_bar"]

GUARANTEED_AT = 72.0
LEAST_HOLLOW_PX = 3.5
LEAST_OVER = 0.03  # of the width


def quota_bar(
    *,
    resource: str,
    guaranteed: int,
    allocated: int,
    cap: int | None = None,
    releasing: int = 0,
    lent: int = 0,
    used: int | None = None,
    size: Size = "row",
) -> Bar:
    """Draw a tenant's quota; amounts in base units, `allocated` includes `releasing`.

    `used` None means "not reported": the words say so and no used bar is drawn.
    """
    limit = guaranteed if cap is None else cap
    scale = guaranteed or max(limit, allocated, 1)
    canvas = Canvas(scale, GUARANTEED_AT if guaranteed else 100.0, size)
    canvas.part("track", 0, guaranteed)
    held = allocated - releasing
    canvas.part("fill", 0, min(held, guaranteed))
    canvas.part("borrowed", guaranteed, min(held, limit), dx=1.5)
    canvas.part("lent", guaranteed - lent, guaranteed)
    canvas.part("releasing", held, min(allocated, max(limit, guaranteed)))
    canvas.part("over", limit, allocated)
    canvas.used(used)
    canvas.rails(max(guaranteed, min(allocated, limit)), limit)
    canvas.tick("cap", limit)
    return canvas.bar(
        _quota_words(resource, guaranteed, allocated, limit, used),
        _quota_labels(resource, guaranteed, allocated, limit, releasing),
    )


def pool_bar(
    *,
    resource: str,
    promised: int,
    usable: int,
    allocated: int,
    used: int | None = None,
    size: Size = "row",
) -> Bar:
    """Draw a pool: the track is what was promised, the tick what can be used."""
    scale = promised or max(usable, 1)
    canvas = Canvas(scale, GUARANTEED_AT if promised else 100.0, size)
    canvas.part("track", 0, promised)
    canvas.part("fill", 0, allocated)
    canvas.part("promised", usable, promised)
    canvas.used(used)
    canvas.rails(promised, usable)
    canvas.tick("cap", usable)
    words = _("%(resource)s: promised %(promised)s, usable %(usable)s, allocated %(allocated)s")
    text = words % {
        "resource": resource_title(resource),
        "promised": _say(promised, resource),
        "usable": _say(usable, resource),
        "allocated": _say(allocated, resource),
    }
    return canvas.bar(
        text,
        (
            Label(_("allocated"), _number(allocated, resource)),
            Label(_("promised"), _number(promised, resource)),
            Label(_("usable"), _number(usable, resource)),
        ),
    )


def capacity_bar(
    *,
    resource: str,
    installed: int,
    usable: int,
    allocated: int,
    others: int = 0,
    used: int | None = None,
    width_px: int = 104,
    size: Size = "row",
) -> Bar:
    """Draw a cluster's or node's capacity; what is installed but not usable is a hollow end.

    `allocated` is what Berth gave away, `others` what pods hold that are not Berth's. The hollow
    end is at least 3.5 px of `width_px` wide, or a single sick device would vanish.
    """
    canvas = Canvas(max(installed, usable, 1), size=size)
    least = LEAST_HOLLOW_PX / width_px * 100
    start = min(canvas.at(usable), 100 - least) if installed > usable else 100.0
    squeeze = start / canvas.at(usable) if canvas.at(usable) else 1.0
    canvas.whole_at *= squeeze
    canvas.part("track", 0, usable)
    canvas.part("fill", 0, min(allocated, usable))
    canvas.part("other", min(allocated, usable), min(allocated + others, usable))
    if installed > usable:
        hollow = Part("hollow", percent(start), percent(100 - start), 2, canvas.main)
        canvas.parts.append(hollow)
    canvas.used(used)
    words = _(
        "%(resource)s: allocated %(allocated)s, held by other pods %(others)s,"
        " of %(usable)s usable, %(installed)s installed, used %(used)s"
    )
    text = words % {
        "resource": resource_title(resource),
        "allocated": _say(allocated, resource),
        "others": _say(others, resource),
        "usable": _say(usable, resource),
        "installed": _say(installed, resource),
        "used": _say(used, resource),
    }
    return canvas.bar(text, ())


def request_bar(
    *,
    resource: str,
    cap: int,
    allocated: int,
    asked: int,
    guaranteed: int | None = None,
    used: int | None = None,
    size: Size = "panel",
) -> Bar:
    """Draw what an ask would do: allocated solid, asked tinted, beyond the cap hatched red."""
    line = cap if guaranteed is None else guaranteed
    after = allocated + asked
    # A little too much is still seen: the stretch beyond the cap has a least width.
    edge = max(after, cap / (1 - LEAST_OVER)) if after > cap else after
    canvas = Canvas(max(cap, edge, 1), size=size)
    canvas.part("track-plain", 0, min(line, cap))
    canvas.part("may", line, cap)
    canvas.part("fill", 0, min(allocated, line, cap))
    canvas.part("held", line, min(allocated, cap))
    canvas.part("asked", allocated, min(after, line, cap))
    canvas.part("asked-borrowed", max(allocated, line), min(after, cap))
    canvas.part("over", min(max(cap, allocated), after), edge)
    canvas.used(used)
    if guaranteed is not None and guaranteed < cap:
        canvas.tick("mark", guaranteed)
    canvas.tick("cap", cap)
    words = _("%(resource)s: now %(now)s, asked %(asked)s, cap %(cap)s, used %(used)s")
    text = words % {
        "resource": resource_title(resource),
        "now": _say(allocated, resource),
        "asked": _say(asked, resource),
        "cap": _say(cap, resource),
        "used": _say(used, resource),
    }
    return canvas.bar(text, _request_labels(resource, line, cap, allocated, after, used))


def _request_labels(
    resource: str, line: int, cap: int, allocated: int, after: int, used: int | None
) -> tuple[Label, ...]:
    first = Label(_("now"), _number(allocated, resource))
    if used is not None:
        first = Label(_("used"), _number(used, resource))
    labels = [first]
    if line != cap:
        labels.append(Label(_("guaranteed"), _number(line, resource)))
    labels.append(Label(_("cap"), _number(cap, resource)))
    if after > cap:
        labels.append(Label("", _number(after, resource), "danger"))
    return tuple(labels)


def _quota_words(
    resource: str, guaranteed: int, allocated: int, limit: int, used: int | None
) -> str:
    words = _(
        "%(resource)s: allocated %(allocated)s, guaranteed %(guaranteed)s,"
        " cap %(cap)s, used %(used)s"
    )
    text = words % {
        "resource": resource_title(resource),
        "allocated": _say(allocated, resource),
        "guaranteed": _say(guaranteed, resource),
        "cap": _say(limit, resource),
        "used": _say(used, resource),
    }
    if allocated <= limit:
        return text
    return text + ", " + _("over by %(over)s") % {"over": _say(allocated - limit, resource)}


def _quota_labels(
    resource: str, guaranteed: int, allocated: int, limit: int, releasing: int
) -> tuple[Label, ...]:
    labels = [Label(_("allocated"), _number(allocated, resource))]
    if releasing:
        labels.append(Label(_("releasing"), _number(releasing, resource)))
    labels.append(Label(_("guaranteed"), _number(guaranteed, resource)))
    if limit != guaranteed:
        labels.append(Label(_("cap"), _number(limit, resource)))
    if allocated > limit:
        labels.append(Label(_("over"), _number(allocated - limit, resource), "danger"))
    return tuple(labels)


def _number(value: int, resource: str) -> str:
    return amount_text(value, resource).number


def _say(value: int | None, resource: str) -> str:
    return str(amount_text(value, resource))
