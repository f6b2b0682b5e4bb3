"""From judged pairs, corrections, demonstrations and marks to training rows.

A pair of runs is exportable when both share a prefix and the next message on both sides is the assistant's: the prompt
is that prefix, chosen and rejected are that one message. Whatever cannot be exported becomes an Excluded with its reason.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from flywheel.datasets import messages as chat
from flywheel.datasets.excluded import Excluded, Reason
from flywheel.datasets.messages import Message
from flywheel.datasets.stepwise import Marking, StepwiseRow, stepwise_row
from flywheel.records import JSON, BadInput, Label

Messages = Sequence[Mapping[str, JSON]]
JUDGE = "judge"  # source of what judges decided without a person
UNSURE = 0.4  # chance that the winner is the loser, above which a pair teaches nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPair:
    """Two runs of one task and what people, or judges alone, said of them; the numbers are those of the consensus, None =
    not known; `judge_p` is of side a.

    A ranked item of k sides gives several pairs: their weights (1 / pairs of the prompt) are the caller's business.
    """

    pair_id: str
    task: str
    messages_a: Messages
    messages_b: Messages
    label: Label
    tools: Sequence[JSON] = ()
    weight: float = 1.0
    n_annotators: int = 1
    agreement: float | None = None
    flip_prob: float | None = None
    judge_p: float | None = None
    propensity: float | None = None
    source: str = "comparison"
    annotation_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A person's better version of one assistant message; `message` is its index in the run's `messages`."""

    correction_id: str
    task: str
    messages: Messages
    message: int
    corrected: Mapping[str, JSON]
    tools: Sequence[JSON] = ()
    weight: float = 1.0
    n_annotators: int = 1
    agreement: float | None = None
    flip_prob: float | None = None
    judge_p: float | None = None
    propensity: float | None = None
    source: str = "correction"
    annotation_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """A run worth imitating as it is."""

    trace_id: str
    task: str
    messages: Messages
    tools: Sequence[JSON] = ()
    source: str = "demonstration"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceRow:
    """One line of preference/*.jsonl: TRL's columns first (tools as a JSON text), then what is known about the row."""

    prompt: list[Message]
    chosen: list[Message]
    rejected: list[Message]
    tools: str | None
    pair_id: str
    task: str
    weight: float
    flip_prob: float | None
    n_annotators: int
    agreement: float | None
    judge_p: float | None
    propensity: float | None
    source: str
    annotation_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SftRow:
    """One line of sft/*.jsonl: TRL's prompt and completion, then where they come from."""

    prompt: list[Message]
    completion: list[Message]
    tools: str | None
    row_id: str
    task: str
    source: str
    annotation_ids: tuple[str, ...]


Row = PreferenceRow | SftRow | StepwiseRow


@dataclass(frozen=True, slots=True)
class Rows:
    """Everything a release is written from."""

    preference: list[PreferenceRow] = field(default_factory=list)
    sft: list[SftRow] = field(default_factory=list)
    excluded: list[Excluded] = field(default_factory=list)
    stepwise: list[StepwiseRow] = field(default_factory=list)


def build(
    pairs: Iterable[JudgedPair],
    corrections: Iterable[Correction] = (),
    demonstrations: Iterable[Demonstration] = (),
    markings: Iterable[Marking] = (),
) -> Rows:
    """All rows of a release and all exclusions, in the order given."""
    made: list[Row | Excluded] = [preference_row(pair) for pair in pairs]
    made += [row for correction in corrections for row in correction_rows(correction)]
    made += [row for demonstration in demonstrations for row in demonstration_rows(demonstration)]
    made += [stepwise_row(marking) for marking in markings]
    return Rows(
        preference=[row for row in made if isinstance(row, PreferenceRow)],
        sft=[row for row in made if isinstance(row, SftRow)],
        excluded=[row for row in made if isinstance(row, Excluded)],
        stepwise=[row for row in made if isinstance(row, StepwiseRow)],
    )


def preference_row(pair: JudgedPair) -> PreferenceRow | Excluded:
    """The first differing step of two judged runs as (chosen, rejected), or why it cannot be exported."""
    if pair.label in ("tie", "both_bad"):
        return Excluded(pair.pair_id, pair.label, "people preferred neither side")
    if pair.agreement == 0 or (pair.flip_prob is not None and pair.flip_prob > UNSURE):
        return Excluded(pair.pair_id, "unsure", _doubt(pair))
    try:
        side_a, side_b, alike = _cleaned(pair.messages_a, pair.messages_b)
    except BadInput as problem:
        return Excluded(pair.pair_id, "bad_message", str(problem))
    step = alike + _shared(side_a[alike:], side_b[alike:])
    if blocked := _blocked(side_a, side_b, step):
        return Excluded(pair.pair_id, *blocked)
    better, worse = (side_a, side_b) if pair.label == "a" else (side_b, side_a)
    turned = 1 - pair.judge_p if pair.label == "b" and pair.judge_p is not None else pair.judge_p
    return _row(pair, pair.pair_id, side_a[:step], better[step], worse[step], judge_p=turned)


