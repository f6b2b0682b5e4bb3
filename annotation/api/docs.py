"""The API's description and a page to try it on, both under the strict CSP."""

from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView


class Schema(SpectacularJSONAPIView):
    """OpenAPI 3, as JSON."""


class Docs(SpectacularSwaggerSplitView):
    """Swagger UI, from our own static files; its script has an address of its own, so nothing is inline."""

    url_name = "api-schema"
    template_name = "api/docs.html"
