"""The page that says what each statistic means: docs/methods.md, by sections that other pages link to."""

from collections.abc import MutableMapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.views.decorators.http import require_GET
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

METHODS = Path(settings.BASE_DIR) / "docs" / "methods.md"


@login_required
@require_GET
def methods(request: HttpRequest) -> HttpResponse:
    """What the figures mean, how they are computed, when to trust them and when not."""
    return render(request, "methods.html", {"sections": sections()})


@cache
def sections() -> list[tuple[str, str, SafeString]]:
    """(anchor, title, HTML) of each section; the introduction, with its list of the others, is left out."""
    _, *parts = METHODS.read_text(encoding="utf-8").split("\n## ")
    titled, parser = (part.partition("\n") for part in parts), trusting_parser()
    return [
        (slugify(title), title, mark_safe(parser.render(text)))  # noqa: S308  # our own file, its raw HTML shown as text
        for title, _, text in titled
    ]


def trusting_parser() -> MarkdownIt:
    """CommonMark with tables, each in a region that the keyboard can scroll."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("table_open", table_open)
    parser.add_render_rule("table_close", table_close)
    return parser


def table_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """A table that may be wider than the page."""
    return '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table class="table">'


def table_close(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """Its end."""
    return "</table></div>"
