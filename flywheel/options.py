"""Numbers on the command line: each type refuses what is out of range in words that argparse shows beside the option."""

import argparse
import math
from collections.abc import Callable

MOST_DRAWS = 100_000  # of a bootstrap: more take hours and tell nothing


def whole(least: int, most: float = math.inf) -> Callable[[str], int]:
    """A whole number between `least` and `most`, for argparse."""

    def number(given: str) -> int:
        try:
            found = int(given)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be a whole number, not {given!r}") from None
        _refuse_outside(found, least, most)
        return found

    return number


def real(least: float = -math.inf, most: float = math.inf) -> Callable[[str], float]:
    """A finite number between `least` and `most`, for argparse."""

    def number(given: str) -> float:
        try:
            found = float(given)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be a number, not {given!r}") from None
        if not math.isfinite(found):
            raise argparse.ArgumentTypeError(f"must be a finite number, not {given}")
        _refuse_outside(found, least, most)
        return found

    return number


def _refuse_outside(found: float, least: float, most: float) -> None:
    if found < least:
        raise argparse.ArgumentTypeError(f"must be at least {least:g}, not {found:g}")
    if found > most:
        raise argparse.ArgumentTypeError(f"must be at most {most:g}, not {found:g}")
