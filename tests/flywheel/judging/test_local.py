"""Judges without an endpoint."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from flywheel.judging import local
from flywheel.judging.judge import JudgeFailed, combine, judge_both_orders
from flywheel.judging.local import EmbeddingJudge, LikelihoodJudge, question_text
from flywheel.records import Pair

PROJECT = Path(__file__).parents[3]


class WordCounts:
    """Embeds a text as counts of a few words."""

    WORDS = ("train", "ticket", "cake", "sugar")

    def embed(self, texts):
        return np.array([[text.lower().count(word) for word in self.WORDS] for text in texts], dtype=float)


def pair(a, b, prompt="How do I change a train ticket?", item="1"):
    return Pair(item=item, cluster=item, prompt=prompt, a=a, b=b)


def test_the_answer_on_the_topic_wins_whatever_the_order():
    judge = EmbeddingJudge(WordCounts(), scale=5.0)

    both = judge_both_orders(judge, pair("Bake a cake.", "Bring the ticket to the train."))

    assert [verdict.label for verdict in both] == ["b", "b"]
    assert [verdict.probability for verdict in both] == [pytest.approx(1 / (1 + np.exp(5)))] * 2
    assert combine(both).position_reading == 0.0


def test_equal_and_empty_answers_tie():
    judge = EmbeddingJudge(WordCounts())

    assert judge.ask(pair("A ticket.", "A ticket."), "a").label == "tie"
    assert judge.ask(pair("", ""), "b").probability == 0.5


def test_the_scale_sharpens_the_probability_and_not_the_label():
    soft, sharp = (EmbeddingJudge(WordCounts(), scale=scale).ask(pair("Train.", "Cake."), "a") for scale in (1.0, 9.0))

    assert soft.label == sharp.label == "a"
    assert 0.5 < soft.probability < sharp.probability < 1.0


def test_the_question_of_a_conversation_is_what_the_user_said_last():
    said = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "?"},
        {"role": "user", "content": "Cake!"},
    ]

    assert question_text(said) == "Cake!"
    assert question_text("Cake!") == "Cake!"
    assert "Be brief." in question_text([{"role": "system", "content": "Be brief."}])


@pytest.fixture
def scorer(tmp_path, monkeypatch):
    """A stand-in for the interpreter that scores; gives the folder where it leaves its notes."""
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROJECT}/tests/fakes/scorer.py" "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setattr(local.sys, "executable", str(wrapper))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def calls(scorer):
    return (scorer / "calls").read_text().splitlines()


def test_the_likelier_answer_wins_and_many_pairs_take_one_process(scorer):
    judge = LikelihoodJudge("models/tiny", scale=2.0)
    pairs = [pair("sure", "????", item="1"), pair("?!?!", "fine", item="2")]

    judge.prepare(pairs)
    verdicts = [judge_both_orders(judge, one) for one in pairs]

    assert calls(scorer) == ["-m flywheel score --base models/tiny"]
    assert [combine(both).label for both in verdicts] == ["a", "b"]
    assert verdicts[0][0].probability == pytest.approx(1 / (1 + np.exp(-2)))
    assert verdicts[0][0].input_tokens == 8 and verdicts[0][0].judge == "likelihood:tiny"


def test_a_pair_that_was_not_prepared_is_scored_when_asked_and_only_then(scorer):
    judge = LikelihoodJudge("tiny")

    judge_both_orders(judge, pair("sure", "????"))

    assert len(calls(scorer)) == 1


def test_messages_and_line_separators_reach_the_scorer_whole(scorer):
    prompt = [{"role": "user", "content": "Well?"}]
    answer = [{"role": "assistant", "content": "one\u2028two\nthree"}]

    for asked in (prompt, "Well?"):
        assert LikelihoodJudge("tiny").ask(pair(answer, "????", prompt=asked), "a").label == "a"


def test_the_scorer_sees_no_secrets_and_no_network(scorer, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://me:hidden-word@host/db")
    monkeypatch.setenv("OPENAI_API_KEY", "hidden-word")
    LikelihoodJudge("tiny").ask(pair("sure", "????"), "a")

    seen = json.loads((scorer / "environment").read_text())

    assert "hidden-word" not in json.dumps(seen)
    assert seen["HF_HUB_OFFLINE"] == "1" and seen["PYTHONPATH"] == str(PROJECT)


@pytest.mark.parametrize("nothing", ["", " \n", "unsayable"])
def test_an_answer_without_a_score_fails_its_own_pair_only(scorer, nothing):
    judge = LikelihoodJudge("tiny")
    judge.prepare([pair("sure", nothing), pair("sure", "????", item="2")])

    with pytest.raises(JudgeFailed, match="no score for one of the answers"):
        judge.ask(pair("sure", nothing), "a")
    assert judge.ask(pair("sure", "????", item="2"), "a").label == "a"
    assert len(calls(scorer)) == 1


@pytest.mark.parametrize(
    ("base", "sentence"), [("broken", "The scorer failed: .*no model named broken"), ("silent", "could not be read")]
)
def test_a_scorer_that_fails_says_why(scorer, base, sentence):
    with pytest.raises(JudgeFailed, match=sentence):
        LikelihoodJudge(base).ask(pair("sure", "????"), "a")


def test_a_scorer_that_takes_too_long_is_stopped(scorer):
    started = time.monotonic()
    with pytest.raises(JudgeFailed, match=r"longer than 0\.5 s") as caught:
        LikelihoodJudge("slow", timeout_s=0.5).ask(pair("sure", "????"), "a")

    assert caught.value.is_temporary and time.monotonic() - started < 5


@pytest.mark.training
def test_a_real_model_is_read_through_a_real_process(tmp_path):
    torch = pytest.importorskip("torch")
    from flywheel.training import tiny  # noqa: PLC0415 - imports torch, which not every machine has

    torch.manual_seed(0)
    words = tiny.tokenizer(["It is four."] * 3)
    words.save_pretrained(tmp_path)
    tiny.model(words, 256).save_pretrained(tmp_path)
    judge = LikelihoodJudge(str(tmp_path), timeout_s=300)
    call = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "add", "arguments": "{}"}}]}
    pairs = [
        pair("It is four.", "Four."),
        pair("It is four.", [call], prompt=[{"role": "user", "content": "Two and two?"}], item="2"),
        pair("It is four.", "", item="3"),
    ]

    judge.prepare(pairs)

    for one in pairs[:2]:
        both = judge_both_orders(judge, one)
        assert combine(both).consistent and both[0].input_tokens > 0
    with pytest.raises(JudgeFailed):
        judge.ask(pairs[2], "a")
