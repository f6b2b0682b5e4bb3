"""Addresses of the JSON API, health and metrics."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
