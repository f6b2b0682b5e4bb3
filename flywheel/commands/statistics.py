"""`agreement`, `aggregate` and `bias`: what votes say about the people and judges who gave them."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Section = dict[str, Any]

METHODS = ("majority", "dawid-skene", "one-coin")


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands that read votes.jsonl."""
    agree = commands.add_parser("agreement", help="how far raters agree beyond chance")
    agree.add_argument("votes", type=Path, metavar="VOTES")
    metrics = ("nominal", "ordinal", "interval", "ratio")
    agree.add_argument("--metric", choices=metrics, default="nominal", help="distance of labels (default: nominal)")
    _options(agree, run_agreement)
    combine = commands.add_parser("aggregate", help="one label for each item from all votes on it")
    combine.add_argument("votes", type=Path, metavar="VOTES")
    combine.add_argument("--method", choices=METHODS, default="dawid-skene")
    combine.add_argument("--out", type=Path, metavar="F", help="write JSON lines here instead of printing")
    combine.set_defaults(run=run_aggregate)
    bias = commands.add_parser("bias", help="what sways judges and people beside the answers' quality")
    bias.add_argument("--pairs", type=Path, metavar="PAIRS", help="pairs.jsonl: prompts and texts behind the items")
    bias.add_argument("--votes", type=Path, metavar="VOTES", required=True)
    bias.add_argument("--judge", metavar="NAME", help="only this judge")
    _options(bias, run_bias)


def _options(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap (default: 0)")
    parser.add_argument("--draws", type=int, default=1000, help="bootstrap draws (default: 1000)")
    parser.add_argument("--json", action="store_true", help="print for programs")
    parser.set_defaults(run=run)


def run_agreement(args: argparse.Namespace) -> int:
    """Print how far people agree, and judges with them."""
    import numpy as np

    from flywheel.formats import votes
    from flywheel.stats.reports import agreement_report

    rng = np.random.default_rng(args.seed)
    found = agreement_report(votes.read(args.votes), rng=rng, metric=args.metric, draws=args.draws)
    _print(found, _agreement_lines(found), args.json)
    return 0


def run_aggregate(args: argparse.Namespace) -> int:
    """Print or write the consensus of each item as JSON lines."""
    from flywheel.formats import votes
    from flywheel.stats.aggregation import consensus_rows

    rows = consensus_rows(votes.read(args.votes), args.method)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if args.out:
        args.out.write_text(lines, encoding="utf-8")
    print(f"{len(rows)} items written to {args.out}" if args.out else lines, end="\n" if args.out else "")
    return 0


def run_bias(args: argparse.Namespace) -> int:
    """Print the report on raters."""
    import numpy as np

    from flywheel.formats import pairs, votes
    from flywheel.stats.reports import bias_report

    found = bias_report(
        votes.read(args.votes),
        pairs.read(args.pairs) if args.pairs else None,
        rng=np.random.default_rng(args.seed),
        draws=args.draws,
        judge=args.judge,
    )
    _print(found, _bias_lines(found), args.json)
    return 0


def _print(found: Section, lines: Sequence[str], as_json: bool) -> None:
    print(json.dumps(found, ensure_ascii=False, allow_nan=False) if as_json else "\n".join(lines))


def _agreement_lines(found: Section) -> list[str]:
    lines = [f"{found['votes']} votes of {found['raters']} people on {found['items']} items"]
    lines += _figures(found["humans"])
    for name, figures in found["judges"].items():
        lines += [f"{name} with the majority of people", *_figures(figures)]
    return lines + _gaps(found)


def _bias_lines(found: Section) -> list[str]:
    people = found["humans"]
    lines = [f"People: {people['votes']} votes of {people['raters']} on {people['items']} items"]
    lines += _figures(people["agreement"] or {}) + _position(people["position"])
    for name, judge in found["judges"].items():
        lines += [f"Judge {name}: {judge['verdicts']} verdicts on {judge['items']} items"]
        lines += (
            _figures(judge["agreement"]) + _figures({"right on gold": judge["gold"]}) + _position(judge["position"])
        )
        lines += _features(judge["features"])
    return [*lines, f"Items with disagreement: {found['disagreement_count']}", *_gaps(found)]


def _figures(figures: Section) -> list[str]:
    shown = {name.replace("_", " "): figure for name, figure in figures.items() if figure}
    return [
        f"  {name:<22}{figure['value']:>8.3f}  [{figure['low']:.3f}, {figure['high']:.3f}]  n = {figure['n']}"
        for name, figure in shown.items()
    ]


def _position(effect: Section | None) -> list[str]:
    if effect is None:
        return []
    shift = effect["shift_pp"]
    return [
        *_figures({"same in both orders": effect["swap_consistency"]}),
        f"  {'shift of first place':<22}{shift['value']:>+8.1f}  [{shift['low']:+.1f}, {shift['high']:+.1f}] pp  "
        f"n = {shift['n']}, p = {effect['p']:.2g}, smallest findable {effect['mde_pp']:.1f} pp",
        f"  {'verdict':<22}{effect['verdict'].replace('_', ' ')}",
    ]


def _features(features: Section) -> list[str]:
    """One line a feature, the surest first; effects are at equal preference of people."""
    rows = sorted(features.items(), key=lambda row: row[1]["p"])
    return [
        f"  {name.replace('_', ' '):<22}{one['effect_pp']['value']:>+8.1f}  [{one['effect_pp']['low']:+.1f}, "
        f"{one['effect_pp']['high']:+.1f}] pp a deviation, adjusted p = {one['p_adjusted']:.2g}, "
        f"smallest findable {one['mde_pp']:.1f} pp: {one['verdict'].replace('_', ' ')}"
        for name, one in rows
    ]


def _gaps(found: Section) -> list[str]:
    return [f"not possible: {gap['what']}: {gap['why']}" for gap in found["not_possible"]]
