"""What a piece of work costs: CPU seconds and memory of process trees, quantiles of latencies. Linux only."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

TICK, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def tree(pid: int) -> Iterator[int]:
    """A process and all below it; those that end meanwhile have nothing below them."""
    yield pid
    try:
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except (FileNotFoundError, ProcessLookupError):
        return
    for child in " ".join(lists).split():
        yield from tree(int(child))


def cpu_seconds(pid: int) -> float:
    """CPU used so far by a process tree, including processes that have ended and were waited for."""
    total = 0
    for one in tree(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(map(int, fields[11:15]))
    return total / TICK


def pss_mb(pid: int) -> float:
    """Memory of a process tree, shared pages divided among those who share them."""
    total = 0
    for one in tree(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return round(total * 1024 / 1e6, 1)


def rss_mb(pid: int) -> float:
    """Resident memory of one process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6


def quantiles(seconds: Sequence[float]) -> dict[str, Any]:
    """p50, p95 and p99 in milliseconds, and of how many."""
    ranked = sorted(seconds)
    found: dict[str, Any] = {"n": len(ranked)}
    for percent in (50, 95, 99) if ranked else ():
        found[f"p{percent}_ms"] = round(1000 * ranked[round(percent / 100 * (len(ranked) - 1))], 2)
    return found


class Cpu:
    """CPU of some process trees, by name, between two moments."""

    def __init__(self, **pids: int) -> None:
        self.pids = {**pids, "client": os.getpid()}
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        own = os.times()
        return {
            name: own.user + own.system if pid == os.getpid() else cpu_seconds(pid) for name, pid in self.pids.items()
        }

    def ms_per(self, count: int) -> dict[str, float]:
        """Milliseconds of CPU since the beginning, per one of `count`."""
        now = self._now()
        return {f"{name}_cpu_ms": round(1000 * (now[name] - self._before[name]) / max(count, 1), 3) for name in now}
