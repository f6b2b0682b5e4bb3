"""Preference data sets as pairs of traces, pairs and votes."""

import io
import json
from collections import Counter

import pytest

from flywheel.formats import converting, pairs, preference_pairs
from flywheel.formats.reading import read
from flywheel.records import BadInput, Trace, Vote
from tests.real_data import real_data


def traces_of(path, name: str) -> list[Trace]:
    """All traces of a published file; a bad record fails the test."""
    with path.open("rb") as stream:
        found = [line.found for line in read(stream, name)]
    assert not [problem for problem in found if isinstance(problem, BadInput)]
    return found


def test_every_pandalm_row_gives_two_traces_of_one_task():
    found = traces_of(real_data("pandalm") / "testset-v1.json", "pandalm")

    assert len(found) == len({trace.id for trace in found}) == 2 * 999
    assert set(Counter(trace.task for trace in found).values()) == {2}
    assert {trace.policy for trace in found} == {
        "bloom-7b@1", "cerebras-gpt-6.7B@1", "llama-7b@1", "opt-7b@1", "pythia-6.9b@1",
    }  # fmt: skip
    answers = [trace.messages[-1]["content"] for trace in found]
    assert answers.count("true") == 6
    assert answers.count("") == 54


def test_pandalm_votes_have_the_published_majorities():
    with (real_data("pandalm") / "testset-v1.json").open("rb") as stream:
        votes = [line.found for line in converting.convert(stream, "pandalm", "votes")]

    by_item: dict[str, Counter[str]] = {}
    for vote in votes:
        by_item.setdefault(vote["item"], Counter())[vote["label"]] += 1
    majorities = Counter(labels.most_common(1)[0][0] for labels in by_item.values())
    assert majorities == {"tie": 105, "a": 422, "b": 472}


def test_hh_rlhf_sides_do_not_tell_which_answer_was_chosen():
    found = traces_of(real_data("hh_rlhf") / "harmless-base-test.jsonl.gz", "hh-rlhf")

    assert len(found) == len({trace.id for trace in found}) == 2 * 2_312
    preferred = Counter((trace.policy, trace.metadata["upstream_preferred"]) for trace in found)
    assert abs(preferred["hh-a@1", True] - preferred["hh-b@1", True]) < 4 * 2_312**0.5
    assert sum(trace.messages[-1]["content"] == "" for trace in found) == 4
    assert all("chosen" not in trace.id + trace.policy + trace.task for trace in found)


def test_a_dialogue_is_split_on_the_last_answer():
    row = {
        "chosen": "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: d\n\nstill d",
        "rejected": "\n\nHuman: a\n\nAssistant: other\n\nHuman: c\n\nAssistant:",
    }

    by_preference = {trace.metadata["upstream_preferred"]: trace for trace in preference_pairs.hh_rlhf(row)}

    assert [message["content"] for message in by_preference[True].messages] == ["a", "b", "c", "d\n\nstill d"]
    assert by_preference[False].messages[-1] == {"role": "assistant", "content": ""}
    pair = preference_pairs.hh_rlhf_pair(row)
    assert pair.prompt == [{"role": "user", "content": "a"}]


def test_the_vote_of_an_hh_rlhf_row_names_the_chosen_side():
    row = {"chosen": "\n\nHuman: q\n\nAssistant: good", "rejected": "\n\nHuman: q\n\nAssistant: bad"}

    (vote,) = preference_pairs.hh_rlhf_votes(row)
    pair = preference_pairs.hh_rlhf_pair(row)

    chosen = pair.a if vote.label == "a" else pair.b
    assert isinstance(vote, Vote) and vote.item == pair.item
    assert chosen[-1]["content"] == "good"


def test_our_pairs_become_traces_of_their_cluster():
    record = {"item": "i1", "cluster": "c1", "prompt": "q", "a": "x", "b": [{"role": "assistant", "content": "y"}]}

    a, b = preference_pairs.ours(record | {"generator_a": "m@3", "generator_b": "my model", "features": {"length": 1}})

    assert (a.id, b.id, a.task) == ("i1-a", "i1-b", "c1")
    assert (a.policy, b.policy) == ("m@3", "my-model@1")
    assert [message["content"] for message in b.messages] == ["q", "y"]
    assert a.metadata["pair"] == {"item": "i1", "features": {"length": 1.0}}


@pytest.mark.parametrize("source", ["pandalm", "hh-rlhf"])
def test_pairs_written_are_pairs_read(source):
    files = {"pandalm": "pandalm/testset-v1.json", "hh-rlhf": "hh_rlhf/harmless-base-test.jsonl.gz"}
    with real_data(files[source]).open("rb") as stream:
        written = [line.found for line in converting.convert(stream, source, "pairs")][:200]

    raw = "\n".join(map(json.dumps, written)).encode()
    read_back = [line.found for line in converting.convert(io.BytesIO(raw), "pairs", "pairs")]

    assert read_back == written
    assert all(pairs.dump(pairs.parse(record)) == record for record in written)


@pytest.mark.parametrize(
    ("parse", "record", "sentence"),
    [
        (preference_pairs.pandalm, {"idx": 1}, "missing"),
        (preference_pairs.pandalm, {"idx": 1, "cmp_key": "a_b_c", "instruction": "", "response1": "", "response2": ""}, "cmp_key"),
        (preference_pairs.pandalm, {"idx": 1, "cmp_key": "a_b", "instruction": "", "response1": [], "response2": ""}, "response1 must be text"),
        (preference_pairs.hh_rlhf, {"chosen": "hello", "rejected": "\n\nHuman: a\n\nAssistant: b"}, "dialogue must start"),
        (preference_pairs.ours, {"item": "i", "prompt": "p", "a": "x"}, "b is missing"),
    ],
)  # fmt: skip
def test_a_broken_record_is_refused_with_one_sentence(parse, record, sentence):
    with pytest.raises(BadInput, match=sentence):
        parse(record)


def test_runs_hold_no_pairs():
    with pytest.raises(BadInput, match="hold no pairs"):
        converting.convert(io.BytesIO(b""), "tau-bench", "pairs")
