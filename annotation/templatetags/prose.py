"""Markdown of untrusted text: rendered, then sanitised; nothing in it can be followed or fetched."""

from collections.abc import MutableMapping, Sequence
from typing import Any

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

LONGEST = 60_000  # characters; longer text is shown as it is, since nobody reads it as prose
TAGS = {
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "span",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"span": {"class"}, "ol": {"start"}}


def link_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """A link's text is marked …"""
    env.setdefault("targets", []).append(str(tokens[index].attrGet("href") or ""))
    return '<span class="link">'


def link_close(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """… and its target is written out behind it, unless the text says it already."""
    target = env["targets"].pop()
    shown = tokens[index - 1].content
    return "</span>" if shown == target else format_html('</span> <span class="link-target">({})</span>', target)


def image(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """An image is only named: fetching it would tell a stranger who reads this."""
    return format_html('<span class="link-target">[image: {}]</span>', tokens[index].content or "no description")


def parser() -> MarkdownIt:
    """CommonMark with tables and strike-through, raw HTML shown as text."""
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    for rule in (link_open, link_close, image):
        markdown.add_render_rule(rule.__name__, rule)
    return markdown


PARSER = parser()


def rendered(text: str) -> SafeString:
    """The text as safe HTML inside a .prose element."""
    if len(text) > LONGEST:
        return format_html('<div class="prose"><pre>{}</pre></div>', text)
    html = nh3.clean(PARSER.render(text), tags=TAGS, attributes=ATTRIBUTES, link_rel=None)
    return mark_safe(f'<div class="prose">{html}</div>')  # noqa: S308  # nh3 has just sanitised it
