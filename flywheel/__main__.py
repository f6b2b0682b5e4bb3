"""`python -m flywheel COMMAND`: the core on files alone, without Django or a database.

Exit codes: 0 done, 1 the check failed, 2 bad input (one clear line on stderr).
Each command lives in flywheel/commands/<noun>.py as `register(commands)`, which adds its parsers and sets `run`.
"""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

from flywheel import commands
from flywheel.records import BadInput, NotEnoughData


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
        return args.run(args)
    except (BadInput, NotEnoughData) as problem:
        print(f"flywheel {args.command}: {problem}", file=sys.stderr)
        return 2
    except FileNotFoundError as problem:
        print(f"flywheel {args.command}: no file {problem.filename}.", file=sys.stderr)
        return 2
    except (IsADirectoryError, NotADirectoryError, PermissionError) as problem:
        print(f"flywheel {args.command}: {problem.filename}: {problem.strerror}.", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
