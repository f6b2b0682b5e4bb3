"""`agreement`, `aggregate` and `bias`: what votes say about the people and judges who gave them."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from flywheel import judge_lines
from flywheel.options import MOST_DRAWS, whole
from flywheel.reporting import FIGURES, Section, read_votes, show

BIAS = f"""{FIGURES} A figure that could not be computed is null or absent, and not_possible says what and why. humans: raters,
items, votes, labels, agreement, position, ties. judges: NAME: items, verdicts, tie_share, position, agreement, gold; features
by name (effect_pp, p, p_adjusted, mde_pp, verdict, material), first_stage, sharpness; topics by name; self_preference;
calibration (ece, ece_raw, brier, points, recalibrated); {judge_lines.KEYS} disagreements: item, humans, majority,
judges; disagreement_count."""
METHODS = ("majority", "dawid-skene", "one-coin")
AGREEMENT = f"""{FIGURES} humans: alpha, mean_pairwise_kappa, ac1, raw; judges by NAME: kappa, ac1, raw. With --pairs intervals
resample prompts (cluster) and there is more. slices: by queue, by topic and by policies (generator_a / generator_b) GROUP:
humans (items, alpha, raw, against_rest) and judges by NAME (items, kappa, raw, against_rest); against_rest: gap_pp to all
other groups, one-sided p, p_adjusted over the whole report, mde_pp, and the verdict agrees_less, no_material_gap,
inconclusive or underpowered, null where groups are too small. time: unit (day, week, month or block) and periods, oldest
first: label, from, to, humans and judges. disagreements, told of at most 300 of each kind: item, kind (judge, annotator,
ambiguous, too_few), what people said (humans), their majority, the consensus with its posterior and whether it is_known, people and judges against
it, reasons by judge (contradicts_itself, or a feature that sways it); disagreement_count; disagreement_kinds: count and share
of each kind, by_judge. not_possible: what is lacking and why."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands that read votes.jsonl."""
    agree = commands.add_parser("agreement", help="how far raters agree beyond chance", description=AGREEMENT)
    agree.add_argument("votes", type=Path, metavar="VOTES")
    agree.add_argument(
        "--pairs", type=Path, metavar="PAIRS", help="pairs.jsonl: prompts, queues, topics, policies, texts"
    )
    metrics = ("nominal", "ordinal", "interval", "ratio")
    agree.add_argument("--metric", choices=metrics, default="nominal", help="distance of labels (default: nominal)")
    _options(agree, run_agreement)
    combine = commands.add_parser("aggregate", help="one label for each item from all votes on it")
    combine.add_argument("votes", type=Path, metavar="VOTES")
    combine.add_argument("--method", choices=METHODS, default="dawid-skene")
    combine.add_argument("--out", type=Path, metavar="F", help="write JSON lines here instead of printing")
    combine.set_defaults(run=run_aggregate)
    bias = commands.add_parser(
        "bias", help="what sways judges and people beside the answers' quality", description=BIAS
    )
    bias.add_argument("--pairs", type=Path, metavar="PAIRS", help="pairs.jsonl: prompts and texts behind the items")
    bias.add_argument("--votes", type=Path, metavar="VOTES", required=True)
    bias.add_argument("--judge", metavar="NAME", help="only this judge")
    _options(bias, run_bias)


