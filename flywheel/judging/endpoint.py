"""Where an LLM judge lives, what it costs, and how long and how much it may answer."""

from dataclasses import dataclass, field

import httpx

from flywheel.records import BadInput

MILLION = 1_000_000
# Shorter keys are stand-ins ("EMPTY", "ollama") and turn up in honest text.
SHORTEST_SECRET = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An OpenAI-compatible address and its limits: `timeout_s` for one answer, `total_s` for one verdict with all
    waits between attempts; prices in US dollars per million tokens. The key never shows in a repr."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    timeout_s: float = 60.0
    total_s: float = 180.0
    attempts: int = 5
    max_tokens: int = 1_000
    max_bytes: int = 1_000_000
    input_price: float = 0.0
    output_price: float = 0.0

    def __post_init__(self) -> None:
        _check_address(self.base_url)
        # A key with a line break would make the HTTP library quote it in its complaint.
        if not (self.api_key.isascii() and self.api_key.isprintable()) or " " in self.api_key:
            raise BadInput("The judge's API key holds characters that cannot be sent in a header; copy it again.")
        if not self.model:
            raise BadInput("The judge has no model; name one that the endpoint serves.")
        limits = (self.timeout_s, self.total_s, self.attempts, self.max_tokens, self.max_bytes)
        if not (all(limit > 0 for limit in limits) and self.input_price >= 0 and self.output_price >= 0):
            raise BadInput("A judge's limits must be above 0 and its prices not below 0.")

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """US dollars for these tokens."""
        return (input_tokens * self.input_price + output_tokens * self.output_price) / MILLION

    def without_key(self, text: str) -> str:
        """The text with the key blotted out, for what a server says and people or logs will read."""
        return text.replace(self.api_key, "[key]") if len(self.api_key) >= SHORTEST_SECRET else text


def _check_address(base_url: str) -> None:
    """BadInput unless the address is http or https and free of secrets."""
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise BadInput("The judge's base_url must be a full http or https address, such as https://host/v1.")
    if url.userinfo or url.query or url.fragment:
        raise BadInput("The judge's base_url must not hold a name, password or query; give the key as api_key.")
