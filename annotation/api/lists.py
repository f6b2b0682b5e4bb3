"""Keyset pages: `?after=<id>&limit=`, oldest first, so that a program can go on where it stopped."""

from typing import Any

from django.db.models import Model, QuerySet
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from annotation.api.bodies import checked


class Place(serializers.Serializer):
    """Where a page starts and how long it is."""

    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0, help_text="id of the last row seen")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


def page(request: Request, rows: QuerySet[Any], output: type[serializers.Serializer]) -> Response:
    """{results, next}: `next` is the address of the next page, or null on the last."""
    place = checked(Place, request.query_params)
    found: list[Model] = list(rows.filter(pk__gt=place["after"]).order_by("pk")[: place["limit"] + 1])
    shown = found[: place["limit"]]
    following = replace_query_param(request.build_absolute_uri(), "after", shown[-1].pk) if shown != found else None
    return Response({"results": output(shown, many=True).data, "next": following})


def page_of(name: str, output: type[serializers.Serializer]) -> serializers.Serializer:
    """A page's shape, for the API's description."""
    fields = {"results": output(many=True), "next": serializers.URLField(allow_null=True)}
    return inline_serializer(f"{name}Page", fields)
