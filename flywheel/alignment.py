"""Two runs side by side: steps aligned, shared prefixes, first differences, differing arguments and words."""

import difflib
import json
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from flywheel.records import JSON, Step

Operation = Literal["equal", "delete", "insert"]

_MOST_CELLS = 2_000_000  # of the alignment table; longer runs are aligned within a band around the diagonal
_MOST_WORDS = 4_000  # of both texts together, after what they share at either end; difflib is quadratic
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_GAP, _SAME_TOOL = 2, 1  # costs; two gaps are a dearer match than other arguments, so these are never split
_DIAGONAL, _UP, _LEFT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an alignment: indices of the steps side by side, None for a gap; `same` = nothing differs."""

    a: int | None
    b: int | None
    same: bool


@dataclass(frozen=True, slots=True)
class Alignment:
    """Rows in order; `prefix` = identical leading steps; `divergence` = the first row that differs, None if none does."""

    rows: tuple[Row, ...]
    prefix: int
    divergence: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two conversations part: the index of the first differing message, and whether both go on with the agent."""

    index: int
    both_assistant: bool


def align(a: Sequence[Step], b: Sequence[Step]) -> Alignment:
    """Steps laid side by side at the least cost (Needleman and Wunsch 1970).

    The same action costs 0, the same tool with other arguments 1, a gap 2; different tools never share a row.
    A row is `same` only if state, thought, action and observation all are, so that folding it hides nothing.
    """
    whole_a, whole_b = [_whole(step) for step in a], [_whole(step) for step in b]
    prefix = _shared(whole_a, whole_b)
    middle_a, middle_b = a[prefix:], b[prefix:]
    path = _path([_action(step) for step in middle_a], [_action(step) for step in middle_b])
    rows = [Row(index, index, True) for index in range(prefix)]
    for i, j in path:
        left, right = None if i is None else prefix + i, None if j is None else prefix + j
        same = left is not None and right is not None and whole_a[left] == whole_b[right]
        rows.append(Row(left, right, same))
    divergence = next((index for index, row in enumerate(rows) if not row.same), None)
    return Alignment(tuple(rows), prefix, divergence)


def _whole(step: Step) -> str:
    return _canonical([step.state, step.thought, step.action, step.observation])


def _canonical(value: JSON) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _action(step: Step) -> tuple[Hashable, str]:
    """The tools of a step (None for words only), and the whole action."""
    actions = step.action if isinstance(step.action, list) else [step.action]
    return tuple(action.get("tool") for action in actions), _canonical(step.action)


