"""The support-desk world as files: traces, demonstrations, pairs, and the answers of people and a judge."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations, groupby

import numpy as np

from flywheel.formats import native, pairs, votes
from flywheel.records import JSON, Pair, Trace, Vote
from flywheel.simulation.annotators import Side
from flywheel.simulation.judges import SimulatedJudge
from flywheel.simulation.people import ANNOTATORS
from flywheel.simulation.planted import Files, Settings
from flywheel.simulation.support_desk import EPOCH, SupportDesk

POLICIES = ("desk-v0@1", "desk-v1@1")
DEMONSTRATIONS_PER_TASK = 0.5
GOLD_SHARE, GOLD_GAP = 0.05, 1.0  # known answers are given on clear pairs only
REPEAT_SHARE, REPEAT_AFTER = 0.05, timedelta(days=1)
MINUTES_BETWEEN = 2
JUDGE_CONFIDENCE = 1.4


def make(settings: Settings) -> Files:
    """The world's files, ready to be written."""
    desk, rng = SupportDesk(settings.seed), np.random.default_rng([settings.seed, 5])
    traces = list(desk.episodes(settings.size, POLICIES))
    asked = pairs_of(traces)
    judge = SimulatedJudge(
        name="simulated-judge@1",
        sharpness=settings.sharpness,
        position=settings.position,
        length=settings.length,
        confidence=JUDGE_CONFIDENCE,
    )
    answers = [vote for place, pair in enumerate(asked) for vote in _votes(desk, pair, place, settings, judge, rng)]
    shown = desk.demonstrations(round(settings.size * DEMONSTRATIONS_PER_TASK), first=settings.size)
    return {
        "traces.jsonl": [native.dump(trace) for trace in traces],
        "demonstrations.jsonl": [native.dump(trace) for trace in shown],
        "pairs.jsonl": [pairs.dump(pair) for pair in asked],
        "votes.jsonl": [votes.dump(vote) for vote in answers],
        "truth.json": _truth(desk, traces, asked, judge),
    }


def shared_prefix(a: Trace, b: Trace) -> int:
    """How many messages two runs have in common from the start."""
    same = (one == other for one, other in zip(a.messages, b.messages, strict=False))
    return next((index for index, equal in enumerate(same) if not equal), min(len(a.messages), len(b.messages)))


def pairs_of(traces: Sequence[Trace]) -> list[Pair]:
    """Every two traces of a task, told from where they part; ids are TASK:i-j, in the order of the traces."""
    found = []
    for task, group in groupby(traces, key=lambda trace: trace.task):
        for (i, a), (j, b) in combinations(enumerate(group), 2):
            start = shared_prefix(a, b)
            prompt, own, other = list(a.messages[:start]), list(a.messages[start:]), list(b.messages[start:])
            item = f"{task}:{i}-{j}"
            found.append(
                Pair(item=item, cluster=task, prompt=prompt, a=own, b=other, generator_a=a.policy, generator_b=b.policy)
            )
    return found


def sides(item: str) -> tuple[str, str]:
    """The ids of the two traces of a pair made by `pairs_of`."""
    task, numbers = item.rsplit(":", 1)
    first, second = (f"{task}-{chr(ord('a') + int(number))}" for number in numbers.split("-"))
    return first, second


def words(messages: Sequence[dict[str, JSON]]) -> int:
    """Words of the agent in these messages, calls included."""
    spoken = [message for message in messages if message["role"] == "assistant"]
    texts = [message.get("content") or "" for message in spoken]
    calls = [call["function"]["arguments"] for message in spoken for call in message.get("tool_calls", [])]
    return sum(len(text.split()) for text in [*texts, *calls])


def _votes(
    desk: SupportDesk, pair: Pair, place: int, settings: Settings, judge: SimulatedJudge, rng: np.random.Generator
) -> list[Vote]:
    """All answers on one pair: people, a repeat now and then, the judge in both orders, perhaps the known answer."""
    a, b = sides(pair.item)
    utilities, lengths = (desk.truth(a).utility, desk.truth(b).utility), (words(pair.a), words(pair.b))
    gap, at = utilities[0] - utilities[1], EPOCH + timedelta(minutes=MINUTES_BETWEEN * place)
    swap = bool(rng.random() < 0.5)
    found = []
    for turn, number in enumerate(rng.permutation(len(ANNOTATORS))[: settings.overlap]):
        first: Side = "a" if (turn % 2 == 0) != swap else "b"
        person, rounds = ANNOTATORS[int(number)], 2 if rng.random() < REPEAT_SHARE else 1
        for repeat in range(rounds):
            side: Side = first if repeat == 0 else ("b" if first == "a" else "a")
            label, seconds = person.answer(utilities, lengths, side, rng)
            found.append(_vote(pair.item, person.name, label, side, seconds, at + repeat * REPEAT_AFTER, repeat))
    for verdict in judge.verdicts(pair.item, gap, lengths, rng):
        found.append(Vote(item=pair.item, rater=judge.name, kind="judge", label=verdict.label, first=verdict.first))
    if rng.random() < GOLD_SHARE and abs(gap) >= GOLD_GAP:
        found.append(Vote(item=pair.item, rater="gold", kind="human", label="a" if gap > 0 else "b", gold=True))
    return found


def _vote(item: str, rater: str, label: str, first: Side, seconds: float, at: datetime, round_: int) -> Vote:
    return Vote(item=item, rater=rater, kind="human", label=label, first=first, seconds=seconds, at=at, round=round_)


def _truth(desk: SupportDesk, traces: Sequence[Trace], asked: Sequence[Pair], judge: SimulatedJudge) -> JSON:
    known = {trace.id: desk.truth(trace.id) for trace in traces}
    return {
        "utility": {name: round(truth.utility, 6) for name, truth in known.items()},
        "true_quality": {name: [round(value, 6) for value in truth.qualities] for name, truth in known.items()},
        "expert": {name: {"message": truth.branch, "answer": truth.expert} for name, truth in known.items()},
        "preference": {pair.item: round(desk.preference(*sides(pair.item)), 6) for pair in asked},
        "annotators": {
            person.name: {"accuracy": person.accuracy, "position": person.position, "length": person.length,
                          "ties": person.ties, "lapse": person.lapse} for person in ANNOTATORS
        },
        "judges": {judge.name: {"sharpness": judge.sharpness, "position": judge.position, "length": judge.length}},
    }  # fmt: skip
