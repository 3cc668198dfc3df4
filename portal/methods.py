"""What a browser gets that opens an address by a method which it does not take."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from portal.answers import error_page, wants_problem

GetResponse = Callable[[HttpRequest], HttpResponseBase]
SILENT = ("HEAD", "OPTIONS")  # nobody reads what stands in their answers


class MethodMiddleware:
    """Put a bare 405 into words; whoever only looked is led to the page that has the form.

    Reloading, the history and the address bar open by GET what a form had sent: such an address
    lies below the page that it belongs to. Who may see that page is asked there.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code != 405 or wants_problem(request) or request.method in SILENT:
            return response
        page = _page_above(request) if request.method == "GET" else ""
        if page:
            return HttpResponseRedirect(page)
        words = _(
            "This address only takes what a form sends. Nothing was changed. Go back to the page "
            "with the form, and send it from there."
        )
        shown = error_page(request, status=405, detail=words)
        shown["Allow"] = response["Allow"]
        return shown


def _page_above(request: HttpRequest) -> str:
    """The nearest address above that leads somewhere; empty for fragments, and where none does."""
    if request.headers.get("HX-Request") == "true":
        return ""
    parts = request.path.strip("/").split("/")
    for count in range(len(parts) - 1, 0, -1):
        above = f"/{'/'.join(parts[:count])}/"
        try:
            resolve(above)
        except Resolver404:
            continue
        query = request.META.get("QUERY_STRING", "")
        return f"{above}?{query}" if query else above
    return ""
