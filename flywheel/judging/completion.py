"""Reads an OpenAI chat completion: the verdict, how sure the judge is of it, and what it used."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flywheel.judging.prompt import VERDICTS
from flywheel.records import JSON

# What a model decides stands at the end of its reply.
LONGEST_CONTENT = 20_000
LONGEST_REASON = 2_000
# A judge that states a verdict and no usable confidence is taken to be half sure.
UNSTATED_CONFIDENCE = 0.5
# The share of a verdict that speaks for the first answer: a tie and two bad answers speak for neither.
FOR_FIRST = {"first": 1.0, "second": 0.0, "tie": 0.5, "both_bad": 0.5}


class Unreadable(ValueError):
    """A reply without one clear verdict; the message says what is wrong, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reply: verdict on the order shown, P(first answer is better), and the judge's reason."""

    verdict: str
    for_first: float
    reason: str


def read_completion(completion: JSON) -> Reading:
    """The verdict of a chat completion. P comes from the probabilities of the verdict's token where the server gave
    them, otherwise from the stated confidence; raises Unreadable."""
    try:
        choice = completion["choices"][0]
        content = choice["message"]["content"]
    except (KeyError, IndexError, TypeError):
        raise Unreadable("is not a chat completion") from None
    if not isinstance(content, str) or not content.strip():
        raise Unreadable("is empty")
    answer = _answer(content)
    verdict = _verdict(answer)
    for_first = _from_tokens(choice.get("logprobs"), verdict)
    if for_first is None:
        for_first = _from_confidence(verdict, answer.get("confidence"))
    return Reading(verdict, for_first, str(answer.get("reason") or "")[:LONGEST_REASON])


def read_usage(completion: JSON) -> tuple[int, int]:
    """(input tokens, output tokens) as the server counted them; 0 where it did not."""
    usage = completion.get("usage") if isinstance(completion, dict) else None
    if not isinstance(usage, dict):
        return 0, 0
    return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))


def _count(value: JSON) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _answer(content: str) -> Mapping[str, JSON]:
    """The one JSON object with a verdict in a reply that may have text, fences or thoughts around it."""
    answers = [value for value in _objects(content[-LONGEST_CONTENT:]) if isinstance(value.get("verdict"), str)]
    if not answers:
        raise Unreadable("holds no JSON object with a verdict")
    if len({_normal(answer["verdict"]) for answer in answers}) > 1:
        raise Unreadable("holds several verdicts")
    return answers[-1]


def _objects(content: str) -> Iterator[dict[str, JSON]]:
    """The outermost JSON objects in a text, in order."""
    decoder = json.JSONDecoder()
    start = content.find("{")
    while start >= 0:
        try:
            value, end = decoder.raw_decode(content, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            yield value
        start = content.find("{", end)


def _normal(verdict: str) -> str:
    return verdict.strip().lower().replace(" ", "_").replace("-", "_")


def _verdict(answer: Mapping[str, JSON]) -> str:
    verdict = _normal(answer["verdict"])
    if verdict not in VERDICTS:
        raise Unreadable("has a verdict that was not offered")
    return verdict


def _from_confidence(verdict: str, confidence: JSON) -> float:
    """P(first) from a stated confidence, 0 being a coin toss and 1 certainty."""
    stated = isinstance(confidence, (int, float)) and not isinstance(confidence, bool) and 0 <= confidence <= 1
    sureness = confidence if stated else UNSTATED_CONFIDENCE
    return 0.5 + (FOR_FIRST[verdict] - 0.5) * sureness


def _from_tokens(logprobs: JSON, verdict: str) -> float | None:
    """P(first) from the alternatives of the token that decided the verdict; None when the server gave no such thing."""
    tokens = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(tokens, list):
        return None
    try:
        deciding = _deciding_token(tokens)
        weights = _weights(deciding["top_logprobs"]) if deciding else {}
    except (KeyError, TypeError, AttributeError, OverflowError):
        return None
    # Alternatives that miss the verdict itself are of another token: the count of characters went astray.
    if verdict not in weights or sum(weights.values()) <= 0:
        return None
    return sum(FOR_FIRST[name] * weight for name, weight in weights.items()) / sum(weights.values())


def _deciding_token(tokens: list[dict[str, JSON]]) -> dict[str, JSON] | None:
    """The token in which the last `"verdict": "` is followed by the verdict's first character."""
    text = "".join(token["token"] for token in tokens)
    key = text.rfind('"verdict"')
    opening = text.find('"', text.find(":", key)) if key >= 0 else -1
    if opening < 0:
        return None
    seen = 0
    for token in tokens:
        seen += len(token["token"])
        if seen > opening + 1:
            return token
    return None


def _weights(alternatives: list[dict[str, JSON]]) -> dict[str, float]:
    """Probability by verdict: a token counts for the verdict it begins."""
    weights: dict[str, float] = {}
    for alternative in alternatives:
        begun = alternative["token"].lstrip(' :"').rstrip('", \n').lower()
        name = next((name for name in VERDICTS if begun and name.startswith(begun)), None)
        if name is not None:
            weights[name] = weights.get(name, 0.0) + math.exp(min(alternative["logprob"], 0.0))
    return weights
