"""`annotators` and `rank`: what people's answers tell about themselves, and about what they compared."""

import argparse
from pathlib import Path

from flywheel.options import whole
from flywheel.reporting import FIGURES, Section, show

ANNOTATORS = f"""{FIGURES} annotators: NAME: votes, flags, quality (informativeness, low_p, adverse_p), gold, speed, sides, sways by feature
(effect_pp, shrunk_pp, beyond_p, mde_pp, is_flagged), drift (change_pp: points of agreement with the others from the first
half of change_pp.n answers to the second, beyond the others' change; p, p_adjusted, mde_pp, is_falling), timeline (blocks of
consecutive answers: value, low, high, n, others, first, last); spreads: one deviation of each feature; pooled: fatigue (points
over fifty answers of a sitting) and slowness (points per doubling of time), each effect_pp, p, mde_pp, verdict; not_possible:
what is lacking and why. A flag asks for a second look; nobody is flagged for speed or drift alone, or for tiring."""
RANK = f"""With --pairs the policies in generator_a and generator_b are ranked; without it the sides i and j of items named ITEM:i-j
(answers on more than two sides) among themselves. "both_bad" counts as a tie. {FIGURES} ranking: best first within each
group, each name, strength (logits about 0), place, group; competence by rater; position (log-odds of first place); tie (odds
among equals); not_possible: what is lacking and why."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `annotators` and `rank`."""
    people = commands.add_parser(
        "annotators", help="how much each person's answers tell, and what sways them", description=ANNOTATORS
    )
    people.add_argument("--votes", type=Path, metavar="VOTES", required=True)
    people.add_argument("--pairs", type=Path, metavar="PAIRS", help="pairs.jsonl: texts behind the items")
    people.add_argument("--seed", type=whole(0), default=0, help="of the posterior draws (default: 0)")
    people.add_argument("--json", action="store_true", help="print for programs")
    people.set_defaults(run=run_annotators)
    rank = commands.add_parser("rank", help="who is better, from comparisons two by two", description=RANK)
    rank.add_argument("votes", type=Path, metavar="VOTES")
    rank.add_argument("--pairs", type=Path, metavar="PAIRS", help="pairs.jsonl: whose policies are ranked")
    rank.add_argument("--plain", action="store_true", help="Bradley-Terry that trusts all raters alike")
    rank.add_argument("--json", action="store_true", help="print for programs")
    rank.set_defaults(run=run_rank)


def run_annotators(args: argparse.Namespace) -> int:
    """Print the report on people."""
    import numpy as np

    from flywheel.formats import pairs, votes
    from flywheel.stats.annotator_report import annotators_report

    texts = pairs.read(args.pairs) if args.pairs else None
    found = annotators_report(votes.read(args.votes), texts, rng=np.random.default_rng(args.seed))
    show(found, _people_lines(found), as_json=args.json)
    return 0


def run_rank(args: argparse.Namespace) -> int:
    """Print the ranking."""
    from flywheel.formats import pairs, votes
    from flywheel.stats.ranking_report import ranking_report

    texts = pairs.read(args.pairs) if args.pairs else None
    found = ranking_report(votes.read(args.votes), texts, has_competence=not args.plain)
    show(found, _rank_lines(found), as_json=args.json)
    return 0


def _people_lines(found: Section) -> list[str]:
    lines = [f"{found['votes']} votes of {len(found['annotators'])} people on {found['items']} items"]
    for name, one in found["annotators"].items():
        lines += [f"{name}: {one['votes']} votes; {', '.join(one['flags']) or 'no flags'}"]
        told = {
            "informativeness": one["quality"] and one["quality"]["informativeness"],
            "right on gold": one["gold"] and one["gold"]["right"],
            "too quick to have read": one["speed"] and one["speed"]["hurried"],
            "chose what was first": one["sides"] and one["sides"]["first"],
        }
        lines += [_figure(what, figure) for what, figure in told.items() if figure]
        for feature, sway in (one["sways"] or {}).items():
            if sway:
                lines += [_figure(f"{feature}, pp", sway["shrunk_pp"], 1) + f", beyond 5: {sway['beyond_p']:.2f}"]
        if drift := one["drift"]:
            falling = ", agrees less than before" if drift["is_falling"] else ""
            tested = f", adjusted p = {drift['p_adjusted']:.2g}, smallest findable {drift['mde_pp']:.1f}"
            lines += [_figure("drift, pp", drift["change_pp"], 1) + tested + falling]
    for what, pooled in found["pooled"].items():
        if pooled:
            verdict = f", p = {pooled['p']:.2g}: {pooled['verdict'].replace('_', ' ')}"
            lines += [f"All together, {what}", _figure("change, pp", pooled["effect_pp"], 1) + verdict]
    return lines


def _rank_lines(found: Section) -> list[str]:
    lines = [f"{len(found['ranking'])} {found['ranked']} from {found['votes']} answers of people"]
    group = 1
    for one in found["ranking"]:
        if one["group"] != group:
            group = one["group"]
            lines += [f"group {group}, not comparable with those above"]
        place = one["place"]
        bounds = f"{place['value']:.0f} [{place['low']:.0f}, {place['high']:.0f}]"
        lines += [f"  {bounds:<12}" + _figure(one["name"], one["strength"], 2)]
    for name, figure in found["competence"].items():
        lines += [_figure(f"competence of {name}", figure)]
    named = {"log-odds of first place": found["position"], "odds of a tie": found["tie"]}
    return lines + [_figure(what, figure) for what, figure in named.items() if figure]


def _figure(what: str, figure: Section, digits: int = 3) -> str:
    value, low, high = (f"{figure[key]:.{digits}f}" for key in ("value", "low", "high"))
    return f"  {what:<24}{value:>8}  [{low}, {high}]  n = {figure['n']}"