def _doubt(pair: JudgedPair) -> str:
    if pair.source == JUDGE:
        return f"judges who are wrong on {pair.flip_prob:.0%} of known answers do not tell which side is better"
    return f"{pair.n_annotators} votes do not tell which side is better"


def correction_rows(correction: Correction) -> tuple[PreferenceRow | Excluded, SftRow | Excluded]:
    """(corrected ≻ original) at the same prefix, and the corrected message to imitate; BadInput if the index is wrong."""
    if not 0 <= correction.message < len(correction.messages):
        raise BadInput(
            f"Correction {correction.correction_id} points at message {correction.message}, but its run has "
            f"{len(correction.messages)}; give the index of an assistant message."
        )
    name = correction.correction_id
    try:
        run, corrected = (
            chat.clean_all(correction.messages),
            chat.clean({"role": "assistant"} | dict(correction.corrected)),
        )
    except BadInput as problem:
        return Excluded(name, "bad_message", str(problem)), Excluded(name, "bad_message", str(problem))
    prompt, original = run[: correction.message], run[correction.message]
    if original["role"] != "assistant":
        raise BadInput(
            f"Correction {name} points at a {original['role']} message; only the assistant's can be corrected."
        )
    sft = _sft_row(correction, name, prompt, corrected)
    if blocked := _blocked(
        [*prompt, original], [*prompt, corrected], _shared([*prompt, original], [*prompt, corrected])
    ):
        return Excluded(name, *blocked), sft
    return _row(correction, name, prompt, corrected, original, judge_p=correction.judge_p), sft


def demonstration_rows(demonstration: Demonstration) -> list[SftRow | Excluded]:
    """One row for each assistant message that says or does something: the messages before it, then the message."""
    try:
        run = chat.clean_all(demonstration.messages)
    except BadInput as problem:
        return [Excluded(demonstration.trace_id, "bad_message", str(problem))]
    return [
        _sft_row(demonstration, f"{demonstration.trace_id}:{index}", run[:index], message)
        for index, message in enumerate(run)
        if index and message["role"] == "assistant" and not chat.is_empty(message)
    ]


def _cleaned(messages_a: Messages, messages_b: Messages) -> tuple[list[Message], list[Message], int]:
    """Both sides, and with how many messages both begin that are alike as they came; these are cleaned once."""
    both = enumerate(zip(messages_a, messages_b, strict=False))
    alike = next((n for n, (one, other) in both if one != other), min(len(messages_a), len(messages_b)))
    side_a = chat.clean_all(messages_a)
    return side_a, side_a[:alike] + chat.clean_all(messages_b[alike:]), alike


def _shared(side_a: list[Message], side_b: list[Message]) -> int:
    """How many first messages both sides have in common."""
    pairs = enumerate(zip(side_a, side_b, strict=False))
    return next(
        (index for index, (one, other) in pairs if not chat.same(one, other)),
        min(len(side_a), len(side_b)),
    )


def _blocked(side_a: list[Message], side_b: list[Message], step: int) -> tuple[Reason, str] | None:
    """Why the messages at `step` are no pair of answers, if they are none."""
    if step >= min(len(side_a), len(side_b)):
        is_same = len(side_a) == len(side_b)
        return ("identical", "both sides are the same") if is_same else ("one_side_ended", f"at message {step}")
    one, other = side_a[step], side_b[step]
    if not one["role"] == other["role"] == "assistant":
        return "environment_diverged", f"message {step} is {one['role']} and {other['role']}"
    if chat.is_empty(one) or chat.is_empty(other):
        return "empty_answer", f"message {step}"
    return None if step else ("no_prompt", "the runs begin with the assistant's message")


def _row(
    judged: JudgedPair | Correction,
    pair_id: str,
    prompt: list[Message],
    chosen: Message,
    rejected: Message,
    *,
    judge_p: float | None,
) -> PreferenceRow:
    return PreferenceRow(
        prompt=prompt,
        chosen=[chosen],
        rejected=[rejected],
        tools=_tools(judged.tools),
        pair_id=pair_id,
        task=judged.task,
        weight=judged.weight,
        flip_prob=judged.flip_prob,
        n_annotators=judged.n_annotators,
        agreement=judged.agreement,
        judge_p=judge_p,
        propensity=judged.propensity,
        source=judged.source,
        annotation_ids=tuple(judged.annotation_ids),
    )


def _sft_row(
    source: Correction | Demonstration, row_id: str, prompt: list[Message], completion: Message
) -> SftRow | Excluded:
    if not prompt:
        return Excluded(row_id, "no_prompt", "the run begins with the assistant's message")
    if chat.is_empty(completion):
        return Excluded(row_id, "empty_answer", "nothing to imitate")
    ids = tuple(source.annotation_ids) if isinstance(source, Correction) else ()
    return SftRow(
        prompt=prompt,
        completion=[completion],
        tools=_tools(source.tools),
        row_id=row_id,
        task=source.task,
        source=source.source,
        annotation_ids=ids,
    )


def _tools(tools: Sequence[JSON]) -> str | None:
    # Schemas have no common columns, so Arrow would merge them into one record with holes; TRL reads the text as it is.
    return json.dumps(list(tools), ensure_ascii=False) if tools else None
