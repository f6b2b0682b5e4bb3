"""A byte stream cut into the bytes of single records, in flat memory: NDJSON, JSON arrays and documents, gzip or plain."""

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from flywheel.formats import shape
from flywheel.records import JSON, BadInput

LARGEST = 16 * 2**20  # bytes of one record; a longer one is reported and skipped, never held
_CHUNK = 2**16
_MOST_BLANK = 2**16  # bytes of white space looked through for an opening bracket
_BLANK = b" \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MARKS = re.compile(rb'[\[\]{}",]')
_IN_STRING = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)


class Record(NamedTuple):
    """One record as received: its number (the line of NDJSON, the place in an array) and its bytes, or why not."""

    number: int
    raw: bytes
    reason: BadInput | None = None


def records(stream: BinaryIO) -> Iterator[Record]:
    """The records of a stream: an array if it starts with "[", documents if its first line is "{", else NDJSON.

    Numbers count from 1: lines in NDJSON (blank ones too), values otherwise. gzip is recognised by its first bytes.
    """
    number = 0
    try:
        for record in _split(_plain(stream)):
            number = record.number
            yield record
    except zlib.error:
        yield Record(number + 1, b"", BadInput("The gzip stream is damaged here; what came before was read."))


def decoded(raw: bytes) -> JSON:
    """The JSON value of a record's bytes; BadInput for what is not UTF-8 or not JSON."""
    try:
        return _DECODER.decode(raw.decode())
    except UnicodeDecodeError as problem:
        raise BadInput(f"Byte {problem.start + 1} is not UTF-8; send the text in UTF-8.") from None
    except json.JSONDecodeError as problem:
        raise BadInput(f"Not valid JSON: {problem.msg} at character {problem.pos + 1}.") from None
    except RecursionError:
        raise BadInput(f"The record is nested deeper than {shape.DEEPEST} levels; flatten it.") from None
    except BadInput:
        raise
    except ValueError:  # the one left: a whole number of more digits than Python reads
        raise BadInput("The record holds a number with thousands of digits; send it as text.") from None


def _refuse_constant(name: str) -> JSON:
    raise BadInput(f"The record holds {name}, which JSON does not have; send null or a finite number.")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _split(chunks: Iterator[bytes]) -> Iterator[Record]:
    """The records of plain bytes, by the layout their beginning shows."""
    head = b""
    for chunk in chunks:
        head = (head + chunk).removeprefix(_BYTE_ORDER_MARK)
        if _BYTE_ORDER_MARK.startswith(head):
            continue
        start = head.lstrip(_BLANK)
        after = start[1:].lstrip(b" \t\r")
        if after or (start and start[:1] != b"{") or len(head) > _MOST_BLANK:
            break
    whole = _chain(head, chunks)
    if head.lstrip(_BLANK)[:1] == b"[":
        return _values(whole, _Cutter(in_array=True))
    if re.match(rb"\s*\{[ \t\r]*\n", head):
        return _values(whole, _Cutter(in_array=False))
    return _lines(whole)


def _chain(head: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from chunks


def _plain(stream: BinaryIO) -> Iterator[bytes]:
    chunks = iter(lambda: stream.read(_CHUNK), b"")
    head = next(chunks, b"")
    while 0 < len(head) < 2 and (chunk := next(chunks, b"")):
        head += chunk
    whole = _chain(head, chunks)
    return _inflated(whole) if head[:2] == b"\x1f\x8b" else whole


def _inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What a gzip stream holds (one or more members), a chunk at a time whatever its ratio; zlib.error if damaged."""
    inflater = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        rest = chunk
        while rest:
            if inflater.eof:
                inflater = zlib.decompressobj(wbits=31)
            found = inflater.decompress(rest, _CHUNK)
            if found:
                yield found
            rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if not inflater.eof:
        raise zlib.error("cut short")


def _lines(chunks: Iterable[bytes]) -> Iterator[Record]:
    held = _Held()
    number = 1
    for chunk in chunks:
        *ended, open_end = chunk.split(b"\n")
        for piece in ended:
            held.add(piece)
            yield from held.taken(number)
            number += 1
        held.add(open_end)
    yield from held.taken(number)


def _values(chunks: Iterable[bytes], cutter: "_Cutter") -> Iterator[Record]:
    for chunk in chunks:
        yield from cutter.cut(chunk)
    yield from cutter.rest()


class _Held:
    """The bytes of the record being read, dropped as soon as they are too many."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > LARGEST:
            self._pieces.clear()
        elif piece:
            self._pieces.append(piece)

    def taken(self, number: int) -> Iterator[Record]:
        """The record, or that it was too long; nothing if it was blank. What comes next starts afresh."""
        raw, size = b"".join(self._pieces).strip(_BLANK), self._size
        self._pieces, self._size = [], 0
        if size > LARGEST:
            sentence = f"The record is longer than {LARGEST // 2**20} MiB; split it or leave out what is not needed."
            yield Record(number, b"", BadInput(sentence))
        elif raw:
            yield Record(number, raw)


class _Cutter:
    """Cuts values out of an array, or documents one after the other, by counting brackets outside strings."""

    def __init__(self, *, in_array: bool) -> None:
        self._in_array = in_array
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._ended = False
        self._held = _Held()
        self._number = 1

    def cut(self, chunk: bytes) -> Iterator[Record]:
        """The values that end in this chunk; the open rest is kept for the next."""
        start = at = 0
        while not self._ended and (mark := self._next_mark(chunk, at)):
            at = mark.end()
            opens, ends = self._count(mark[0])
            if opens:
                start = at
            elif ends:
                self._held.add(chunk[start : at - self._in_array])  # a comma or bracket after a value is not part of it
                start = at
                yield from self._taken()
        self._held.add(chunk[start:])

    def rest(self) -> Iterator[Record]:
        """What is left at the end of the stream: nothing, if it was whole."""
        for number, _, reason in self._held.taken(self._number):
            where = "follows the end of the array" if self._ended else "is cut short at the end of the stream"
            yield Record(number, b"", reason or BadInput(f"What {where} cannot be read; send it again whole."))

    def _taken(self) -> Iterator[Record]:
        yield from self._held.taken(self._number)
        self._number += 1

    def _next_mark(self, chunk: bytes, at: int) -> re.Match[bytes] | None:
        while True:
            if self._in_string:
                at = self._after_string(chunk, at)
            mark = _MARKS.search(chunk, at)
            if mark is None or mark[0] != b'"':
                return mark
            self._in_string, at = True, mark.end()

    def _after_string(self, chunk: bytes, at: int) -> int:
        """Where the open string ends in the chunk, or the chunk's end if it goes on; an escape may span two chunks."""
        if self._escaped and at < len(chunk):
            self._escaped, at = False, at + 1
        inside = _IN_STRING.match(chunk, at)
        at = inside.end() if inside else at
        if at < len(chunk) and chunk[at : at + 1] == b'"':
            self._in_string = False
            return at + 1
        self._escaped = at < len(chunk)
        return len(chunk)

    def _count(self, mark: bytes) -> tuple[bool, bool]:
        """Whether the mark opens the array, and whether a value ends with it."""
        if mark in b"[{":
            self._depth += 1
            return self._in_array and self._depth == 1, False
        if mark == b",":
            return False, self._in_array and self._depth == 1
        self._depth = max(0, self._depth - 1)
        self._ended = self._in_array and self._depth == 0
        return False, self._depth == 0
