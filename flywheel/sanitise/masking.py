"""Traces without personal data and secrets: what the detectors see gives way to placeholders such as [EMAIL_1]."""

import json
from collections import Counter
from dataclasses import asdict, replace

from flywheel.formats import shape
from flywheel.records import JSON, Finding, Step, Trace
from flywheel.sanitise.detectors import Detector, find
from flywheel.sanitise.policy import DEFAULT, MaskingPolicy
from flywheel.sanitise.text import PLACEHOLDER

_LEAST_DIGITS = 7  # a shorter whole number is none of the kinds


def sanitise(trace: Trace, *, policy: MaskingPolicy = DEFAULT) -> tuple[Trace, tuple[Finding, ...]]:
    """The trace with every text in messages, steps, tools, tags and metadata masked by policy, and what was found.

    The same value has the same placeholder all over the trace, so relations survive. Masking a masked trace changes
    nothing. The id and task are names that hold traces together: findings there are reported, never masked.
    A detector that fails fails the call: an unchecked trace must not pass for a clean one.
    """
    masker = _Masker(policy, trace)
    masker.report(trace.id, "id")
    masker.report(trace.task, "task")
    cleaned = replace(
        trace,
        messages=tuple(masker.value(list(trace.messages), "messages")),
        steps=tuple(_step(masker, step, f"steps/{index}") for index, step in enumerate(trace.steps)),
        tools=tuple(masker.value(list(trace.tools), "tools")),
        tags=masker.value(dict(trace.tags), "tags"),
        metadata=masker.value(dict(trace.metadata), "metadata"),
    )
    return cleaned, tuple(masker.findings)


def _step(masker: "_Masker", step: Step, path: str) -> Step:
    return Step(
        state=masker.value(step.state, f"{path}/state"),
        thought=masker.value(step.thought, f"{path}/thought"),
        action=masker.value(step.action, f"{path}/action"),
        observation=masker.value(step.observation, f"{path}/observation"),
        message=step.message,
    )


class _Masker:
    """One trace's walk: the numbers given to values so far, and the findings. Values themselves leave only as numbers."""

    def __init__(self, policy: MaskingPolicy, trace: Trace) -> None:
        self.findings: list[Finding] = []
        self._policy = policy
        self._numbers: dict[tuple[str, str], int] = {}
        self._last = _numbers_in_use(trace)
        # Steps repeat the texts of messages: each text is searched once for each key it stands under.
        self._seen: dict[tuple[str, str], list[tuple[int, int, Detector]]] = {}

    def value(self, value: JSON, path: str, key: str = "") -> JSON:
        """A JSON value with every text in it masked; numbers that are findings become texts, keys are masked too."""
        if isinstance(value, str):
            return self._text(value, path, key)
        if isinstance(value, list):
            return [self.value(child, f"{path}/{index}", key) for index, child in enumerate(value)]
        if isinstance(value, dict):
            return {
                (name := self._plain(key, path, "")): self.value(child, f"{path}/{name}", key)
                for key, child in value.items()
            }
        if isinstance(value, int) and abs(value) >= 10 ** (_LEAST_DIGITS - 1):
            return self._number(value, path, key)
        return value

    def report(self, text: str, path: str) -> None:
        """Findings in a text that has to stay as it is."""
        for start, end, detector in find(text):
            self.findings.append(Finding(detector.name, detector.version, detector.kind, path, start, end, "reported"))

    def _text(self, text: str, path: str, key: str) -> str:
        inner = _json_inside(text)
        if inner is None:
            return self._plain(text, path, key)
        before = len(self.findings)
        masked = self.value(inner, path, key)
        unmasked = all(finding.action == "reported" for finding in self.findings[before:])
        return text if unmasked else json.dumps(masked, ensure_ascii=False)

    def _plain(self, text: str, path: str, key: str) -> str:
        if (text, key) not in self._seen:
            self._seen[text, key] = find(text, key)
        pieces, last = [], 0
        for start, end, detector in self._seen[text, key]:
            action = self._policy[detector.kind]
            self.findings.append(Finding(detector.name, detector.version, detector.kind, path, start, end, action))
            if action == "masked":
                pieces += [text[last:start], self._placeholder(detector.kind, text[start:end])]
                last = end
        return "".join([*pieces, text[last:]])

    def _number(self, value: int, path: str, key: str) -> JSON:
        written = str(value)
        masked = self._plain(written, path, key)
        return value if masked == written else masked

    def _placeholder(self, kind: str, value: str) -> str:
        same = value if kind == "SECRET" else value.casefold() if kind == "EMAIL" else _letters_and_digits(value)
        if (kind, same) not in self._numbers:
            self._last[kind] += 1
            self._numbers[kind, same] = self._last[kind]
        return f"[{kind}_{self._numbers[kind, same]}]"


def _letters_and_digits(value: str) -> str:
    return "".join(character for character in value.casefold() if character.isalnum())


def _numbers_in_use(trace: Trace) -> Counter[str]:
    """The highest placeholder number of each kind that the trace already holds, so that none is given twice."""
    used: Counter[str] = Counter()
    parts = [
        trace.messages,
        [asdict(step) for step in trace.steps],
        trace.tools,
        dict(trace.tags),
        dict(trace.metadata),
    ]
    for kind, number in PLACEHOLDER.findall(json.dumps(parts)):
        used[kind] = max(used[kind], int(number))
    return used


def _json_inside(text: str) -> JSON:
    """The object or list a text is the JSON of, None if it is plain text, or JSON that writing back would change."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found = json.loads(text, object_pairs_hook=_without_repeats)
        shape.check_json(found)
    except (ValueError, RecursionError):
        return None
    return found


def _without_repeats(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is repeated")  # a later one would hide what an earlier one holds
    return found
