"""Two to six runs side by side: the steps that do the same share a row; and which arguments of two calls differ."""

import heapq
import json
import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from flywheel.records import JSON, Step

_MOST_CELLS = 400_000  # of a table; longer runs are aligned within a band around its diagonal
_MOST_WORDS = 100  # of one action; what stands behind them hardly makes two actions more alike
# Costs between two runs. Two gaps are dearer than the least alike arguments, so calls of one tool are never split.
_GAP, _CHANGED, _UNLIKE = 100, 20, 60
_DIAGONAL, _UP, _LEFT = 0, 1, 2
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: for each run the index of its step, or None; `same` = all runs have it and nothing in it differs."""

    steps: tuple[int | None, ...]
    same: bool


@dataclass(frozen=True, slots=True)
class Alignment:
    """Rows in order; `prefix` = identical leading steps; `divergence` = the first row that differs, None if none does."""

    rows: tuple[Row, ...]
    prefix: int
    divergence: int | None


@dataclass(frozen=True, slots=True)
class _Action:
    """What a step does, for comparing: its tools (None for words only), all of it, and its words as bits."""

    tools: Hashable
    whole: str
    words: int
    count: int


@dataclass(slots=True)
class _Column:
    """Steps that share a row: run → index, and their distinct actions with how many runs took each."""

    steps: dict[int, int]
    tools: Hashable
    actions: dict[_Action, int] = field(default_factory=dict)


def align(runs: Sequence[Sequence[Step]]) -> Alignment:
    """Steps of all runs laid side by side at the least cost between them.

    Two runs: global alignment (Needleman and Wunsch 1970). The same action costs 0, the same tool with other arguments or
    other words more the less alike they are (Dice 1945, of their words), a gap more than half of the worst of those;
    different tools never share a row. More runs: progressively (Feng and Doolittle 1987), the one most like the others
    first, at the sum of the costs of all pairs. What comes out does not depend on the order of the runs.
    A row is `same` only if state, thought, action and observation all are, so that folding it hides nothing.
    """
    wholes = [[_whole(step) for step in run] for run in runs]
    prefix = _shared(wholes)
    columns = _columns([run[prefix:] for run in runs])
    rows = [Row((index,) * len(runs), True) for index in range(prefix)]
    for column in columns:
        places = [column.steps.get(run) for run in range(len(runs))]
        steps = tuple(None if place is None else prefix + place for place in places)
        told = {None if index is None else wholes[run][index] for run, index in enumerate(steps)}
        rows.append(Row(steps, len(told) == 1))
    divergence = next((index for index, row in enumerate(rows) if not row.same), None)
    return Alignment(tuple(rows), prefix, divergence)


def argument_differences(a: Mapping[str, JSON], b: Mapping[str, JSON]) -> set[str]:
    """The names of arguments that only one side has, or that differ."""
    # As JSON: 1, 1.0 and true are equal to Python, not to a reader.
    return {
        name
        for name in a.keys() | b.keys()
        if name not in a or name not in b or _canonical(a[name]) != _canonical(b[name])
    }


def _whole(step: Step) -> str:
    return _canonical([step.state, step.thought, step.action, step.observation])


def _canonical(value: JSON) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _shared(runs: Sequence[Sequence[Hashable]]) -> int:
    """How many leading entries all runs have in common."""
    shared = 0
    for entries in zip(*runs, strict=False):
        if len(set(entries)) > 1:
            break
        shared += 1
    return shared


def _columns(runs: Sequence[Sequence[Step]]) -> list[_Column]:
    """The rows behind the shared prefix, in an order in which earlier runs come first where nothing else decides."""
    bits: dict[str, int] = {}
    actions = [[_action(step, bits) for step in run] for run in runs]
    tail = _shared([run[::-1] for run in actions])
    columns: list[_Column] = []
    for taken, run in enumerate(_most_alike_first(actions)):
        columns = _merged(columns, actions[run][: len(actions[run]) - tail], run, taken)
    for back in range(tail, 0, -1):
        steps = {run: len(found) - back for run, found in enumerate(actions)}
        columns.append(_Column(steps, None))
    return _laid(columns)


def _action(step: Step, bits: dict[str, int]) -> _Action:
    taken = step.action if isinstance(step.action, list) else [step.action]
    whole = _canonical(step.action)
    words = 0
    for entry in taken:
        told = entry.get("arguments", entry.get("say"))
        named = told.items() if isinstance(told, dict) else [("", told)]
        for name, value in named:
            for word in _WORD.findall(value if isinstance(value, str) else _canonical(value))[:_MOST_WORDS]:
                words |= 1 << bits.setdefault(f"{name} {word}", len(bits))
    return _Action(tuple(entry.get("tool") for entry in taken), whole, words, words.bit_count())


def _most_alike_first(runs: Sequence[Sequence[_Action]]) -> list[int]:
    """The runs by how many actions and tools they share with the others; equals by content, never by position."""
    bags = [Counter(action.whole for action in run) + Counter(action.tools for action in run) for run in runs]
    alike = [0] * len(runs)
    for a, b in combinations(range(len(runs)), 2):
        shared = (bags[a] & bags[b]).total()
        alike[a], alike[b] = alike[a] + shared, alike[b] + shared
    return sorted(range(len(runs)), key=lambda run: (-alike[run], [action.whole for action in runs[run]]))


def _merged(columns: list[_Column], run: Sequence[_Action], number: int, taken: int) -> list[_Column]:
    """The columns of `taken` runs with one more run laid into them."""
    moves, starts = _table(columns, run, taken)
    merged: list[_Column] = []
    i, j = len(columns), len(run)
    while i or j:
        move = moves[i][j - starts[i]]
        i, j = i - (move != _LEFT), j - (move != _UP)
        column = _Column({}, run[j].tools) if move == _LEFT else columns[i]
        if move != _UP:
            column.steps[number] = j
            column.actions[run[j]] = column.actions.get(run[j], 0) + 1
        merged.append(column)
    return merged[::-1]


def _table(columns: list[_Column], run: Sequence[_Action], taken: int) -> tuple[list[bytearray], list[int]]:
    """The last move into each cell, row by row, and the first cell of each row's band."""
    n, m = len(columns), len(run)
    half = max(_MOST_CELLS // (2 * (n + 1)), m // (n + 1) + 2)
    starts = [max(0, i * m // max(n, 1) - half) for i in range(n + 1)]
    ends = [min(m, i * m // max(n, 1) + half) for i in range(n + 1)]
    by_tools: dict[Hashable, list[int]] = {}
    for j, action in enumerate(run):
        by_tools.setdefault(action.tools, []).append(j)
    far = _GAP * (taken + 1) * (n + m + 1)
    costs = [_GAP * taken * j for j in range(ends[0] + 1)]
    moves = [bytearray([_LEFT]) * (ends[0] + 1)]
    for i, column in enumerate(columns, start=1):
        span = range(starts[i], ends[i] + 1)
        matches = [far] * len(span)
        for j in by_tools.get(column.tools, ()):
            if span.start <= j + 1 < span.stop:
                matches[j + 1 - span.start] = _match(column, run[j], taken)
        # The row above as this row's band sees it: each cell, and the one diagonally before it.
        above = [far, *costs, *[far] * (span.stop - starts[i - 1] - len(costs))][span.start - starts[i - 1] :]
        costs, row = _row(above, matches, _GAP * len(column.steps), _GAP * taken, far)
        moves.append(row)
    return moves, starts


def _row(above: list[int], matches: list[int], skipped: int, added: int, far: int) -> tuple[list[int], bytearray]:
    """Costs and moves of one row; `skipped` = what it costs to leave the column out, `added` = a column of its own."""
    costs, moves = [], bytearray()
    left = far
    for k, match in enumerate(matches):
        best, move = above[k + 1] + skipped, _UP
        if left + added < best:
            best, move = left + added, _LEFT
        if above[k] + match <= best:
            best, move = above[k] + match, _DIAGONAL
        costs.append(best)
        moves.append(move)
        left = best
    return costs, moves


def _match(column: _Column, action: _Action, taken: int) -> int:
    """What it costs to lay the action beside the column's, and beside the gaps of the runs that are not in it."""
    cost = _GAP * (taken - len(column.steps))
    for other, count in column.actions.items():
        if other.whole != action.whole:
            shared = 2 * (other.words & action.words).bit_count()
            cost += count * (_CHANGED + _UNLIKE - _UNLIKE * shared // (other.count + action.count or 1))
    return cost


def _laid(columns: list[_Column]) -> list[_Column]:
    """The columns so that each run keeps its order, and the earliest run goes first wherever two may be exchanged."""
    waiting: list[int] = []
    following: list[list[int]] = [[] for _ in columns]
    last: dict[int, int] = {}
    for place, column in enumerate(columns):
        before = {last[run] for run in column.steps if run in last}
        for earlier in before:
            following[earlier].append(place)
        waiting.append(len(before))
        last |= dict.fromkeys(column.steps, place)
    ready = [(min(columns[place].steps), place) for place, count in enumerate(waiting) if not count]
    heapq.heapify(ready)
    laid = []
    while ready:
        _, place = heapq.heappop(ready)
        laid.append(columns[place])
        for later in following[place]:
            waiting[later] -= 1
            if not waiting[later]:
                heapq.heappush(ready, (min(columns[later].steps), later))
    return laid
