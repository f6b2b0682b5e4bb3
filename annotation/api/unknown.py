"""Addresses under /api/ that do not exist are refused like everything else there: as JSON."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


@extend_schema(exclude=True)
class Unknown(APIView):
    """Nothing."""

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """404 whatever the method, once it is known who asks."""
        super().initial(request, *args, **kwargs)
        raise Http404

    def get(self, request: Request, rest: str) -> Response:
        """Never reached."""
        raise Http404
