"""`convert` and `sanitise`: files of traces in, files of traces, pairs or votes out."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from flywheel.records import JSON, BadInput

if TYPE_CHECKING:
    from flywheel.formats.reading import Line
    from flywheel.records import Trace
    from flywheel.sanitise.policy import MaskingPolicy
    from flywheel.sanitise.report import Summary


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the two commands."""
    from flywheel.formats.converting import TARGETS

    convert = subparsers.add_parser("convert", help="traces, pairs or votes from one format into another")
    _add_files(convert)
    convert.add_argument("--to", choices=TARGETS, default="native", help="what to write (default: native)")
    convert.set_defaults(run=run_convert)
    sanitise = subparsers.add_parser("sanitise", help="mask personal data and secrets in traces")
    _add_files(sanitise)
    sanitise.add_argument("--findings", type=Path, metavar="F", help="write what was found, never the values, here")
    sanitise.add_argument("--mask-ip", action="store_true", help="mask IP addresses instead of only reporting them")
    sanitise.set_defaults(run=run_sanitise)


def _add_files(parser: argparse.ArgumentParser) -> None:
    from flywheel.formats.reading import FORMATS

    parser.add_argument("input", metavar="IN", help="NDJSON, a JSON array or a document, plain or gzip; - for stdin")
    parser.add_argument("output", metavar="OUT", type=Path, help="the file to write, one JSON object a line")
    parser.add_argument(
        "--from", dest="source", choices=FORMATS, default="native", help="format of IN (default: native)"
    )
    parser.add_argument("--policy", metavar="NAME@VERSION", help="policy of records that name none")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def run_convert(args: argparse.Namespace) -> int:
    """Convert IN into OUT: 0 when every record was used, 1 when some were refused; BadInput when none could be."""
    from flywheel.formats.converting import convert

    with _source(args.input) as stream, _replacing(args.output) as out:
        written, refused = _write(out, convert(stream, args.source, args.to, policy=args.policy))
    _tell(args, {"written": written, "refused": refused}, [])
    return 1 if refused else 0


def run_sanitise(args: argparse.Namespace) -> int:
    """Mask the traces of IN into OUT; exit codes as for convert."""
    from flywheel.formats.reading import read
    from flywheel.sanitise.policy import DEFAULT, parse
    from flywheel.sanitise.report import Summary

    policy = parse({"IP": "masked"}) if args.mask_ip else DEFAULT
    summary = Summary()
    with _source(args.input) as stream, _replacing(args.output) as out, _replacing(args.findings) as told:
        masked = _masked(read(stream, args.source, policy=args.policy), policy, summary, told)
        written, refused = _write(out, masked)
    counts = {"written": written, "refused": refused, "with_findings": summary.with_findings}
    _tell(args, counts, summary.rows())
    return 1 if refused else 0


def _masked(
    lines: "Iterable[Line[Trace]]", policy: "MaskingPolicy", summary: "Summary", told: TextIO | None
) -> "Iterator[Line[dict[str, JSON]]]":
    """The lines with their traces masked and dumped; findings are counted, and written if a file is there for them."""
    from dataclasses import asdict

    from flywheel.formats import native, reading
    from flywheel.sanitise.masking import sanitise

    for number, found, raw in lines:
        if isinstance(found, BadInput):
            yield reading.Line(number, found, raw)
            continue
        trace, findings = sanitise(found, policy=policy)
        summary.add(findings)
        if told:
            told.writelines(json.dumps({"trace": trace.id, **asdict(finding)}) + "\n" for finding in findings)
        yield reading.Line(number, native.dump(trace), raw)


@contextmanager
def _source(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
    else:
        with Path(name).open("rb") as stream:
            yield stream


@contextmanager
def _replacing(path: Path | None) -> Iterator[TextIO | None]:
    """A file that takes the place of `path` once it is whole; a run that fails leaves what was there.

    What is no plain file, such as /dev/stdout, is written to: its place must not be taken.
    """
    if path is None:
        yield None
        return
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="\n") as out:
            yield out
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as out:
            yield out
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write(out: TextIO | None, lines: "Iterable[Line[dict[str, JSON]]]") -> tuple[int, int]:
    """Write what is good, warn of what is not; how many of each there were."""
    written = refused = 0
    for number, found, _ in lines:
        if isinstance(found, BadInput):
            refused += 1
            print(f"record {number}: {found}", file=sys.stderr)
        elif out:
            written += 1
            out.write(json.dumps(found, ensure_ascii=False) + "\n")
    if not written:
        raise BadInput(f"No record could be used ({refused} refused); check --from and the file.")
    return written, refused


def _tell(args: argparse.Namespace, counts: dict[str, int], rows: list[dict[str, str | int]]) -> None:
    if args.json:
        print(json.dumps({**counts, "findings": rows}))
        return
    print("  ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items()) + f"  → {args.output}")
    for row in rows:
        print(f"  {row['kind']:<8}{row['action']:<10}{row['findings']:>8}")
