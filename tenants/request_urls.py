"""Addresses of the pages of requests."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenants.views import queue, request_form, requests

request_ops_urlpatterns: list[URLPattern] = [
    path("queue/", queue.queue_page, name="request_queue"),
    path("queue/panel/", queue.queue_panel, name="queue_panel"),
    path("queue/<int:request_id>/", queue.queue_page, name="queue_one"),
    *(
        path(f"queue/<int:request_id>/{verb}/", queue.queue_act, {"verb": verb}, f"queue_{verb}")
        for verb in ("claim", "approve", "counter", "reject")
    ),
]
request_tenant_urlpatterns: list[URLPattern] = [
    path("requests/", requests.request_list_page, name="request_list"),
    path("requests/panel/", requests.request_panel, name="request_panel"),
    path("requests/new/", request_form.request_new_page, name="request_new"),
    path("requests/preview/", request_form.request_preview_part, name="request_preview"),
    path("requests/draft/", request_form.request_draft_part, name="request_draft"),
    path("requests/devices/", request_form.request_devices_part, name="request_devices"),
    path("requests/<int:request_id>/", requests.request_page, name="request_page"),
    path("requests/<int:request_id>/edit/", request_form.request_new_page, name="request_edit"),
    path("requests/<int:request_id>/now/", requests.request_now_part, name="request_now"),
    *(
        path(
            f"requests/<int:request_id>/{verb}/",
            requests.request_act,
            {"verb": verb},
            f"request_{verb}",
        )
        for verb in ("accept", "decline", "withdraw")
    ),
]
