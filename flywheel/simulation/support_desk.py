"""The support desk: agents of different quality work on seeded tasks, and their runs branch from shared states."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np

from flywheel.formats import steps
from flywheel.records import JSON, BadInput, Outcome, Trace, Usage
from flywheel.simulation.desk_kinds import KINDS
from flywheel.simulation.desk_policies import POLICIES, DeskPolicy, Move, pick
from flywheel.simulation.desk_runs import Message, Run
from flywheel.simulation.desk_tasks import Task, question_task, service_task
from flywheel.simulation.desk_tools import SCHEMAS

EPOCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
QUESTION_SHARE = 0.08  # tasks of a single turn
PARTED_SHARE = 0.08  # tasks whose runs part at the customer's words
SAME_MOVE_SHARE = 0.1  # branches that may do the same in other words: near-ties
# Tries to draw a branch's first message unlike the others'; most moves have a dozen wordings or more.
DRAWS = 60
# Annotators look first at where two runs part, then at what follows, then at how it ends.
WEIGHTS = (0.5, 0.3, 0.2)
# Log-odds of preferring a run that is better by one unit of utility, in the population of careful people.
PREFERENCE_SLOPE = 2.2
CHARACTERS_PER_TOKEN = 4
DOLLARS_PER_TOKEN = 0.25e-6
BETWEEN_TASKS, BETWEEN_RUNS, PER_MESSAGE = timedelta(minutes=17), timedelta(minutes=3), timedelta(seconds=7)


@dataclass(frozen=True, slots=True)
class Truth:
    """What the simulation knows of a run and no annotator sees.

    `utility` lies in [-1.12, 1]; `qualities` has one entry an assistant message; `branch` is the index in
    Trace.messages of the run's own first assistant message; `expert` is what the expert would have written there.
    """

    utility: float
    qualities: tuple[float, ...]
    branch: int
    expert: Message


class Branch(NamedTuple):
    """A run that goes its own way from message `start` on."""

    run: Run
    start: int
    expert: Message


class SupportDesk:
    """A seeded support desk: the same seed gives the same traces; `truth` knows the quality of those made so far."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._truth: dict[str, Truth] = {}

    def task(self, index: int) -> Task:
        """The task with this number; about one in twelve is a question that one message answers."""
        rng, task_id = np.random.default_rng([self.seed, index]), f"desk-{self.seed}-{index:04d}"
        today = (EPOCH + index * BETWEEN_TASKS).date()
        if rng.random() < QUESTION_SHARE:
            return question_task(task_id, today, rng)
        return service_task(task_id, pick(tuple(KINDS), rng), today, rng)

    def episodes(self, n_tasks: int, policies: Sequence[str], branches: int = 2, first: int = 0) -> Iterator[Trace]:
        """Traces of `n_tasks` tasks from number `first` on, `branches` of each, which share their beginning.

        One of the policies works up to a random stage; there the branches part: mostly at the agent's next message,
        in a few tasks at the customer's words.
        """
        for index in range(first, first + n_tasks):
            rng = np.random.default_rng([self.seed, index, 1])
            order = [policies[i % len(policies)] for i in rng.permutation(max(len(policies), branches))][:branches]
            shared = self._shared(index, pick(policies, rng), rng)
            started = self._parted(shared, order, rng) if rng.random() < PARTED_SHARE else None
            for number, branch in enumerate(started or self._branched(shared, order, rng)):
                branch.run.play(_policy(order[number]), np.random.default_rng([self.seed, index, 2, number]))
                yield self._trace(branch, order[number], number)

    def runs(self, n_tasks: int, policy: str, first: int = 0, tags: dict[str, JSON] | None = None) -> Iterator[Trace]:
        """One whole run of the policy on each of `n_tasks` tasks from number `first` on."""
        for index in range(first, first + n_tasks):
            run = self._start(index)
            branch = Branch(run, len(run.messages), self._expert(run))
            run.play(_policy(policy), np.random.default_rng([self.seed, index, 3]))
            yield self._trace(branch, policy, 0, tags)

    def demonstrations(self, n_tasks: int, first: int = 0) -> Iterator[Trace]:
        """Whole runs of the expert, tagged as demonstrations."""
        return self.runs(n_tasks, "expert@1", first, {"demonstration": True})

    def truth(self, trace_id: str) -> Truth:
        """The planted truth of a trace that this desk has made."""
        if trace_id not in self._truth:
            raise BadInput(f"No trace {trace_id} was made by this desk; iterate its episodes first.")
        return self._truth[trace_id]

    def preference(self, a: str, b: str) -> float:
        """P(a careful person prefers trace a to trace b)."""
        gap = self.truth(a).utility - self.truth(b).utility
        return float(1 / (1 + np.exp(-PREFERENCE_SLOPE * gap)))

    def _start(self, index: int) -> Run:
        task = self.task(index)
        opening: list[Message] = [
            {"role": "system", "content": task.system},
            {"role": "user", "content": task.opening},
        ]
        return Run(task, task.desk.copy(), opening, (self.seed, index))

    def _shared(self, index: int, policy: str, rng: np.random.Generator) -> Run:
        run = self._start(index)
        run.play(_policy(policy), rng, until=int(rng.integers(len(run.task.stages))))
        return run

    def _branched(self, shared: Run, policies: Sequence[str], rng: np.random.Generator) -> list[Branch]:
        """Runs whose first own message is the agent's: another move each, or at least other words."""
        taken: list[tuple[Move, Message]] = []
        found, expert = [], self._expert(shared)
        for policy in policies:
            run, may_repeat = shared.fork(), rng.random() < SAME_MOVE_SHARE
            for _ in range(DRAWS):
                move, message, quality = run.draft(_policy(policy), rng)
                if not any(message == told or (move is done and not may_repeat) for done, told in taken):
                    break
            taken.append((move, message))
            run.take(move, message, quality)
            found.append(Branch(run, len(shared.messages), expert))
        return found

    def _parted(self, shared: Run, policies: Sequence[str], rng: np.random.Generator) -> list[Branch] | None:
        """Runs that say the same and hear different replies; None where the task gives customers no turn."""
        if not any(move.reply for move in shared.moves()):
            shared = self._start(shared.seed[1])
        if not any(move.reply for move in shared.moves()):
            return None
        draft = shared.draft(_policy(policies[0]), rng)
        while not draft[0].reply:
            draft = shared.draft(_policy("desk-v0@1"), rng)
        found: list[Branch] = []
        mood = 0
        while len(found) < min(len(policies), len(draft[0].reply)):
            run, mood = shared.fork(), mood + 1
            run.take(*draft, mood=mood)
            if run.messages[-1] not in [other.run.messages[-1] for other in found]:
                found.append(Branch(run, len(run.messages), self._expert(run)))
        return found

    def _expert(self, run: Run) -> Message:
        rng = np.random.default_rng([*run.seed, len(run.messages), 4])
        return run.draft(_policy("expert@1"), rng)[1]

    def _trace(self, branch: Branch, policy: str, number: int, tags: dict[str, JSON] | None = None) -> Trace:
        run, reward = branch.run, branch.run.reward()
        trace_id = f"{run.task.id}-{chr(ord('a') + number)}"
        before = sum(message["role"] == "assistant" for message in run.messages[: branch.start])
        utility = _utility(run.qualities[before:], reward)
        self._truth[trace_id] = Truth(utility, tuple(run.qualities), branch.start, branch.expert)
        started = EPOCH + run.seed[1] * BETWEEN_TASKS + number * BETWEEN_RUNS
        return Trace(
            id=trace_id,
            task=run.task.id,
            policy=policy,
            messages=tuple(run.messages),
            steps=steps.from_messages(run.messages),
            tools=SCHEMAS if len(run.task.stages) > 1 else (),
            outcome=Outcome("success" if reward == 1 else "failure", reward),
            started_at=started,
            ended_at=started + len(run.messages) * PER_MESSAGE,
            usage=_usage(run.messages),
            tags={"topic": run.task.kind} | (tags or {}),
        )


def _policy(name: str) -> DeskPolicy:
    if name not in POLICIES:
        raise BadInput(f"The support desk has no policy {name}; choose one of {', '.join(POLICIES)}.")
    return POLICIES[name]


def _utility(qualities: Sequence[float], reward: float) -> float:
    own, later = qualities[0], qualities[1:] or qualities[:1]
    return WEIGHTS[0] * own + WEIGHTS[1] * sum(later) / len(later) + WEIGHTS[2] * (2 * reward - 1)


def _usage(messages: Sequence[Message]) -> Usage:
    """Tokens as a rule of thumb counts them: every call of the model reads all that came before."""
    sizes = [
        len(str(message.get("content") or message.get("tool_calls"))) // CHARACTERS_PER_TOKEN for message in messages
    ]
    turns = [index for index, message in enumerate(messages) if message["role"] == "assistant"]
    read, written = sum(sum(sizes[:index]) for index in turns), sum(sizes[index] for index in turns)
    return Usage(read, written, round((read + 4 * written) * DOLLARS_PER_TOKEN, 6))
