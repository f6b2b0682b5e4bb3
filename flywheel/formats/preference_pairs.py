"""Preference data sets: each record is one prompt with two answers: a Pair, which becomes two traces of one task."""

import json
import re

from flywheel.formats import messages as chat
from flywheel.formats import native, openai_chat, pairs, shape
from flywheel.formats.fingerprint import fingerprint
from flywheel.records import JSON, BadInput, Pair, Trace, Vote

_TURN = re.compile(r"\n\n(Human|Assistant):")
_ROLES = {"Human": "user", "Assistant": "assistant"}
_PANDALM_LABELS = {0: "tie", 1: "a", 2: "b"}
_NOTHING: dict[str, JSON] = {}


def traces(pair: Pair, notes: tuple[dict[str, JSON], dict[str, JSON]] = (_NOTHING, _NOTHING)) -> tuple[Trace, Trace]:
    """The two sides of a pair as traces; the cluster is their task, the generators their policies, `notes` metadata."""
    first = _trace(pair, "a", pair.a, pair.generator_a, notes[0])
    second = _trace(pair, "b", pair.b, pair.generator_b, notes[1])
    return first, second


def _trace(pair: Pair, side: str, answer: JSON, generator: str | None, notes: dict[str, JSON]) -> Trace:
    known = generator or openai_chat.POLICY
    return native.parse(
        {
            "id": f"{pair.item}-{side}",
            "task": pair.cluster if len(pair.cluster) <= shape.TASK_LENGTH else f"pair-{fingerprint(pair.cluster)}",
            "policy": known if "@" in known else openai_chat.policy_of(known, openai_chat.POLICY),
            "messages": [*chat.check_prompt(pair.prompt, "prompt"), *chat.check_answer(answer, side, pair.prompt)],
            "metadata": {"pair": {"item": pair.item, "features": dict(pair.features)}, **notes},
        }
    )


def ours(obj: JSON) -> tuple[Trace, Trace]:
    """Two traces from a line of pairs.jsonl."""
    return traces(pairs.parse(obj))


def pandalm(obj: JSON) -> tuple[Trace, Trace]:
    """Two traces from a row of PandaLM's test set (Wang et al. 2023), the upstream votes kept in metadata."""
    notes = {"upstream_votes": _pandalm_votes(_row(obj))}
    return traces(pandalm_pair(obj), (notes, notes))


def pandalm_pair(obj: JSON) -> Pair:
    """A pair from a row of PandaLM's test set; the two models are read from `cmp_key`."""
    row = _row(obj, "idx", "cmp_key", "instruction", "response1", "response2")
    models = shape.text(row["cmp_key"], "cmp_key").split("_")
    if len(models) != 2 or not all(models):
        raise BadInput('cmp_key must look like "modelA_modelB", with one underscore.')
    item = _pandalm_item(row)
    return Pair(
        item=item,
        cluster=item,
        prompt="\n\n".join(part for part in (_loose_text(row, "instruction"), _loose_text(row, "input")) if part),
        a=_loose_text(row, "response1"),
        b=_loose_text(row, "response2"),
        generator_a=models[0],
        generator_b=models[1],
    )


def pandalm_votes(obj: JSON) -> tuple[Vote, ...]:
    """The votes of a PandaLM row's human annotators on its pair."""
    row = _row(obj, "idx", "instruction")
    labels = [_PANDALM_LABELS.get(vote) for vote in _pandalm_votes(row)]
    return tuple(
        Vote(item=_pandalm_item(row), rater=f"annotator{place}", kind="human", label=label)
        for place, label in enumerate(labels, start=1)
        if label
    )


def _pandalm_item(row: dict[str, JSON]) -> str:
    return f"pandalm-{shape.count(row['idx'], 'idx')}-{fingerprint([row['instruction'], row.get('input')], 6)}"


def _pandalm_votes(row: dict[str, JSON]) -> list[int]:
    votes = [row.get(f"annotator{place}") for place in (1, 2, 3)]
    return [vote if isinstance(vote, int) else -1 for vote in votes]


def hh_rlhf(obj: JSON) -> tuple[Trace, Trace]:
    """Two traces from a row of HH-RLHF (Bai et al. 2022), the upstream preference kept in metadata."""
    first_preferred = _ordered(obj)[0][1]
    notes = ({"upstream_preferred": first_preferred}, {"upstream_preferred": not first_preferred})
    return traces(hh_rlhf_pair(obj), notes)


def hh_rlhf_pair(obj: JSON) -> Pair:
    """A pair from a row of HH-RLHF; the prompt is what both dialogues share."""
    texts = [text for text, _ in _ordered(obj)]
    first, second = (_dialogue(text) for text in texts)
    shared = 0
    while shared < min(len(first), len(second)) - 1 and first[shared] == second[shared]:
        shared += 1
    item = f"hh-rlhf-{fingerprint(texts)}"
    return Pair(
        item=item,
        cluster=item,
        prompt=first[:shared],
        a=first[shared:],
        b=second[shared:],
        generator_a="hh-a",
        generator_b="hh-b",
    )


def hh_rlhf_votes(obj: JSON) -> tuple[Vote, ...]:
    """The one preference of an HH-RLHF row on its pair."""
    label = "a" if _ordered(obj)[0][1] else "b"
    return (Vote(item=hh_rlhf_pair(obj).item, rater="upstream", kind="human", label=label),)


def _ordered(obj: JSON) -> list[tuple[str, bool]]:
    """Both dialogues and whether upstream chose them, in an order that tells nothing: that of their hashes."""
    row = _row(obj, "chosen", "rejected")
    sides = [(shape.text(row["chosen"], "chosen"), True), (shape.text(row["rejected"], "rejected"), False)]
    return sorted(sides, key=lambda side: fingerprint(side[0], 64))


def _dialogue(text: str) -> list[dict[str, JSON]]:
    """Messages of a dialogue; the answer is all after the last "\\n\\nAssistant:", whatever stands in it."""
    head, marker, answer = text.rpartition("\n\nAssistant:")
    if not marker or not head.startswith("\n\nHuman:"):
        raise BadInput('A dialogue must start with "\\n\\nHuman:" and hold an "\\n\\nAssistant:" turn.')
    _, *parts = _TURN.split(head)
    turns = [
        {"role": _ROLES[speaker], "content": said.strip()}
        for speaker, said in zip(parts[::2], parts[1::2], strict=True)
    ]
    return [*turns, {"role": "assistant", "content": answer.strip()}]


def _row(obj: JSON, *wanted: str) -> dict[str, JSON]:
    if not isinstance(obj, dict):
        shape.refuse_type("A record", "an object", obj)
    shape.check_json(obj)
    missing = [name for name in wanted if name not in obj]
    if missing:
        raise BadInput(f"{', '.join(missing)} missing.")
    return obj


def _loose_text(row: dict[str, JSON], name: str) -> str:
    """A text; what upstream's files turned into true, a number or null is taken as the word it was."""
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, dict | list):
        shape.refuse_type(name, "text", value)
    return value if isinstance(value, str) else json.dumps(value)
