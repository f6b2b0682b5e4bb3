"""Streams of records: layouts, compression, bad records, and flat memory."""

import gzip
import io
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel.formats import splitting
from flywheel.formats.reading import read
from flywheel.records import BadInput


def trace(name: str, **more: object) -> dict:
    """A small native trace."""
    return {
        "id": name,
        "task": "t",
        "policy": "p@1",
        "messages": [{"role": "assistant", "content": 'é, ] } " [ {'}],
    } | more


def lines(raw: bytes, policy: str | None = None) -> list[tuple[int, str]]:
    """Number and id, or number and reason, of each record."""
    found = read(io.BytesIO(raw), "native", policy=policy)
    return [(line.number, str(line.found) if isinstance(line.found, BadInput) else line.found.id) for line in found]


LAYOUTS = {
    "lines": lambda records: b"\n".join(json.dumps(record).encode() for record in records),
    "lines with CRLF": lambda records: b"".join(json.dumps(record).encode() + b"\r\n" for record in records),
    "an array": lambda records: json.dumps(records).encode(),
    "a pretty array": lambda records: json.dumps(records, indent=2, ensure_ascii=False).encode(),
    "pretty documents": lambda records: b"\n".join(json.dumps(record, indent=1).encode() for record in records),
    "a byte order mark": lambda records: b"\xef\xbb\xbf" + json.dumps(records).encode(),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("chunk", [1, 7, 2**16])
@pytest.mark.parametrize("compress", [False, True])
def test_every_layout_gives_the_same_records(layout, chunk, compress, monkeypatch):
    monkeypatch.setattr(splitting, "_CHUNK", chunk)
    raw = LAYOUTS[layout]([trace("a"), trace("b"), trace("c")])

    assert lines(gzip.compress(raw) if compress else raw) == [(1, "a"), (2, "b"), (3, "c")]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"id": "x"', "Not valid JSON"),
        (b"{'id': 1}", "Not valid JSON"),
        (b"\xff\xfe{}", "Byte 1 is not UTF-8"),
        (json.dumps(trace("x\0")).encode(), "NUL"),
        (b'{"id": "a\0b"}', "Not valid JSON"),
        (json.dumps(trace("\ud800")).encode(), "surrogate"),
        (b"[" * 100_000 + b"]" * 100_000, "nested deeper"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "nested deeper"),
        (b'{"reward": NaN}', "NaN"),
        (b'{"reward": 1' + b"0" * 5000 + b"}", "thousands of digits"),
        (b'{"reward": 1e999}', "inf"),
        (b"17", "must be an object"),
        (json.dumps(trace("x", policy="none")).encode(), "name@version"),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_the_good_ones_are_kept(bad, reason):
    good = json.dumps(trace("good")).encode()

    (first, found), (second, told), (last, kept) = lines(b"\n".join([good, b"", bad, good]))

    assert (first, second, last) == (1, 3, 4)
    assert found == kept == "good"
    assert reason in told


def test_a_bad_element_of_an_array_does_not_harm_its_neighbours():
    raw = b"[" + json.dumps(trace("a")).encode() + b', {"id": }, ' + json.dumps(trace("b")).encode() + b"]"

    assert [number for number, _ in lines(raw)] == [1, 2, 3]
    assert [found for number, found in lines(raw) if number != 2] == ["a", "b"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"[" + json.dumps(trace("a")).encode() + b', {"id": "b', "cut short"),
        (b"[" + json.dumps(trace("a")).encode() + b"] trailing", "follows the end"),
        (gzip.compress(json.dumps(trace("a")).encode() + b"\n")[:-12], "damaged"),
        (gzip.compress(json.dumps(trace("a")).encode() + b"\n") + b"\x1f\x8bgarbage", "damaged"),
    ],
)
def test_a_stream_that_breaks_off_says_so(raw, reason):
    assert reason in lines(raw)[-1][1]


@pytest.mark.parametrize("raw", [b"", b"\n\n  \n", b"[]", b" [ ] ", gzip.compress(b"")])
def test_an_empty_stream_holds_nothing(raw):
    assert lines(raw) == []


class Endless(io.RawIOBase):
    """A stream made while it is read: a record, a far too long one, and a record again."""

    def __init__(self, head: bytes, middle: bytes, repeats: int, tail: bytes) -> None:
        self._parts = iter([head, *[middle] * repeats, tail])

    def read(self, size: int = -1) -> bytes:
        return next(self._parts, b"")


@pytest.mark.parametrize(("opening", "between", "closing"), [(b"", b"\n", b""), (b"[", b",", b"]")])
def test_a_record_over_the_limit_is_skipped_without_being_held(opening, between, closing):
    good, mebibyte = json.dumps(trace("good")).encode(), b"x" * 2**20
    stream = Endless(opening + good + between + b'{"id": "', mebibyte, 60, b'"}' + between + good + closing)
    tracemalloc.start()

    found = list(read(stream, "native"))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [line.number for line in found] == [1, 2, 3]
    assert "longer than 16 MiB" in str(found[1].found)
    assert peak < 40 * 2**20


def test_a_small_gzip_that_holds_much_is_read_in_flat_memory():
    raw = gzip.compress(b" " * 2**20 * 64 + b"\n" + json.dumps(trace("good")).encode())
    tracemalloc.start()

    found = lines(raw)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[-1] == (2, "good")
    assert peak < 60 * 2**20


def test_a_stated_policy_stands_in_only_where_records_name_none():
    unnamed = {name: value for name, value in trace("b").items() if name != "policy"}
    raw = LAYOUTS["lines"]([trace("a"), unnamed])

    found = [line.found.policy for line in read(io.BytesIO(raw), "native", policy="q@2")]

    assert found == ["p@1", "q@2"]


def test_an_unknown_format_is_refused():
    with pytest.raises(BadInput, match="There is no format"):
        read(io.BytesIO(b""), "xml")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:\\ \n1a', max_size=60).map(str.encode))
def test_any_bytes_are_read_without_an_error(raw):
    assert all(isinstance(reason, str) for _, reason in lines(raw))
