"""Addresses of the gallery."""

from django.urls import path

from portal.ui.gallery import views

app_name = "gallery"
urlpatterns = [
    path("", views.home, name="home"),
    path("form/", views.form, name="form"),
    path("form/preview/", views.preview, name="preview"),
    path("table/", views.table, name="table"),
    path("detail/", views.detail, name="detail"),
    path("queue/", views.queue, name="queue"),
    path("states/", views.states, name="states"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("error/<int:status>/", views.error, name="error"),
]
