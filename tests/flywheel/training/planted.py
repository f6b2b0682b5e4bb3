"""A support desk with a planted, learnable preference: kind answers and look-ups win over rude ones. Half of it calls tools."""

import json
import random
from pathlib import Path

from flywheel.datasets import release
from flywheel.datasets.rows import Demonstration, JudgedPair, Rows, build

PARAMETERS = {"type": "object", "properties": {"order": {"type": "integer"}, "on": {"type": "string"}}}
TOOLS = [{"type": "function", "function": {"name": "find", "description": "Finds an order.", "parameters": PARAMETERS}}]
KIND = ["Thank you for waiting, it is in Bonn.", "I am glad to help, it is in Bonn."]
RUDE = ["Go away.", "Whatever, find it yourself."]


def asks(n: int) -> dict:
    """A user's question."""
    return {"role": "user", "content": f"Where is order {n}?"}


def looks_up(n: int) -> dict:
    """An assistant's call, its arguments a JSON text as agents send them."""
    arguments = json.dumps({"order": n, "on": "2024-05-15"})
    call = {"id": f"call_{n}", "type": "function", "function": {"name": "find", "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def finds(n: int) -> dict:
    """What the tool answers."""
    return {"role": "tool", "tool_call_id": f"call_{n}", "name": "find", "content": f"in Bonn since {n}"}


def says(words: str) -> dict:
    """An assistant's words."""
    return {"role": "assistant", "content": words}


def rows(n_pairs: int = 96, n_demonstrations: int = 24) -> Rows:
    """The same rows on every call."""
    rng = random.Random(0)
    pairs = [_pair(n, rng) for n in range(n_pairs)]
    demonstrations = [
        Demonstration(
            trace_id=f"demo{n}",
            task=f"demo {n}",
            messages=[asks(n), looks_up(n), finds(n), says(KIND[n % 2])],
            tools=TOOLS,
        )
        for n in range(n_demonstrations)
    ]
    return build(pairs, [], demonstrations)


def write(folder: Path) -> Path:
    """The rows as a release."""
    made, spec = rows(), release.ReleaseSpec(name="planted", test_share=0.2)
    release.write(folder, rows=made, spec=spec)
    return folder


def _pair(n: int, rng: random.Random) -> JudgedPair:
    past = [asks(n)] if n % 2 else [asks(n), looks_up(n), finds(n)]
    good = looks_up(n) if n % 2 else says(rng.choice(KIND))
    sides = [[*past, good], [*past, says(rng.choice(RUDE))]]
    label = rng.choice("ab")
    a, b = sides if label == "a" else reversed(sides)
    return JudgedPair(pair_id=f"pair{n}", task=f"task {n}", messages_a=a, messages_b=b, label=label, tools=TOOLS)
