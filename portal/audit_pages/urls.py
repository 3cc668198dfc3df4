"""Address of the audit log, collected by portal.urls."""

from __future__ import annotations

from django.urls import URLPattern, path

from portal.audit_pages import views

ops_urlpatterns: list[URLPattern] = [path("audit/", views.audit_page, name="audit_list")]
