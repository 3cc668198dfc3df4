"""The page of the search, and the list that opens below the search field while one types."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from portal.pages import person_required, viewer_of
from portal.search.find import search_enough, search_find, search_text
from portal.search.kinds import kinds_all

MOST = 20
MOST_QUICK = 4


@require_GET
@person_required
def search_page(request: HttpRequest) -> HttpResponseBase:
    """Everything that the viewer may open and that holds the text, by kind."""
    viewer = viewer_of(request)
    text = search_text(request.GET.get("q", ""))
    context = {
        "text": text,
        "enough": search_enough(text),
        "found": search_find(viewer=viewer, text=text, most=MOST),
        "kinds": [kind.title for kind in kinds_all() if kind.rows(viewer) is not None],
        "api": f"/api/v1/search/?{urlencode({'q': text or 'name'})}",
    }
    return render(request, "search/search_page.html", context)


@require_GET
@person_required
def search_quick_part(request: HttpRequest) -> HttpResponseBase:
    """The best of each kind, for opening at once."""
    text = search_text(request.GET.get("q", ""))
    found = search_find(viewer=viewer_of(request), text=text, most=MOST_QUICK)
    context = {
        "text": text,
        "enough": search_enough(text),
        "found": found,
        "count": sum(len(each.hits) for each in found),
        "address": urlencode({"q": text}),
    }
    return render(request, "search/_quick.html", context)
