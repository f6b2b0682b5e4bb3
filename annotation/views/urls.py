"""Addresses of the pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, path

from annotation.views import annotations, assignments, guidelines, home, users

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("me/single-keys/", users.single_keys, name="single-keys"),
    path("p/<slug:slug>/guidelines/", guidelines.guidelines, name="guidelines"),
    path("queues/<int:queue_id>/annotate/", assignments.annotate, name="annotate"),
    path("queues/<int:queue_id>/undo/", annotations.undo, name="queue-undo"),
    path("assignments/<int:assignment_id>/", assignments.assignment, name="assignment"),
    path("assignments/<int:assignment_id>/submit/", annotations.submit, name="assignment-submit"),
    path("assignments/<int:assignment_id>/skip/", annotations.skip, name="assignment-skip"),
    path("assignments/<int:assignment_id>/change/", annotations.supersede, name="assignment-change"),
    path("assignments/<int:assignment_id>/draft/", assignments.draft, name="assignment-draft"),
    path("assignments/<int:assignment_id>/heartbeat/", assignments.heartbeat, name="assignment-heartbeat"),
]
