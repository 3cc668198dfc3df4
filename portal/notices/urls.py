"""Addresses of the notices."""

from __future__ import annotations

from django.urls import URLPattern, path

from portal.notices import views

shared_urlpatterns: list[URLPattern] = [
    path("settings/notices/", views.notice_list, name="notice_list"),
    path("settings/notices/read/", views.notice_read_all, name="notice_read_all"),
    path("settings/notices/choices/", views.notice_choices, name="notice_choices"),
    path("settings/notices/<int:notice_id>/", views.notice_open, name="notice_open"),
]
