"""Addresses of jobs, collected by portal.urls."""

from __future__ import annotations

from django.urls import URLPattern, path

from portal.jobs import views

ops_urlpatterns: list[URLPattern] = []
tenant_urlpatterns: list[URLPattern] = [
    path("jobs/", views.tenant_job_list_page, name="tenant_job_list"),
]
shared_urlpatterns: list[URLPattern] = [
    path("jobs/", views.job_list_page, name="job_list"),
    path("jobs/<int:job_id>/", views.job_page, name="job_page"),
    path("jobs/<int:job_id>/part/", views.job_part, name="job_part"),
    path("jobs/<int:job_id>/cancel/", views.job_cancel_act, name="job_cancel"),
    path("jobs/<int:job_id>/retry/", views.job_retry_act, name="job_retry"),
]
