"""OpenAI chat logs: objects with `messages`, as fine-tuning files and request logs have them."""

import re

from flywheel.formats import messages as chat
from flywheel.formats import native, shape
from flywheel.formats.fingerprint import fingerprint
from flywheel.records import JSON, BadInput, Trace

POLICY = "unknown@1"


def parse(obj: JSON, policy: str = POLICY) -> Trace:
    """A trace from a chat log; id, task and policy are made where the log has none.

    The id comes from the whole record, the task from the messages before the first answer,
    the policy from `model` (as "model@1"), else from the argument.
    """
    if not isinstance(obj, dict):
        shape.refuse_type("A chat log", "an object", obj)
    shape.check_json(obj)
    if not obj.get("messages"):
        raise BadInput("messages is missing or empty; a chat log needs its messages.")
    messages = chat.check(obj["messages"])
    made = {
        "id": f"chat-{fingerprint(obj)}",
        "task": f"chat-{fingerprint(opening(messages))}",
        "policy": policy_of(obj.get("model"), policy),
    }
    return native.parse(made | {name: value for name, value in obj.items() if value is not None})


def opening(messages: tuple[dict[str, JSON], ...]) -> list[dict[str, JSON]]:
    """The messages before the assistant's first turn: what the task is."""
    first = next(index for index, message in enumerate(messages) if message["role"] == "assistant")
    return list(messages[:first])


def policy_of(model: JSON, otherwise: str) -> str:
    """A policy reference from a model's name; a name that is none, or absent, gives `otherwise`."""
    if not isinstance(model, str) or not model.strip():
        return otherwise
    name = re.sub(r"[@\s]+", "-", model.strip())
    return f"{name}@1"
