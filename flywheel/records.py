"""Frozen records: the only things that cross the border between the core and the shell.

Every record is plain data. JSON-like fields (messages, tools, tags) hold dicts and lists and are treated as read-only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

JSON = Any
Label = Literal["a", "b", "tie", "both_bad"]
OutcomeStatus = Literal["success", "failure", "error", "unknown"]


class BadInput(ValueError):
    """Input that cannot be used; the message is one sentence saying what is wrong, where, and how to mend it."""


class NotEnoughData(Exception):
    """A statistic needs more data than it was given."""

    def __init__(self, what: str, n: int, needed: int) -> None:
        super().__init__(f"{what}: {n} given, at least {needed} needed.")
        self.what, self.n, self.needed = what, n, needed


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval and the count it rests on."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an episode ended; reward is None when nobody measured one."""

    status: OutcomeStatus = "unknown"
    reward: float | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and money (US dollars) one episode took; None = not reported."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One turn of the agent: what it saw, thought, did, and what came back.

    `action` is {"tool": name, "arguments": object or text}, a list of those for parallel calls, or {"say": text}.
    `message` is the index in Trace.messages of the assistant message that took this step.
    """

    state: JSON
    thought: str | None
    action: JSON
    observation: JSON
    message: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One episode of one policy on one task. `messages` (OpenAI chat) and `steps` tell the same story twice:
    messages feed training and hashes, steps feed people."""

    id: str
    task: str
    policy: str
    messages: tuple[dict[str, JSON], ...]
    steps: tuple[Step, ...]
    tools: tuple[dict[str, JSON], ...] = ()
    outcome: Outcome = Outcome()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    usage: Usage = Usage()
    tags: Mapping[str, JSON] = field(default_factory=dict)
    metadata: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a detector saw: where and of what kind, never the value itself.

    `path` points into the trace ("messages/3/content"); start and end count characters of the text before masking.
    """

    detector: str
    version: str
    kind: str
    path: str
    start: int
    end: int
    action: Literal["masked", "reported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One answer as the statistics see it, whoever gave it (votes.jsonl).

    `probability` is a judge's P(a is better), `propensity` the chance with which the item was drawn to be asked, `version`
    the judge's prompt or model.
    """

    item: str
    rater: str
    kind: Literal["human", "judge"]
    label: str
    first: Literal["a", "b"] | None = None
    seconds: float | None = None
    at: datetime | None = None
    weight: float = 1.0
    round: int = 0
    sitting: str | None = None
    gold: bool = False
    probability: float | None = None
    propensity: float | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two answers to one prompt (pairs.jsonl); a and b are texts or message lists."""

    item: str
    cluster: str
    prompt: JSON
    a: JSON
    b: JSON
    generator_a: str | None = None
    generator_b: str | None = None
    topic: str | None = None
    queue: str | None = None
    features: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judge's answer on one ordered pair.

    `first` is the side shown first; `label` is already un-displayed (a or b of the pair, whatever the order);
    `probability` is the judge's P(a is better) in this order; latency in milliseconds, cost in US dollars.
    """

    item: str
    judge: str
    first: Literal["a", "b"]
    label: Label
    probability: float
    input_tokens: int = 0
    output_tokens: int = 0
    latency_ms: float = 0.0
    cost: float = 0.0
    reason: str = ""