def _shared(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    shared = 0
    while shared < min(len(a), len(b)) and a[shared] == b[shared]:
        shared += 1
    return shared


def _path(a: Sequence[tuple[Hashable, str]], b: Sequence[tuple[Hashable, str]]) -> list[tuple[int | None, int | None]]:
    """The cheapest path through the table as pairs of indices, with None for a gap."""
    tail = _shared(a[::-1], b[::-1])
    n, m = len(a) - tail, len(b) - tail
    moves, starts = _table(a[:n], b[:m])
    path: list[tuple[int | None, int | None]] = [(n + k, m + k) for k in reversed(range(tail))]
    i, j = n, m
    while i or j:
        move = moves[i][j - starts[i]]
        i, j = i - (move != _LEFT), j - (move != _UP)
        path.append((None if move == _LEFT else i, None if move == _UP else j))
    return path[::-1]


def _table(a: Sequence[tuple[Hashable, str]], b: Sequence[tuple[Hashable, str]]) -> tuple[list[bytearray], list[int]]:
    """The last move into each cell, row by row, and the column at which each row's band starts."""
    n, m = len(a), len(b)
    half = max(_MOST_CELLS // (2 * (n + 1)), m // (n + 1) + 2)
    starts = [max(0, i * m // max(n, 1) - half) for i in range(n + 1)]
    ends = [min(m, i * m // max(n, 1) + half) for i in range(n + 1)]
    costs = [_GAP * j for j in range(ends[0] + 1)]
    moves = [bytearray([_LEFT]) * (ends[0] + 1)]
    for i in range(1, n + 1):
        costs, row = _row(a[i - 1], b, costs, starts[i - 1], range(starts[i], ends[i] + 1), i)
        moves.append(row)
    return moves, starts


def _row(
    step: tuple[Hashable, str],
    others: Sequence[tuple[Hashable, str]],
    above: list[int],
    above_start: int,
    columns: range,
    i: int,
) -> tuple[list[int], bytearray]:
    """Costs and moves of one row within its band; outside it nothing can be reached."""
    far = _GAP * (len(others) + i + 1)
    tools, action = step
    reach = len(above)
    costs, moves = [], bytearray()
    left = far
    for j in columns:
        k = j - above_start
        best, move = (above[k] + _GAP, _UP) if k < reach else (far, _UP)
        if left + _GAP < best:
            best, move = left + _GAP, _LEFT
        if 0 < j and 0 < k <= reach and others[j - 1][0] == tools:
            match = above[k - 1] + (0 if others[j - 1][1] == action else _SAME_TOOL)
            if match <= best:
                best, move = match, _DIAGONAL
        costs.append(best)
        moves.append(move)
        left = best
    return costs, moves


def shared_prefix(messages_a: Sequence[Mapping[str, JSON]], messages_b: Sequence[Mapping[str, JSON]]) -> int:
    """How many leading messages are equal in role, content, and names and arguments of calls (ids of calls may differ)."""
    shared = 0
    for a, b in zip(messages_a, messages_b, strict=False):
        if _message(a) != _message(b):
            break
        shared += 1
    return shared


def first_difference(
    messages_a: Sequence[Mapping[str, JSON]], messages_b: Sequence[Mapping[str, JSON]]
) -> Difference | None:
    """Where two conversations part, None if they are equal; where one has ended, the agent does not go on in both."""
    index = shared_prefix(messages_a, messages_b)
    following = [messages[index]["role"] for messages in (messages_a, messages_b) if index < len(messages)]
    if not following:
        return None
    return Difference(index, following == ["assistant", "assistant"])


def _message(message: Mapping[str, JSON]) -> tuple[JSON, ...]:
    calls = [_call(call["function"]) for call in message.get("tool_calls") or []]
    return message["role"], message.get("name"), message.get("content") or "", calls


def _call(function: Mapping[str, JSON]) -> tuple[str, JSON]:
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            pass
    return function["name"], arguments or {}


def argument_differences(a: Mapping[str, JSON], b: Mapping[str, JSON]) -> set[str]:
    """The names of arguments that only one side has, or that differ."""
    return {name for name in a.keys() | b.keys() if name not in a or name not in b or _differ(a[name], b[name])}


def _differ(a: JSON, b: JSON) -> bool:
    # 1, 1.0 and true are equal to Python, not to a reader.
    return _canonical(a) != _canonical(b)


def word_diff(a: str, b: str) -> list[tuple[Operation, str]]:
    """What to delete from and insert into `a` to make `b`, by words; long texts that share little give two whole blocks."""
    words_a, words_b = _WORD.findall(a), _WORD.findall(b)
    head = _shared(words_a, words_b)
    tail = _shared(words_a[head:][::-1], words_b[head:][::-1])
    middle_a, middle_b = words_a[head : len(words_a) - tail], words_b[head : len(words_b) - tail]
    found: list[tuple[Operation, list[str]]] = [("equal", words_a[:head])]
    if len(middle_a) + len(middle_b) > _MOST_WORDS:
        found += [("delete", middle_a), ("insert", middle_b)]
    else:
        found += _differing(middle_a, middle_b)
    found.append(("equal", words_a[len(words_a) - tail :]))
    return [(operation, "".join(words)) for operation, words in found if words]


def _differing(a: list[str], b: list[str]) -> list[tuple[Operation, list[str]]]:
    found: list[tuple[Operation, list[str]]] = []
    for tag, start_a, end_a, start_b, end_b in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(("equal", a[start_a:end_a]))
        else:
            found += [("delete", a[start_a:end_a]), ("insert", b[start_b:end_b])]
    return found
