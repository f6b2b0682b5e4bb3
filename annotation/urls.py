"""Every address of the product."""

from django.urls import include, path

urlpatterns = [
    path("", include("annotation.views.urls")),
    path("", include("annotation.api.urls")),
]
