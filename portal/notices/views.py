"""Pages of the notices: the page of all, the choice of ways."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from portal.errors import Invalid, NotFound
from portal.notices import inbox
from portal.notices.forms import ChoicesForm
from portal.pages import person_required, viewer_of

PAGE_ROWS = 50


@require_GET
@never_cache
@person_required
def notice_list(request: HttpRequest) -> HttpResponse:
    """All notices, newest first, and the choice of ways."""
    viewer = viewer_of(request)
    page = Paginator(inbox.notices_of(viewer), PAGE_ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "notices": inbox.notice_views(list(page.object_list)),
        "unread": inbox.notices_unread(viewer).count(),
        "choices": inbox.choices_of(viewer),
    }
    return render(request, "portal/notices.html", context)


@require_POST
@person_required
def notice_open(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Mark one read and go to what it tells of."""
    viewer = viewer_of(request)
    notice = inbox.notices_of(viewer).filter(pk=notice_id).first()
    if notice is None:
        raise NotFound
    inbox.notice_read(viewer=viewer, notice_id=notice_id, now=timezone.now())
    return HttpResponseRedirect(notice.url or reverse("notice_list"))


@require_POST
@person_required
def notice_read_all(request: HttpRequest) -> HttpResponse:
    """Mark read what the person has seen: all up to the newest one that was shown."""
    text = request.POST.get("up_to", "")
    if text and not (text.isdecimal() and len(text) < 19):
        raise Invalid(fields={"up_to": [_("Give the id of a notice.")]})
    up_to = int(text) if text else None
    inbox.notices_read_all(viewer=viewer_of(request), now=timezone.now(), up_to_id=up_to)
    return HttpResponseRedirect(reverse("notice_list"))


@require_POST
@person_required
def notice_choices(request: HttpRequest) -> HttpResponse:
    """Keep how the person wants to be told."""
    viewer = viewer_of(request)
    form = ChoicesForm(inbox.choices_of(viewer), request.POST)
    if form.is_valid():
        inbox.choices_set(viewer=viewer, ways=form.ways())
    return HttpResponseRedirect(reverse("notice_list"))
