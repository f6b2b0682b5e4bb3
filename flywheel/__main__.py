"""`python -m flywheel COMMAND`: the core on files alone, without Django or a database.

Exit codes: 0 done, 1 the check failed, 2 bad input (one clear line on stderr).
Each command lives in flywheel/commands/<noun>.py as `register(commands)`, which adds its parsers and sets `run`.
"""

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence

from flywheel import commands
from flywheel.records import BadInput, NotEnoughData
from flywheel.reporting import printable


def parser() -> argparse.ArgumentParser:
    """The whole command line, one sub-parser a command."""
    root = argparse.ArgumentParser(prog="python -m flywheel", description=__doc__.splitlines()[0] if __doc__ else "")
    subparsers = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in pkgutil.iter_modules(commands.__path__):
        importlib.import_module(f"flywheel.commands.{module.name}").register(subparsers)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = parser().parse_args(argv)
    try:
        code: int = args.run(args)
        sys.stdout.flush()  # here, where a full disk or a closed pipe can still be told
        return code
    except (BadInput, NotEnoughData) as problem:
        _tell(args.command, str(problem))
    except FileNotFoundError as problem:
        _tell(args.command, f"no file {problem.filename}.")
    except OSError as problem:
        where = "the output" if problem.filename is None else problem.filename
        _tell(args.command, f"{where}: {problem.strerror or problem}.")
    return 2


def _tell(command: str, problem: str) -> None:
    """One line on stderr, whatever names and labels from outside stand in it."""
    print(f"flywheel {command}: {printable(problem)}", file=sys.stderr)


def _last_words() -> None:
    """What could not be printed is forgotten: Python would try again at its end, and raise."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    done = main()
    _last_words()
    sys.exit(done)
