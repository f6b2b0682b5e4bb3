"""`train-sft`, `train-dpo`, `generate`, `score`: everything that needs torch, which is loaded when a command runs."""

import argparse
import importlib.util
import json
import os
import sys
import warnings
from pathlib import Path

from flywheel.options import real, whole
from flywheel.records import BadInput

Commands = argparse._SubParsersAction


def register(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the commands of training."""
    for name, words in (("sft", "imitate the answers of a release"), ("dpo", "learn the preferences of a release")):
        _add_training(commands.add_parser(f"train-{name}", help=words, argument_default=argparse.SUPPRESS), name)
    generate = commands.add_parser("generate", help="a policy's answers to prompts")
    generate.add_argument("--policy", required=True, metavar="DIR", help="a run folder, a model folder or name")
    generate.add_argument(
        "--prompts", required=True, type=Path, metavar="F", help='JSON lines {"id", "prompt", "tools"}'
    )
    generate.add_argument("--out", required=True, type=Path, metavar="F", help='JSON lines {"id", "message"}')
    generate.add_argument("--seed", type=whole(0), default=0)
    generate.add_argument("--temperature", type=real(0), default=0.0, help="0 = always the likeliest word")
    generate.add_argument("--max-new-tokens", type=whole(1), default=256)
    generate.set_defaults(run=run_generate)
    score = commands.add_parser("score", help="mean log-probability per answer token")
    score.add_argument("--base", required=True, metavar="MODEL", help="a model name or folder, or a run folder")
    score.add_argument("source", type=Path, metavar="IN", help='JSON lines {"id", "prompt", "answer"}')
    score.add_argument("out", type=Path, metavar="OUT", help='JSON lines {"id", "mean_logprob", "tokens"}')
    score.add_argument("--max-length", type=whole(1), default=1024)
    score.set_defaults(run=run_score)
    for command in (generate, score):
        command.add_argument("--threads", type=whole(1), default=1)
        command.add_argument("--json", action="store_true", help="print for programs")


def _add_training(command: argparse.ArgumentParser, kind: str) -> None:
    command.add_argument("--release", metavar="DIR")
    command.add_argument("--out", metavar="DIR")
    command.add_argument("--base", metavar="MODEL", help="a model name or folder, or a run folder; none = a tiny model")
    command.add_argument("--lora", action="store_true", help="train an adapter only")
    command.add_argument("--config", type=Path, metavar="F", help="JSON with the settings of config.json")
    for name in ("seed", "steps", "batch", "max-length", "lora-rank", "threads"):
        command.add_argument(f"--{name}", type=int, metavar="N")
    for name in ("epochs", "learning-rate", "max-minutes"):
        command.add_argument(f"--{name}", type=float, metavar="X")
    if kind == "dpo":
        command.add_argument("--beta", type=float, metavar="X")
        command.add_argument("--loss", choices=("sigmoid", "robust"))
        command.add_argument(
            "--flip-prob", type=float, metavar="P", help="share of wrong labels: trains the robust loss"
        )
        command.add_argument("--warmup-steps", type=int, metavar="N", help="steps of imitation before")
    command.add_argument("--json", action="store_true", help="print the result for programs")
    command.set_defaults(run=run_sft if kind == "sft" else run_dpo)


def run_sft(args: argparse.Namespace) -> int:
    """Train by imitation."""
    return _train(args, "sft")


def run_dpo(args: argparse.Namespace) -> int:
    """Train on preferences."""
    return _train(args, "dpo")


def run_generate(args: argparse.Namespace) -> int:
    """Write a policy's answers."""
    _prepare(args.threads)
    from flywheel.training.generate import generate

    n = generate(
        args.policy,
        args.prompts,
        args.out,
        seed=args.seed,
        temperature=args.temperature,
        max_new_tokens=args.max_new_tokens,
        threads=args.threads,
    )
    print(json.dumps({"answers": n}) if args.json else f"{n} answers written to {args.out}")
    return 0


def run_score(args: argparse.Namespace) -> int:
    """Write how likely a model finds the answers."""
    _prepare(args.threads)
    from flywheel.training.score import score

    n = score(args.base, args.source, args.out, max_length=args.max_length, threads=args.threads)
    print(json.dumps({"scored": n}) if args.json else f"{n} answers scored in {args.out}")
    return 0


def _train(args: argparse.Namespace, kind: str) -> int:
    from flywheel.training import runs

    beside = ("command", "run", "config", "json")
    given = {name: value for name, value in vars(args).items() if name not in beside}
    config = vars(args).get("config")
    run = runs.build(runs.SftRun, config, given) if kind == "sft" else runs.build(runs.DpoRun, config, given)
    _prepare(run.threads)
    from flywheel.training import dpo, sft
    from flywheel.training.result import Cancelled

    try:
        dpo.train(run) if isinstance(run, runs.DpoRun) else sft.train(run)
    except Cancelled as told:
        print(told, file=sys.stderr)
        return 1
    result = (run.out / "result.json").read_text(encoding="utf-8")
    print(result if "json" in args else _table(json.loads(result), run.out), end="")
    return 0


def _prepare(threads: int) -> None:
    """What torch and its friends read when they are loaded; HF_HUB_OFFLINE=0 allows downloads."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ["TQDM_DISABLE"] = "1"
    # TRL still uses names that transformers is about to drop; nobody who trains can act on it.
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    if importlib.util.find_spec("torch") is None:
        raise BadInput("torch is not installed; install flywheel/requirements.txt to train.")


def _table(result: dict, out: Path) -> str:
    shown = ("eval_rewards/accuracies", "eval_rewards/margins", "eval_loss", "rewards/accuracies", "loss", "train_loss")
    lines = [f"{result['kind']} run in {out}: {result['status']} in {result['seconds']:.0f} s"]
    lines += [f"rows used {result['rows_used']} of {result['rows_in']}, cut {len(result['rows_cut'])}"]
    lines += [f"dropped {row['id']}: {row['reason']}" for row in result["rows_dropped"]]
    lines += [f"{stage['stage']:<28}{stage['steps']:>10} steps" for stage in result["stages"]]
    lines += [
        f"{name:<28}{result['metrics'][name]:>10.4f}" for name in shown if result["metrics"].get(name) is not None
    ]
    return "\n".join([*lines, *(f"{path} sha256 {digest}" for path, digest in result["digests"].items())]) + "\n"
