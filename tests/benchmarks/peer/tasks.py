"""Made-up questions: a prompt and two answers, about 1 KB together."""

import json
import random

WORDS = (
    "the agent reads a ticket and answers with steps that a user can follow when "
    "the build fails because one module was renamed while its tests still import "
    "an older path so first check which commit changed it then update every caller "
    "run again and report what passed model reply tool call returns error timeout "
    "database index query plan slow row lock retry budget policy refund order email "
    "customer polite short answer source cite wrong claim missing detail safe unsafe"
).split()


def sentence(rng: random.Random) -> str:
    """Seven to sixteen words."""
    return " ".join(rng.choices(WORDS, k=rng.randint(7, 16))).capitalize() + "."


def made(count: int, *, seed: int, first: int = 0) -> list[dict[str, str]]:
    """`count` tasks {ref, prompt, a, b}, their references counted from `first`; the same for the same seed."""
    rng = random.Random(seed)
    pool = [sentence(rng) for _ in range(400)]
    return [
        {
            "ref": f"t{number:07d}",
            "prompt": " ".join(rng.choices(pool, k=3)),
            "a": " ".join(rng.choices(pool, k=6)),
            "b": " ".join(rng.choices(pool, k=6)),
        }
        for number in range(first, first + count)
    ]


def traces(task: dict[str, str]) -> list[dict[str, object]]:
    """The task's two answers as single-turn traces of two policies."""
    asked = {"role": "user", "content": task["prompt"]}
    return [
        {
            "id": f"{task['ref']}-{side}",
            "task": task["ref"],
            "policy": f"bench@{side}",
            "messages": [asked, {"role": "assistant", "content": task[side]}],
        }
        for side in ("a", "b")
    ]


def ndjson(tasks: list[dict[str, str]]) -> bytes:
    """The traces of these tasks, one JSON object a line."""
    return "".join(json.dumps(trace) + "\n" for task in tasks for trace in traces(task)).encode()
