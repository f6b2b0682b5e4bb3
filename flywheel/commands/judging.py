"""`judge PAIRS VOTES`: a judge's votes on pairs, each asked in both orders."""

import argparse
import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from flywheel.options import real, whole
from flywheel.records import JSON, BadInput, Estimate, NotEnoughData, Pair, Verdict, Vote

if TYPE_CHECKING:
    from flywheel.judging.client import EndpointJudge
    from flywheel.judging.gate import GateResult
    from flywheel.judging.judge import Judge, Outcome, Side


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `judge`."""
    judge = commands.add_parser("judge", help="ask a judge about every pair, in both orders")
    judge.add_argument("pairs", type=Path, metavar="PAIRS", help="pairs.jsonl")
    judge.add_argument("votes", type=Path, metavar="VOTES", help="votes.jsonl to write, two votes a pair")
    judge.add_argument("--judge", choices=("embedding", "likelihood", "endpoint"), default="embedding")
    judge.add_argument("--base", help="likelihood: the language model, a folder or name")
    judge.add_argument("--base-url", help="endpoint: an OpenAI-compatible address, such as http://localhost:8000/v1")
    judge.add_argument("--model", help="endpoint: the model it serves")
    judge.add_argument("--key-variable", metavar="NAME", help="endpoint: the environment variable that holds the key")
    judge.add_argument("--input-price", type=real(0), default=0.0, help="endpoint: US dollars per million tokens read")
    judge.add_argument("--output-price", type=real(0), default=0.0, help="endpoint: US dollars per million written")
    judge.add_argument("--rubric", type=Path, help="endpoint: a text file with the rubric")
    judge.add_argument("--gold", type=Path, metavar="VOTES", help="known answers; exit 1 if it is not fit for them")
    judge.add_argument(
        "--verdicts", type=Path, metavar="OUT", help="also write whole verdicts: probability, cost, reason"
    )
    judge.add_argument("--seed", type=whole(0), default=0, help="endpoint: of the jitter between attempts")
    judge.add_argument("--json", action="store_true", help="print for programs")
    judge.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Judge, write, and tell; 1 when a pair went without verdict or the judge is refused on known answers."""
    from flywheel.formats import pairs, votes
    from flywheel.judging.gate import result_on
    from flywheel.judging.judge import JudgeFailed, judge_all

    asked = pairs.read(args.pairs)
    if not asked:
        raise NotEnoughData(f"pairs in {args.pairs}", 0, 1)
    known = _known(votes.read(args.gold)) if args.gold else {}
    with ExitStack() as stack:
        judge = stack.enter_context(_judge(args, asked))
        vote_file = stack.enter_context(args.votes.open("w", encoding="utf-8"))
        verdict_file = stack.enter_context(args.verdicts.open("w", encoding="utf-8")) if args.verdicts else None
        outcomes = list(_written(judge_all(judge, asked), vote_file, verdict_file))
        name = judge.name
    gate = result_on(outcomes, known) if args.gold else None
    summary = _summary(name, outcomes, gate)
    print(json.dumps(summary, ensure_ascii=False) if args.json else _table(summary))
    failed = any(isinstance(outcome, JudgeFailed) for _, outcome in outcomes)
    return 1 if failed or (gate is not None and not gate.passed) else 0


@contextmanager
def _judge(args: argparse.Namespace, asked: Sequence[Pair]) -> "Iterator[Judge]":
    """The judge that the arguments name, ready for these pairs."""
    if args.judge == "endpoint":
        with _endpoint_judge(args) as judge:
            yield judge
    elif args.judge == "likelihood":
        yield _likelihood_judge(args, asked)
    else:
        yield _embedding_judge()


def _embedding_judge() -> "Judge":
    from flywheel.embedding import Embedder
    from flywheel.judging.local import EmbeddingJudge

    return EmbeddingJudge(Embedder(), name=f"embedding:{Embedder.model}")


def _likelihood_judge(args: argparse.Namespace, asked: Sequence[Pair]) -> "Judge":
    from flywheel.judging.judge import JudgeFailed
    from flywheel.judging.local import LikelihoodJudge

    judge = LikelihoodJudge(_needed(args.base, "--base"))
    try:
        judge.prepare(asked)
    except JudgeFailed as problem:
        raise BadInput(str(problem)) from problem
    return judge


