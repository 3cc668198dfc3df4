"""Addresses of this app, collected by portal.urls."""

from __future__ import annotations

from django.urls import URLPattern

ops_urlpatterns: list[URLPattern] = []
tenant_urlpatterns: list[URLPattern] = []
shared_urlpatterns: list[URLPattern] = []