def _options(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("--seed", type=whole(0), default=0, metavar="N", help="of the bootstrap (default: 0)")
    parser.add_argument(
        "--draws", type=whole(100, MOST_DRAWS), default=1000, metavar="N", help="bootstrap draws (default: 1000)"
    )
    parser.add_argument("--json", action="store_true", help="print for programs")
    parser.set_defaults(run=run)


def run_agreement(args: argparse.Namespace) -> int:
    """Print how far people agree, and judges with them."""
    import numpy as np

    from flywheel.formats import pairs
    from flywheel.stats.reports import agreement_report

    found = agreement_report(
        read_votes(args.votes),
        pairs.read(args.pairs) if args.pairs else None,
        rng=np.random.default_rng(args.seed),
        metric=args.metric,
        draws=args.draws,
    )
    show(found, _agreement_lines(found), as_json=args.json)
    return 0


def run_aggregate(args: argparse.Namespace) -> int:
    """Print or write the consensus of each item as JSON lines."""
    from flywheel.stats.aggregation import consensus_rows

    rows = consensus_rows(read_votes(args.votes), args.method)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if args.out:
        args.out.write_text(lines, encoding="utf-8")
    print(f"{len(rows)} items written to {args.out}" if args.out else lines, end="\n" if args.out else "")
    return 0


def run_bias(args: argparse.Namespace) -> int:
    """Print the report on raters."""
    import numpy as np

    from flywheel.formats import pairs
    from flywheel.stats.reports import bias_report

    found = bias_report(
        read_votes(args.votes),
        pairs.read(args.pairs) if args.pairs else None,
        rng=np.random.default_rng(args.seed),
        draws=args.draws,
        judge=args.judge,
    )
    show(found, _bias_lines(found), as_json=args.json)
    return 0


def _agreement_lines(found: Section) -> list[str]:
    lines = [f"{found['votes']} votes of {found['raters']} people on {found['items']} items"]
    lines += _figures(found["humans"])
    for name, figures in found["judges"].items():
        lines += [f"{name} with the majority of people", *_figures(figures)]
    for kind, groups in found.get("slices", {}).items():
        for group, one in groups.items():
            lines += _group(f"{kind} {group}", one)
    for period in (found.get("time") or {"periods": []})["periods"]:
        lines += _group(period["label"], period)
    return lines + _disagreements(found)


def _group(name: str, group: Section) -> list[str]:
    """A group on one line a rater: the coefficient, and whether it is clearly less than in the rest."""
    lines = [name]
    for rater, one in {"people": group["humans"], **group["judges"]}.items():
        [(what, figure)] = [(key, one[key]) for key in ("alpha", "kappa") if key in one]
        rest = one["against_rest"]
        less = f", {rest['gap_pp']['value']:+.1f} pp: {rest['verdict'].replace('_', ' ')}" if rest else ""
        lines += [line + less for line in _figures({f"{what} of {rater}": figure})]
    return lines


def _bias_lines(found: Section) -> list[str]:
    people = found["humans"]
    lines = [f"People: {people['votes']} votes of {people['raters']} on {people['items']} items"]
    lines += _figures(people["agreement"] or {}) + _position(people["position"])
    for name, judge in found["judges"].items():
        lines += [f"Judge {name}: {judge['verdicts']} verdicts on {judge['items']} items"]
        lines += (
            _figures(judge["agreement"]) + _figures({"right on gold": judge["gold"]}) + _position(judge["position"])
        )
        lines += _features(judge["features"]) + _own_family(judge["self_preference"]) + _topics(judge["topics"])
        lines += _calibration(judge["calibration"]) + judge_lines.lines(judge)
    return lines + _disagreements(found)


def _disagreements(found: Section) -> list[str]:
    """How many items are disputed, and whose doing that looks like."""
    if "disagreement_kinds" not in found:
        return []
    kinds = {name: one for name, one in found["disagreement_kinds"].items() if name != "by_judge"}
    shares = {f"{name.replace('_', ' ')}: {one['count']}": one["share"] for name, one in kinds.items()}
    return [f"Items with disagreement: {found['disagreement_count']}", *_figures(shares)]


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
    lines = []
    for name, one in sorted(features.items(), key=lambda row: row[1]["p"]):
        lines.append(_effect(name.replace("_", " "), one["effect_pp"], one, "pp a deviation"))
        if doubled := one["per_doubling_pp"]:
            lines.append(
                f"  {'  twice the words':<22}{doubled['value']:>+8.1f}  [{doubled['low']:+.1f}, {doubled['high']:+.1f}] pp"
            )
    return lines


def _effect(name: str, effect: Section, one: Section, unit: str) -> str:
    return (
        f"  {name:<22}{effect['value']:>+8.1f}  [{effect['low']:+.1f}, {effect['high']:+.1f}] {unit}, "
        f"adjusted p = {one['p_adjusted']:.2g}, smallest findable {one['mde_pp']:.1f} pp: {one['verdict'].replace('_', ' ')}"
    )


def _own_family(favour: Section | None) -> list[str]:
    """Favour of models of the judge's own family, beyond their worth to all raters."""
    return [_effect("favour of own family", favour["effect_pp"], favour, "pp")] if favour else []


def _topics(topics: Section) -> list[str]:
    """How much nearer the judge is to people than on average over topics, the surest first."""
    rows = sorted(topics.items(), key=lambda row: row[1]["p"])
    return [_effect(f"nearer on {name}", one["shrunk_pp"], one, "pp") for name, one in rows]


def _calibration(found: Section | None) -> list[str]:
    """Errors of the judge's probabilities, as they are and recalibrated on other prompts."""
    if found is None:
        return []
    mended = found["recalibrated"]
    figures = {"calibration error": found["ece"], "brier score": found["brier"]["score"]}
    return _figures(
        figures | {f"error by {mended['method']}": mended["ece"], f"brier by {mended['method']}": mended["brier"]}
    )