def _endpoint_judge(args: argparse.Namespace) -> "EndpointJudge":
    import numpy as np

    from flywheel.judging.client import EndpointJudge
    from flywheel.judging.endpoint import Endpoint
    from flywheel.judging.prompt import Prompt

    endpoint = Endpoint(
        base_url=_needed(args.base_url, "--base-url"),
        model=_needed(args.model, "--model"),
        api_key=_key(args.key_variable),
        input_price=args.input_price,
        output_price=args.output_price,
    )
    prompt = Prompt(rubric=_text(args.rubric)) if args.rubric else Prompt()
    return EndpointJudge(endpoint, rng=np.random.default_rng(args.seed), prompt=prompt)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not UTF-8; save it as plain text in UTF-8.") from None


def _needed(value: str | None, option: str) -> str:
    if not value:
        raise BadInput(f"This judge needs {option}.")
    return value


def _key(variable: str | None) -> str:
    """The key from the environment: on the command line everybody on the machine could read it."""
    if variable is None:
        return ""
    if variable not in os.environ:
        raise BadInput(f"The environment has no variable {variable}; set it to the judge's key.")
    return os.environ[variable]


def _known(votes: Iterable[Vote]) -> "dict[str, Side]":
    """The right side by item, from gold votes for one side."""
    sides: dict[str, Side] = {"a": "a", "b": "b"}
    return {vote.item: sides[vote.label] for vote in votes if vote.gold and vote.label in sides}


def _written(
    outcomes: "Iterable[tuple[Pair, Outcome]]", vote_file: TextIO, verdict_file: TextIO | None
) -> "Iterator[tuple[Pair, Outcome]]":
    """The outcomes, each written before the next is asked for: what was paid for survives an interruption."""
    from flywheel.formats import votes
    from flywheel.judging.judge import JudgeFailed

    for pair, outcome in outcomes:
        for verdict in () if isinstance(outcome, JudgeFailed) else outcome:
            _line(vote_file, votes.dump(_vote(verdict)))
            if verdict_file:
                _line(verdict_file, dataclasses.asdict(verdict))
        yield pair, outcome


def _line(file: TextIO, row: dict[str, JSON]) -> None:
    file.write(json.dumps(row, ensure_ascii=False) + "\n")
    file.flush()


def _vote(verdict: Verdict) -> Vote:
    seconds = round(verdict.latency_ms / 1000, 3)
    return Vote(
        item=verdict.item,
        rater=verdict.judge,
        kind="judge",
        label=verdict.label,
        first=verdict.first,
        seconds=seconds,
    )


def _summary(judge: str, outcomes: "Sequence[tuple[Pair, Outcome]]", gate: "GateResult | None") -> dict[str, JSON]:
    """What was judged, how steady, at what price, and the gate's word."""
    from flywheel.judging.judge import JudgeFailed, combine
    from flywheel.stats.intervals import share

    judged = [outcome for _, outcome in outcomes if not isinstance(outcome, JudgeFailed)]
    failed = [(pair.item, outcome) for pair, outcome in outcomes if isinstance(outcome, JudgeFailed)]
    spent = [one for both in judged for one in both] + [failure for _, failure in failed]
    steady = share(sum(combine(both).consistent for both in judged), len(judged)) if judged else None
    return {
        "judge": judge,
        "pairs": len(outcomes),
        "votes": 2 * len(judged),
        "consistent": dataclasses.asdict(steady) if steady else None,
        "input_tokens": sum(one.input_tokens for one in spent),
        "output_tokens": sum(one.output_tokens for one in spent),
        "cost": sum(one.cost for one in spent),
        "failed": [{"item": item, "reason": str(failure)} for item, failure in failed],
        "gate": {**dataclasses.asdict(gate)} if gate else None,
    }


def _table(summary: dict[str, JSON]) -> str:
    """The summary for people."""
    lines = [
        f"judge        {summary['judge']}",
        f"pairs        {summary['pairs']}, votes {summary['votes']}, without verdict {len(summary['failed'])}",
        f"both orders  {_percent(summary['consistent'])}",
        f"tokens       {summary['input_tokens']} in, {summary['output_tokens']} out, {summary['cost']:.4f} US dollars",
    ]
    lines += [f"item {failure['item']}: {failure['reason']}" for failure in summary["failed"]]
    return "\n".join([*lines, f"known answers {summary['gate']['sentence']}"] if summary["gate"] else lines)


def _percent(steady: dict[str, JSON] | None) -> str:
    """The share of pairs on which both orders agree, with its interval."""
    if steady is None:
        return "no pair judged"
    one = Estimate(**steady)
    return f"agree on {100 * one.value:.0f} % (95 % interval {100 * one.low:.0f}–{100 * one.high:.0f} %, n = {one.n})"
