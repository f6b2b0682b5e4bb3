"""`alt-test` and `win-rate`: judges beside people."""

import argparse
from pathlib import Path

from flywheel.options import real
from flywheel.records import BadInput
from flywheel.reporting import FIGURES, Section, read_votes, show

ALT_TEST = f"""{FIGURES} judges: NAME: passes; winning (share of people beaten); advantage (chance of being at least as near to the
others as a person); people: NAME: judge_wins, person_wins, p, p_adjusted, is_beaten. epsilon; not_possible: what and why."""
WIN_RATE = f"""{FIGURES} Votes of people may carry propensity, those of judges probability (that a is better). of; humans; judges:
NAME: method (ppi++, or ipw where propensities are known), win_rate (corrected), humans_alone (on the same pairs), judge_alone
(do not use it), labelled, judged_only, and for ppi++ trust and gain (how many labels of people one stands for);
With --each: policies: NAME: against (names), humans, judges, for every
generator of the pairs. not_possible: what and why."""

EPSILON = 0.15


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `alt-test` and `win-rate`."""
    alt = commands.add_parser("alt-test", help="may a judge replace a person?", description=ALT_TEST)
    alt.add_argument("votes", type=Path, metavar="VOTES")
    alt.add_argument(
        "--epsilon", type=real(0, 1), default=EPSILON, metavar="E",
        help="how much worse a judge may be because it is cheaper: 0.2 for experts, 0.15 skilled (default), 0.1 a crowd",
    )  # fmt: skip
    alt.set_defaults(run=run_alt_test)
    rate = commands.add_parser(
        "win-rate", help="how often a side wins, from few people and many verdicts", description=WIN_RATE
    )
    rate.add_argument("--votes", type=Path, metavar="VOTES", required=True)
    rate.add_argument(
        "--pairs", type=Path, metavar="PAIRS", help="pairs.jsonl: prompts and generators behind the items"
    )
    whose = rate.add_mutually_exclusive_group()
    whose.add_argument("--of", metavar="GENERATOR", help="wins of this generator (default: of side a)")
    whose.add_argument("--each", action="store_true", help="wins of every generator of the pairs, one after the other")
    rate.set_defaults(run=run_win_rate)
    for parser in (alt, rate):
        parser.add_argument("--judge", metavar="NAME", help="only this judge")
        parser.add_argument("--json", action="store_true", help="print for programs")


def run_alt_test(args: argparse.Namespace) -> int:
    """Print whether each judge may replace a person."""
    from flywheel.stats.comparisons import replacement_report

    found = replacement_report(read_votes(args.votes), epsilon=args.epsilon, judge=args.judge)
    lines = [line for name, judge in found["judges"].items() for line in _replaced(name, judge)]
    show(found, lines, as_json=args.json)
    return 0


def run_win_rate(args: argparse.Namespace) -> int:
    """Print win rates by people and by each judge, corrected by people."""
    from flywheel.formats import pairs
    from flywheel.stats.comparisons import win_rate_report
    from flywheel.stats.policy_report import policies_report

    if args.each and not args.pairs:
        raise BadInput("Which policies the sides are of stands in the pairs; give them with --pairs.")
    known = pairs.read(args.pairs) if args.pairs else None
    if args.each:
        found = policies_report(read_votes(args.votes), known or [], judge=args.judge)
        lines = [line for name, one in found["policies"].items() for line in _wins(name, one)]
    else:
        found = win_rate_report(read_votes(args.votes), known, of=args.of, judge=args.judge)
        lines = _wins(found["of"], found)
    show(found, lines, as_json=args.json)
    return 0


def _wins(whose: str, found: Section) -> list[str]:
    against = f" against {', '.join(found['against'])}" if "against" in found else ""
    alone = [_figure("people alone", found["humans"])] if found["humans"] else []
    return [f"Win rate of {whose}{against}", *alone] + [
        line for name, judge in found["judges"].items() for line in _rate(name, judge)
    ]


def _replaced(name: str, judge: Section) -> list[str]:
    may = "may replace a person" if judge["passes"] else "may not replace a person"
    lines = [
        f"Judge {name}: {may}",
        _figure("people beaten", judge["winning"]),
        _figure("advantage", judge["advantage"]),
    ]
    for person, one in judge["people"].items():
        beaten = "beaten" if one["is_beaten"] else "not beaten"
        ours, theirs = one["judge_wins"], one["person_wins"]
        lines.append(
            f"  {person:<22}judge {ours['value']:.3f}, person {theirs['value']:.3f}, n = {ours['n']}, "
            f"adjusted p = {one['p_adjusted']:.2g}: {beaten}"
        )
    return lines


def _rate(name: str, judge: Section) -> list[str]:
    worth = f", one label of people stands for {judge['gain']:.2f}" if "gain" in judge else ""
    return [
        f"Judge {name}: {judge['labelled']} pairs also judged by people, {judge['judged_only']} by it alone",
        _figure(f"corrected ({judge['method']})", judge["win_rate"]) + worth,
        _figure("people on these pairs", judge["humans_alone"]),
        _figure("the judge alone", judge["judge_alone"]),
    ]


def _figure(name: str, figure: Section) -> str:
    return f"  {name:<22}{figure['value']:>8.3f}  [{figure['low']:.3f}, {figure['high']:.3f}]  n = {figure['n']}"
