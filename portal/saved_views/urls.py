"""Addresses of the saved views."""

from __future__ import annotations

from django.urls import URLPattern, path

from portal.saved_views import views

shared_urlpatterns: list[URLPattern] = [
    path("settings/views/", views.saved_view_list, name="saved_view_list"),
    path("settings/views/<int:view_id>/rename/", views.saved_view_rename, name="saved_view_rename"),
    path("settings/views/<int:view_id>/delete/", views.saved_view_delete, name="saved_view_delete"),
]
