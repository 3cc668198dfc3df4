"""Addresses of the search, collected by portal.urls."""

from __future__ import annotations

from django.urls import URLPattern, path

from portal.search import views

shared_urlpatterns: list[URLPattern] = [
    path("search/", views.search_page, name="search"),
    path("search/quick/", views.search_quick_part, name="search_quick"),
]
