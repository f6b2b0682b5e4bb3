"""An LLM judge behind any OpenAI-compatible endpoint (vLLM, Ollama, llama.cpp, a vendor): HTTP, and the clock."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import httpx
import numpy as np

from flywheel.judging.completion import Reading, Unreadable, read_completion, read_usage
from flywheel.judging.endpoint import Endpoint
from flywheel.judging.judge import JudgeFailed, Side
from flywheel.judging.prompt import SCHEMA, Prompt
from flywheel.judging.retry import REFUSED_REQUEST, may_pass, relaxed, retry_after_s, wait_s
from flywheel.records import JSON, Label, Pair, Verdict

LONGEST_EXCERPT = 200
# OpenAI offers up to 20 alternatives a token, some servers 5; four verdicts need no more.
ALTERNATIVES = 5
# A judge that answers at temperature 0 with something unreadable would do so again; this moves it.
TEMPERATURES = (0.0, 0.7)


@dataclass(slots=True)
class _Question:
    """One order of one pair on its way: what is asked, until when, and what it has used, unreadable answers included."""

    messages: list[dict[str, str]]
    deadline: float
    temperature: float = TEMPERATURES[0]
    input_tokens: int = 0
    output_tokens: int = 0
    answering_s: float = 0.0


class _MayPass(Exception):
    """A failure that may pass; `retry_after` is the wait (seconds) the server asked for."""

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class EndpointJudge:
    """A judge behind an endpoint. One instance belongs to one thread: it keeps a connection and its own rng."""

    def __init__(self, endpoint: Endpoint, *, rng: np.random.Generator, prompt: Prompt | None = None) -> None:
        self.endpoint = endpoint
        self.prompt = prompt or Prompt()
        self.name = f"{endpoint.model}@{self.prompt.version}"
        self._rng = rng
        # What the server has accepted is remembered, so that one that refuses an option is asked with it once only.
        self._options: dict[str, JSON] = {
            "temperature": TEMPERATURES[0],
            "max_tokens": endpoint.max_tokens,
            "logprobs": True,
            "top_logprobs": ALTERNATIVES,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "verdict", "strict": True, "schema": SCHEMA},
            },
        }
        # No proxies or keys from the environment, and no redirects: texts and key go where the manager said only.
        self._http = httpx.Client(trust_env=False, follow_redirects=False, headers={"Accept-Encoding": "identity"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def ask(self, pair: Pair, first: Side) -> Verdict:
        """The endpoint's verdict on one order; raises JudgeFailed, with what was spent, when there is none in total_s."""
        messages = self.prompt.messages(pair, swapped=first == "b")
        question = _Question(messages, time.monotonic() + self.endpoint.total_s)
        try:
            reading = self._reading(question)
        except JudgeFailed as failure:
            failure.input_tokens, failure.output_tokens = question.input_tokens, question.output_tokens
            failure.cost = self._cost(question)
            raise
        return self._verdict(pair, first, reading, question)

    def _verdict(self, pair: Pair, first: Side, reading: Reading, question: _Question) -> Verdict:
        sides: dict[str, Label] = {"first": first, "second": "b" if first == "a" else "a"}
        sides |= {"tie": "tie", "both_bad": "both_bad"}
        return Verdict(
            item=pair.item,
            judge=self.name,
            first=first,
            label=sides[reading.verdict],
            probability=reading.for_first if first == "a" else 1 - reading.for_first,
            input_tokens=question.input_tokens,
            output_tokens=question.output_tokens,
            latency_ms=1000 * question.answering_s,
            cost=self._cost(question),
            reason=self.endpoint.without_key(reading.reason),
        )

    def _cost(self, question: _Question) -> float:
        return self.endpoint.cost(question.input_tokens, question.output_tokens)

    def _reading(self, question: _Question) -> Reading:
        """A readable verdict: an unreadable one is asked for once more, at another temperature."""
        problem = ""
        for question.temperature in TEMPERATURES:
            completion = self._completion(question)
            try:
                return read_completion(completion)
            except Unreadable as unreadable:
                problem = str(unreadable)
        raise JudgeFailed(f"The judge's answer {problem}, {len(TEMPERATURES)} times over.", is_temporary=False)

    def _completion(self, question: _Question) -> JSON:
        """One chat completion; failures that may pass are waited for and tried again, within attempts and deadline."""
        for attempt in range(1, self.endpoint.attempts + 1):
            try:
                return self._accepted(question)
            except _MayPass as failure:
                problem, wait = str(failure), wait_s(attempt, failure.retry_after, self._rng)
            if time.monotonic() + wait >= question.deadline:
                break
            if attempt < self.endpoint.attempts:
                time.sleep(wait)
        raise JudgeFailed(f"{problem}; given up after {attempt} attempts.", is_temporary=True)

    def _accepted(self, question: _Question) -> JSON:
        """One chat completion, without the options this server refuses; raises _MayPass and JudgeFailed."""
        options: dict[str, JSON] | None = self._options
        while options is not None:
            if "temperature" in options:
                options["temperature"] = question.temperature
            started = time.monotonic()
            status, text = self._exchange({**options, "messages": question.messages}, question.deadline)
            if status == httpx.codes.OK:
                self._options = options
                return _account(_parse(text), question, time.monotonic() - started)
            options = relaxed(options, text) if status in REFUSED_REQUEST else None
        excerpt = _one_line(self.endpoint.without_key(text))
        raise JudgeFailed(f"The judge refused the request with {status}: {excerpt}", is_temporary=False)

    def _exchange(self, body: Mapping[str, JSON], deadline: float) -> tuple[int, str]:
        """Send one request: (status, text); raises _MayPass for what may pass, JudgeFailed for redirects and floods."""
        started = time.monotonic()
        patience = min(self.endpoint.timeout_s, max(deadline - started, 0.001))
        key = {"Authorization": f"Bearer {self.endpoint.api_key}"} if self.endpoint.api_key else {}
        url = f"{self.endpoint.base_url.rstrip('/')}/chat/completions"
        content = json.dumps({"model": self.endpoint.model, **body})
        headers = {"Content-Type": "application/json", **key}
        try:
            with self._http.stream("POST", url, content=content, headers=headers, timeout=patience) as response:
                text = self._text(response, started + patience)
        except httpx.TimeoutException:
            raise _MayPass(f"The judge did not answer within {patience:.3g} s") from None
        except httpx.TransportError as error:
            raise _MayPass(f"The judge could not be reached ({type(error).__name__})") from None
        if may_pass(response.status_code):
            wait = retry_after_s(response.headers, datetime.now(UTC))
            raise _MayPass(f"The judge answered {response.status_code}", wait)
        if response.is_redirect:
            raise JudgeFailed("The judge's address redirects; set base_url to the final address.", is_temporary=False)
        return response.status_code, text

    def _text(self, response: httpx.Response, until: float) -> str:
        """The body, bounded in size and time: a server that drips bytes never meets a read timeout."""
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > self.endpoint.max_bytes:
                sentence = f"The judge's answer is longer than {self.endpoint.max_bytes} bytes."
                raise JudgeFailed(sentence, is_temporary=False)
            if time.monotonic() > until:
                raise httpx.ReadTimeout("dripping body")
        return body.decode("utf-8", "replace")


def _account(completion: JSON, question: _Question, answering_s: float) -> JSON:
    """The completion, its tokens and time added to the question's."""
    input_tokens, output_tokens = read_usage(completion)
    question.input_tokens += input_tokens
    question.output_tokens += output_tokens
    question.answering_s += answering_s
    return completion


def _parse(text: str) -> JSON:
    """The JSON of a body, or None when it is none; NaN and infinities become null."""
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def _one_line(text: str) -> str:
    """The beginning of a server's complaint, fit for one line."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[:LONGEST_EXCERPT]).split())
