"""Markdown of untrusted text: rendered, then sanitised; nothing in it can be followed or fetched."""

import re
from collections.abc import MutableMapping, Sequence
from typing import Any

import nh3
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

LONGEST = 60_000  # characters; longer text is shown as it is, since nobody reads it as prose
TAGS = {
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "span",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "img",
}  # fmt: skip
ATTRIBUTES = {"span": {"class"}, "ol": {"start"}, "img": {"src", "alt"}}
INLINE = "data:image/"
# Anything that could be markup: such text takes the parser, all other text is its paragraphs already.
MARKED = re.compile(r"[*_`\[\]#|\\~<>&\0\t\r]|^ *(?:[-+=]|\d+[.)])|^ {4}", re.MULTILINE)


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
    """An image is only named, since fetching it would tell a stranger who reads this; one that came along is shown."""
    source = str(tokens[index].attrGet("src") or "")
    if source.startswith(INLINE):
        return format_html('<img src="{}" alt="{}">', source, tokens[index].content or "no description")
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
    if not MARKED.search(text):
        return mark_safe(f'<div class="prose">{paragraphs(text)}</div>')  # noqa: S308  # escaped just now
    html = nh3.clean(PARSER.render(text), tags=TAGS, attributes=ATTRIBUTES, link_rel=None, url_schemes={"data"})
    return mark_safe(f'<div class="prose">{html}</div>')  # noqa: S308  # nh3 has just sanitised it


def paragraphs(text: str) -> str:
    """Text without any markup as the parser would render it, many times quicker."""
    lines = re.sub(r" *\n *", "<br>\n", re.sub(r"\n *(?:\n *)+", "\0", escape(text).strip(" \n")))
    return "<p>" + lines.replace("\0", "</p>\n<p>") + "</p>"
