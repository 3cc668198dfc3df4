"""Pages of the gallery: each shows the components that one kind of page is made of."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.ui.gallery import samples
from portal.ui.gallery.forms import SampleFilter, SampleForm
from portal.ui.tables import Empty, table_build


def home(request: HttpRequest) -> HttpResponse:
    """A page like the operator's home: key numbers, attention, a table with bars."""
    return render(request, "gallery/home.html", samples.home(timezone.now()))


def form(request: HttpRequest) -> HttpResponse:
    """A page like the request form, with the preview beside it."""
    bound = SampleForm(request.POST) if request.method == "POST" else SampleForm()
    status = 422 if bound.is_bound and not bound.is_valid() else 200
    context = {"form": bound, "crumbs": [("speech-lab", "/t/speech-lab/"), (_("Requests"), "/")]}
    return render(
        request, "gallery/form.html", context | samples.preview(timezone.now()), status=status
    )


def preview(request: HttpRequest) -> HttpResponse:
    """The preview alone, as <auto-preview> asks for it."""
    return render(request, "gallery/_preview.html", samples.preview(timezone.now()))


def table(request: HttpRequest) -> HttpResponse:
    """A list page: filter bar, chips, table, pages."""
    rows = samples.nodes()
    found = SampleFilter(request.GET, rows)
    built = table_build(samples.NodeTable, found.qs, request=request, per_page=25)
    context = {"table": built, "filter": found, "total": len(found.qs)}
    return render(request, "gallery/table.html", context)


def detail(request: HttpRequest) -> HttpResponse:
    """A page like an allocation: facts, steps, log, refusal, quota effect, activity."""
    return render(request, "gallery/detail.html", samples.detail(timezone.now()))


def queue(request: HttpRequest) -> HttpResponse:
    """A split view."""
    return render(request, "gallery/queue.html", samples.queue(timezone.now()))


def states(request: HttpRequest) -> HttpResponse:
    """Empty, loading, error, stale, forbidden; chips, statuses, buttons, a dialog."""
    context = {
        "empty": Empty(
            _("No clusters yet"),
            _("A cluster is where allocations run. Berth needs its address and a credential."),
            _("Add a cluster"),
            "/",
            "server-2",
        ),
    }
    return render(request, "gallery/states.html", context | samples.states(timezone.now()))


def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page with two demo accounts."""
    return render(request, "account/login.html", samples.sign_in())


def error(request: HttpRequest, status: int) -> HttpResponse:
    """An error page; its own answer is 200, or browsers report it as an error of their own."""
    context = {
        "status": status,
        "title": _("Not found") if status < 500 else _("Something went wrong in Berth"),
        "detail": _("There is nothing here, or you may not see it."),
        "refusal": None,
        "request_id": "0f1e2d3c4b5a",
    }
    template = "errors/page.html" if status < 500 else "errors/bare.html"
    return render(request, template, context)
