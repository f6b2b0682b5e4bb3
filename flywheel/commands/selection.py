"""`select`: which pairs to ask people next."""

import argparse
import json
from pathlib import Path
from typing import Any

from flywheel.options import real, whole


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `select`."""
    select = commands.add_parser("select", help="which pairs to ask people next, with known chances")
    select.add_argument("--pairs", type=Path, metavar="PAIRS", required=True)
    select.add_argument("--votes", type=Path, metavar="VOTES", required=True)
    select.add_argument("-n", type=int, metavar="K", required=True, help="how many pairs to draw")
    select.add_argument("--judge", metavar="NAME", help="the judge to listen to (default: the one with most verdicts)")
    select.add_argument(
        "--exploration", type=real(), metavar="SHARE", help="random share (default: by number of labels)"
    )
    select.add_argument("--seed", type=whole(0), default=0)
    select.add_argument("--json", action="store_true", help="print for programs")
    select.set_defaults(run=run_select)


def run_select(args: argparse.Namespace) -> int:
    """Print the drawn pairs in the order in which to ask them."""
    import numpy as np

    from flywheel.embedding import Embedder
    from flywheel.formats import pairs, votes
    from flywheel.selection.batches import draw_batch
    from flywheel.selection.pools import prepare

    rng = np.random.default_rng(args.seed)
    found = prepare(pairs.read(args.pairs), votes.read(args.votes), Embedder().embed, rng=rng, judge=args.judge)
    batch = draw_batch(found.pool, args.n, head=found.head, rng=rng, exploration=args.exploration)
    rows = [
        {
            "item": found.items[draw.index],
            "order": draw.order,
            "selected_by": draw.selected_by,
            "propensity": draw.propensity,
            "value": None if batch.scores is None else float(batch.scores.value[draw.index]),
        }
        for draw in batch.draws
    ]
    summary = {"rule": batch.rule, "exploration": batch.exploration, "pool": len(found.items), "draws": rows}
    print(json.dumps(summary, ensure_ascii=False, allow_nan=False) if args.json else _table(summary))
    return 0


def _table(summary: dict[str, Any]) -> str:
    lines = [
        f"{len(summary['draws'])} of {summary['pool']} by {summary['rule']}, random share {summary['exploration']:.2f}"
    ]
    lines += [f"{'order':>5}  {'selected by':<12}{'propensity':>11}{'value':>8}  item"]
    for row in summary["draws"]:
        value = "" if row["value"] is None else f"{row['value']:.3f}"
        lines += [f"{row['order']:>5}  {row['selected_by']:<12}{row['propensity']:>11.4f}{value:>8}  {row['item']}"]
    return "\n".join(lines)
