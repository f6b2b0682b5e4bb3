"""Detectors of keys and secrets, by the forms their issuers give them and by the names they are assigned to."""

import re
from collections.abc import Iterator

Span = tuple[int, int]

# (what must occur in the text, the pattern); the needles keep texts without secrets at the speed of a search.
_FORMS = tuple(
    (needles, re.compile(pattern))
    for needles, pattern in (
        (("AKIA", "ASIA", "ABIA", "ACCA"), r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
        (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"(?<!\w)gh[pousr]_[A-Za-z0-9]{36,}+"),
        (("github_pat_",), r"(?<!\w)github_pat_\w{22,}+"),
        (("glpat-", "gldt-", "glrt-", "glptt-"), r"(?<!\w)gl(?:pat|dt|rt|ptt)-[\w-]{20,}+"),
        (("xox", "xapp-"), r"(?<!\w)(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}+"),
        (("hooks.slack.com",), r"hooks\.slack\.com/(?:services|workflows)/[\w/+-]{20,}+"),
        (("sk_", "rk_", "whsec_"), r"(?<!\w)(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9]{16,}+"),
        (("sk-",), r"(?<![\w-])sk-(?=[\w-]{0,200}\d)[\w-]{20,}+"),
        (("AIza",), r"(?<!\w)AIza[\w-]{35}(?![\w-])"),
        (
            ("hf_", "npm_", "pypi-"),
            r"(?<!\w)(?:hf_[A-Za-z]{30,}+|hf_[A-Za-z0-9]{34,}+|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,}+)",
        ),
        (("SG.",), r"(?<!\w)SG\.[\w-]{16,32}\.[\w-]{32,64}"),
        (("eyJ",), r"(?<![\w-])eyJ[\w-]{8,}+\.eyJ[\w-]{8,}+\.[\w-]*+"),
        (
            ("PRIVATE KEY",),
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:(?:[^-]|-(?!----)){0,20000}+-----END [A-Z ]{1,50}-----"
            r"|(?:\s|\\[nr])*+(?:[A-Za-z0-9+/=]{16,}+(?:\s|\\[nr])*+)*+)",
        ),
        (("://",), r"://[^\s/@:\"'<>\0]{0,100}:([^\s/@\"'<>\0]{1,200})@"),
    )
)
_BEARER = re.compile(r"(?<!\w)(?:bearer|basic)\s{1,3}([a-z0-9._~+/=-]{16,}+)")
_NAMES = (
    r"pass(?:word|wd|phrase)|pwd|secret|api[_-]?key|access[_-]?key(?:[_-]?id)?|(?:secret|private|account)[_-]?key"
    r"|(?:auth|access|refresh|session|bearer)[_-]?token|authorization|x-api-key|client[_-]?secret"
)
_ASSIGNED = re.compile(
    rf"(?:{_NAMES})(?P<quoted>[\"']?)\s{{0,3}}(?:=>|:=|=|:)\s{{0,3}}(?P<open>[\"'`]?)"
    r"(?P<value>[^\s\"'`,;&<>(){}\[\]\0]{6,200})"
)
_NAME = re.compile(rf"(?:\w{{0,40}}[_-])?(?:{_NAMES})", re.IGNORECASE)
_CODE = re.compile(r"[a-z_]\w*[.(]")
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_NEEDLES = ("pass", "pwd", "secret", "key", "token", "authorization")


def secrets(text: str, key: str) -> Iterator[Span]:
    """Keys of AWS, GitHub, GitLab, Slack, Stripe, OpenAI and the like; JWTs; private keys; passwords in addresses.

    A value whose key is a secret's name ("password", "api_key") is a secret whatever it looks like.
    """
    if _NAME.fullmatch(key) and len(text.strip("\0 ")) >= 4 and "\0" not in text:
        yield 0, len(text)
        return
    for needles, form in _FORMS:
        if any(needle in text for needle in needles):
            yield from (found.span(found.re.groups) for found in form.finditer(text))


def assigned_secrets(text: str, key: str) -> Iterator[Span]:
    """Values that a text assigns to a secret's name, and bearer tokens, where they look like literals and not like code."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow when lowered, and spans would no longer fit
        lowered = text.translate(_ASCII_LOWER)
    if "bearer" in lowered or "basic" in lowered:
        yield from (found.span(1) for found in _BEARER.finditer(lowered) if _mixed(found[1]))
    if any(needle in lowered for needle in _NEEDLES):
        for found in _ASSIGNED.finditer(lowered):
            value = found["value"]
            if _mixed(value) and (found["open"] or len(value) >= 8) and not _CODE.match(value):
                yield found.span("value")


def _mixed(value: str) -> bool:
    """Letters and digits together: what a generated secret has and a word or a number has not."""
    return any(map(str.isalpha, value)) and any(map(str.isdigit, value))
