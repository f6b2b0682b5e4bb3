"""One representation per address: the Accept header is not consulted, so no client is answered 406."""

from collections.abc import Iterable

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.utils.mediatypes import media_type_matches


class OneRepresentation(BaseContentNegotiation):
    """Picks the view's only renderer, and the parser of the Content-Type."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """The parser for what was sent, or None, which answers 415."""
        sent = str(request.content_type)
        return next((parser for parser in parsers if media_type_matches(str(parser.media_type), sent)), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first renderer."""
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)
