"""The kinds of question, by name."""

from types import ModuleType

from annotation.task_types import compare, correct, mark

KINDS: dict[str, ModuleType] = {"compare": compare, "correct": correct, "mark": mark}
