"""Release folders: rows, splits, manifest and the check of them."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations

import pytest

from flywheel.__main__ import main
from flywheel.datasets import files, release, splits
from flywheel.datasets.check import check
from flywheel.datasets.rows import (
    Correction,
    Demonstration,
    Excluded,
    JudgedPair,
    Rows,
    build,
    correction_rows,
    preference_row,
)
from flywheel.records import BadInput
from tests.real_data import real_data

USER = {"role": "user", "content": "Where is order 7?"}


def says(words):
    return {"role": "assistant", "content": words}


def calls(name, arguments, call_id="call_1"):
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }


def answers(words, call_id="call_1"):
    return {"role": "tool", "tool_call_id": call_id, "name": "find", "content": words}


def pair(a, b, label="a", **known):
    return JudgedPair(**{"pair_id": "p", "task": "t", "messages_a": a, "messages_b": b, "label": label} | known)


@pytest.mark.parametrize(("label", "expected"), [("a", 0.8), ("b", 0.2)])
def test_a_judges_probability_is_that_of_the_chosen_side(label, expected):
    row = preference_row(pair([USER, says("Yes.")], [USER, says("No.")], label, judge_p=0.8))

    assert row.judge_p == pytest.approx(expected)


def rows(n_tasks=20):
    pairs = [
        pair(
            [USER, calls("find", {"order": n, "on": "2024-05-15"})],
            [USER, says(f"No idea {n}.")],
            pair_id=f"p{n}",
            task=f"task {n}",
        )
        for n in range(n_tasks)
    ]
    pairs.append(pair([USER, says("x")], [USER, says("x")], pair_id="same"))
    fix = Correction(
        correction_id="c0", task="task 0", messages=[USER, says("Gone.")], message=1, corrected=says("On its way.")
    )
    return build(pairs, [fix], [Demonstration(trace_id="d0", task="expert", messages=[USER, says("It comes today.")])])


def write(folder, made, spec=None):
    spec = spec or release.ReleaseSpec(name="demo")
    return release.write(folder, rows=made, spec=spec)


def test_the_first_differing_assistant_message_becomes_the_pair_and_the_shared_past_its_prompt():
    past_a = [USER, calls("find", {"order": 7}, "call_a"), answers("in Bonn", "call_a")]
    past_b = [USER, calls("find", {"order": 7}, "call_b"), answers("in Bonn", "call_b")]

    row = preference_row(pair([*past_a, says("In Bonn."), USER], [*past_b, says("No idea.")], label="b"))

    assert [message["role"] for message in row.prompt] == ["user", "assistant", "tool"]
    assert row.prompt[1]["tool_calls"][0]["function"] == {"name": "find", "arguments": {"order": 7}}
    assert (row.chosen, row.rejected) == ([says("No idea.")], [says("In Bonn.")])


@pytest.mark.parametrize(
    ("a", "b", "label", "reason"),
    [
        ([USER, says("x")], [USER, says("y")], "tie", "tie"),
        ([USER, says("x")], [USER, says("y")], "both_bad", "both_bad"),
        ([USER, says("x")], [{"role": "user", "content": "Other"}, says("y")], "a", "environment_diverged"),
        ([USER, calls("find", {}), answers("1")], [USER, calls("find", {}), answers("2")], "a", "environment_diverged"),
        ([USER, calls("f", {}, "1")], [USER, calls("f", {}, "2")], "a", "identical"),
        ([USER, says("x")], [USER, says("x"), USER], "a", "one_side_ended"),
        ([USER, says(" ")], [USER, says("y")], "a", "empty_answer"),
        ([says("x")], [says("y")], "a", "no_prompt"),
        ([{"role": "robot", "content": "x"}], [USER], "a", "bad_message"),
    ],
)
def test_what_cannot_be_exported_is_left_out_with_its_reason(a, b, label, reason):
    left_out = preference_row(pair(a, b, label))

    assert isinstance(left_out, Excluded)
    assert left_out.reason == reason


def test_a_correction_gives_a_pair_and_an_answer_to_imitate_at_the_same_prefix():
    run = [USER, calls("find", {"order": 8}), answers("none"), says("Gone.")]

    preference, sft = correction_rows(
        Correction(correction_id="c", task="t", messages=run, message=1, corrected=calls("find", {"order": 7}))
    )

    assert preference.prompt == sft.prompt == [USER]
    assert preference.chosen == sft.completion
    assert preference.rejected[0]["tool_calls"][0]["function"]["arguments"] == {"order": 8}


def test_only_an_assistants_message_can_be_corrected():
    with pytest.raises(BadInput, match="user message"):
        correction_rows(Correction(correction_id="c", task="t", messages=[USER], message=0, corrected=says("x")))


def test_all_300_within_task_pairs_of_tau_bench_part_at_a_user_message():
    runs = [run for path in sorted(real_data("tau_bench").glob("*.json")) for run in json.loads(path.read_text())]
    by_task = {}
    for run in runs:
        by_task.setdefault(run["task_id"], []).append(run["traj"])

    made = build(pair(a, b) for trials in by_task.values() for a, b in combinations(trials, 2))

    assert [row.reason for row in made.excluded] == ["environment_diverged"] * 300
    assert all("is user and user" in row.detail for row in made.excluded)
    assert made.preference == []


def test_two_tasks_fill_both_sides_and_a_task_keeps_its_side_when_others_come():
    few = [f"task {n}" for n in range(100)]
    many = few + [f"new {n}" for n in range(900)]

    before, after = splits.assign(few, seed=1), splits.assign(many, seed=1)

    assert set(splits.assign(["a", "b"], seed=0).values()) == {"train", "test"}
    assert splits.assign(["a"], seed=0) == {"a": "train"}
    assert all(after[task] == side for task, side in before.items())
    assert 60 <= sum(side == "test" for side in after.values()) <= 140


def test_the_same_rows_give_the_same_bytes_in_any_order(tmp_path):
    made, shuffled = rows(), rows()
    random.Random(3).shuffle(shuffled.preference)

    one = write(tmp_path / "one", made, release.ReleaseSpec(name="demo", created_at=datetime(2024, 1, 1, tzinfo=UTC)))
    two = write(tmp_path / "two", shuffled)

    assert one.id == two.id
    for path in (path for path in (tmp_path / "one").rglob("*") if path.is_file() and path.name != "manifest.json"):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
    assert write(tmp_path / "three", made, release.ReleaseSpec(name="demo", seed=1)).id != one.id


def test_a_written_release_is_sound_and_its_preview_told_its_counts(tmp_path):
    made, spec = rows(), release.ReleaseSpec(name="demo")
    told = release.preview(made, spec)

    manifest = write(tmp_path / "r", made)

    assert check(tmp_path / "r") == []
    assert manifest.document["rows"] == told.rows
    assert sum(told.rows["preference"].values()) == 21
    assert told.excluded == {"identical": 1}
    assert main(["release", "check", str(tmp_path / "r")]) == 0


def by_judge(n, label="a", flip_prob=0.1):
    sides = [USER, says(f"Yes {n}.")], [USER, says(f"No {n}.")]
    known = {"n_annotators": 0, "flip_prob": flip_prob, "judge_p": 0.9 if label == "a" else 0.2, "source": "judge"}
    return pair(*sides, label, pair_id=f"j{n}", task=f"task {n}", **known)


def test_rows_that_judges_decided_are_sound_and_the_card_says_that_no_person_saw_them(tmp_path):
    known = {"value": 0.9, "low": 0.77, "high": 0.97, "n": 40}
    told = {"strict": {"accuracy": known, "sways": {"verbosity": {"effect_pp": 8.0, "spread": 0.5}}, "rows": 5}}
    spec = release.ReleaseSpec(name="demo", recipe={"judges": told})

    manifest = write(tmp_path / "r", build([by_judge(n) for n in range(5)]), spec)

    card = (tmp_path / "r" / "README.md").read_text()
    assert check(tmp_path / "r") == []
    assert manifest.document["sources"] == {"judge": 5}
    assert "No person saw 5 of the pairs" in card and "and of judges where nobody answered" in card
    assert "- strict: 5 rows; right on 90% of 40 known answers [77%, 97%]; biased in verbosity" in card
    write(tmp_path / "people", rows())
    assert "judges" not in (tmp_path / "people" / "README.md").read_text().partition("## What a row is")[0]


def test_a_judge_that_is_often_wrong_leaves_a_pair_unsure():
    left_out = preference_row(by_judge(0, flip_prob=0.42))

    assert (left_out.reason, "42%" in left_out.detail) == ("unsure", True)


def test_parquet_holds_the_very_rows_of_the_lines(tmp_path):
    write(tmp_path / "r", rows())

    lines = [json.loads(line) for line in (tmp_path / "r/preference/train.jsonl").read_text().splitlines()]

    assert files.read_parquet(tmp_path / "r/preference/train.parquet") == lines
    assert list(lines[0]) == list(files.COLUMNS["preference"])


def test_check_names_changed_missing_and_added_files_and_bad_rows(tmp_path, capsys):
    folder = tmp_path / "r"
    write(folder, rows())
    lines = (folder / "preference/test.jsonl").read_text().splitlines()
    row = json.loads(lines[0])
    row["rejected"], row["task"] = row["chosen"], "task 1"
    (folder / "preference/test.jsonl").write_text("\n".join([json.dumps(row), *lines[1:]]) + "\n")
    (folder / "sft/train.parquet").unlink()
    (folder / "notes.txt").write_text("x")

    problems = " ".join(check(folder))

    for expected in (
        "sha256 is not",
        "sft/train.parquet: is missing",
        "notes.txt: is not",
        "are the same",
        "other rows",
    ):
        assert expected in problems
    assert main(["release", "check", str(folder), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_check_of_a_folder_that_is_no_release_is_bad_input(tmp_path, capsys):
    assert main(["release", "check", str(tmp_path)]) == 2
    assert "no manifest.json" in capsys.readouterr().err


def test_a_task_in_both_splits_is_found(tmp_path, monkeypatch):
    made = rows()
    made.sft[0] = replace(made.sft[0], task="leak")
    made.preference[0] = replace(made.preference[0], task="leak")
    sides = splits.assign({row.task for row in made.preference}, seed=0)
    twin = next(n for n, row in enumerate(made.preference) if sides[row.task] != sides["leak"])
    write(tmp_path / "r", made)
    made.preference[twin] = replace(made.preference[twin], task="leak")

    stem = tmp_path / "r/preference" / sides[rows().preference[twin].task]
    plain = files.ordered([made.preference[twin]])
    stem.with_suffix(".jsonl").write_bytes(files.jsonl(plain))

    assert "Task 'leak' is in train and in test." in check(tmp_path / "r")


def test_a_release_is_never_overwritten_and_nothing_half_done_stays(tmp_path):
    made = rows()
    first = write(tmp_path / "r", made)

    assert write(tmp_path / "r", made).id == first.id
    with pytest.raises(BadInput, match="another release"):
        write(tmp_path / "r", made, release.ReleaseSpec(name="other"))
    broken = replace(made.preference[0], weight=float("nan"))
    with pytest.raises(BadInput, match="NaN"):
        release.write(tmp_path / "s", rows=Rows(preference=[broken]), spec=release.ReleaseSpec(name="x"))
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_nothing_to_release_and_an_id_twice_are_refused(tmp_path):
    made = rows()

    with pytest.raises(BadInput, match="nothing to release: no row is left \\(1 identical\\)"):
        release.write(tmp_path / "r", rows=Rows(excluded=made.excluded), spec=release.ReleaseSpec(name="x"))
    made.preference.append(made.preference[0])
    with pytest.raises(BadInput, match="twice"):
        write(tmp_path / "r", made)
