"""Marked runs become rows that TRL's process reward trainer reads."""

from pathlib import Path
from typing import Any

from datasets import load_dataset

from flywheel.datasets import release
from flywheel.datasets.check import check
from flywheel.datasets.excluded import Excluded
from flywheel.datasets.rows import build
from flywheel.datasets.stepwise import Marking, StepwiseRow, stepwise_row
from tests.factories import conversation


def marking(number: int = 0, **given: Any) -> Marking:
    """A marked run of two steps: a call of a tool, and the answer."""
    fields = {"messages": conversation("It left on Monday."), "labels": {1: True, 2: False}} | given
    return Marking(marking_id=f"answer-{number}", task=f"task-{number}", annotation_ids=(str(number),), **fields)


def test_each_completion_ends_with_a_judged_step_and_opens_with_what_came_before():
    row = stepwise_row(marking())

    assert isinstance(row, StepwiseRow)
    assert row.prompt == "user: Where is my order 4711?"
    assert row.completions == (
        'assistant:\nfind_order({"order": 4711})',
        'tool: {"status": "sent on Monday"}\n\nassistant: It left on Monday.',
    )
    assert (row.labels, row.steps) == ((True, False), (1, 2))


def test_a_step_that_nobody_judged_is_told_with_the_next_one_and_the_rest_is_left_out():
    last = stepwise_row(marking(labels={2: False}))
    first = stepwise_row(marking(labels={1: False}))

    assert isinstance(last, StepwiseRow)
    assert isinstance(first, StepwiseRow)
    assert (len(last.completions), last.labels) == (1, (False,))
    assert last.completions[0].startswith("assistant:\nfind_order")
    assert last.completions[0].endswith("It left on Monday.")
    assert first.completions == ('assistant:\nfind_order({"order": 4711})',)


def test_runs_without_marks_or_without_a_prompt_are_left_out_with_a_reason():
    unmarked, unprompted = (
        stepwise_row(marking(labels={})),
        stepwise_row(marking(messages=conversation("Monday.")[1:2])),
    )

    assert isinstance(unmarked, Excluded)
    assert isinstance(unprompted, Excluded)
    assert (unmarked.reason, unprompted.reason) == ("empty_answer", "no_prompt")


def test_a_release_of_marked_runs_loads_with_the_columns_that_trl_reads(tmp_path: Path):
    rows = build([], markings=[marking(number) for number in range(12)])

    manifest = release.write(tmp_path / "r", rows=rows, spec=release.ReleaseSpec(name="marks", test_share=0.25))

    counts = manifest.document["rows"]["stepwise"]
    splits = {split: str(tmp_path / "r" / "stepwise" / f"{split}.jsonl") for split in ("train", "test")}
    lines = load_dataset("json", data_files=splits, cache_dir=str(tmp_path / "cache"))
    tables = load_dataset(
        "parquet",
        data_files={split: path.replace("jsonl", "parquet") for split, path in splits.items()},
        cache_dir=str(tmp_path / "cache"),
    )
    assert check(tmp_path / "r") == []
    assert {split: len(part) for split, part in lines.items()} == counts
    assert lines["train"].column_names[:3] == ["prompt", "completions", "labels"]
    assert lines["train"][0]["labels"] == [True, False]
    assert tables["train"].to_list() == lines["train"].to_list()
    assert manifest.document["sources"] == {"marking": 12}
    assert "trl.PRMTrainer" in (tmp_path / "r" / "README.md").read_text()
