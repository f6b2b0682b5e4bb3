"""Every address of the product."""

from django.urls import include, path

from annotation.api.urls import operations

urlpatterns = [
    path("api/", include("annotation.api.urls")),
    path("", include("annotation.views.urls")),
    *operations,
]
