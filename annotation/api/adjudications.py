"""Adjudication over HTTP: a disputed item, lent to a reviewer."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.actions import adjudications
from annotation.api import access
from annotation.api.assignments import Blinded, blinded
from annotation.models import Item, Role, Scope


class Adjudicate(APIView):
    """The last word on a disputed item."""

    @extend_schema(request=None, responses={201: Blinded})
    def post(self, request: Request, item_id: int) -> Response:
        """Lend the item to this reviewer, without what anybody said; it is answered like any other assignment."""
        visible = Item.objects.visible_to(access.person(request))
        item = access.row(request, visible, item_id, Role.REVIEWER, scope=Scope.QUEUE_WORK, belongs_to="queue__project")
        taken = adjudications.take(item=item, reviewer=access.person(request), now=timezone.now())
        return Response(blinded(taken), status=201)
