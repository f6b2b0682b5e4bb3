"""The kinds of question, by name."""

from types import ModuleType

from annotation.task_types import compare, correct

KINDS: dict[str, ModuleType] = {"compare": compare, "correct": correct}
