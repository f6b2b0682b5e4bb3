"""Keeps a few child processes alive: names their output, restarts what dies, stops them together. No Django here."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

SECONDS_TO_STOP = 10.0
LONGEST_PAUSE = 30.0  # seconds between two starts of a child that keeps dying
LONG_LIFE = 60.0  # seconds after which a death counts as the first again
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A child: its name in the output and its command; one that is not lasting ends by itself, once."""

    name: str
    command: Sequence[str]
    is_lasting: bool = True
    niceness: int = 0


def die_with_parent() -> None:
    """As `preexec_fn`: the kernel sends this child a SIGTERM when its parent is gone, `kill -9` included (Linux)."""
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """One service's process, now or the next."""

    def __init__(self, service: Service, say: Callable[[str, str], None]) -> None:
        """Start the process in a session of its own, so that a terminal's Ctrl-C reaches only the parent."""
        self.service, self.say = service, say
        self.deaths = 0
        self.due_at = 0.0
        self.start()

    def start(self) -> None:
        """Start the process and a thread that prints what it says."""
        self.started_at = time.monotonic()
        self.is_over = False

        def prepare() -> None:
            die_with_parent()
            os.nice(self.service.niceness)

        self.process = subprocess.Popen(
            self.service.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=prepare,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        threading.Thread(target=self._print, args=(self.process.stdout,), daemon=True).start()

    def tend(self) -> None:
        """Notice a death, say it, and start again when the pause is over."""
        if self.is_over or self.process.poll() is None:
            return
        if not self.service.is_lasting:
            self.is_over = True
            return
        now = time.monotonic()
        if not self.due_at:
            self.deaths = 0 if now - self.started_at > LONG_LIFE else self.deaths
            pause = min(LONGEST_PAUSE, 0.5 * 2**self.deaths)
            self.deaths += 1
            self.due_at = now + pause
            self.say(self.service.name, f"ended with code {self.process.returncode}; starting again in {pause:g} s")
        elif now >= self.due_at:
            self.due_at = 0.0
            self.start()

    def kill_group(self) -> None:
        """End whatever the process has left behind in its session."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _print(self, output: IO[str]) -> None:
        for line in output:
            self.say(self.service.name, line.rstrip())


class Supervisor:
    """Several services, started and stopped as one."""

    def __init__(self, services: Sequence[Service], *, say: Callable[[str, str], None]) -> None:
        """Start every service; `say` gets a service's name and one line of its output."""
        self.children = [Child(service, say) for service in services]

    def tend(self) -> None:
        """Restart what has died; call this every half second or so, always from the thread that started the services."""
        for child in self.children:
            child.tend()

    def stop(self) -> None:
        """Ask all to end, give them ten seconds together, then kill what is left of their sessions."""
        running = [child for child in self.children if child.process.poll() is None]
        for child in running:
            child.process.terminate()
        deadline = time.monotonic() + SECONDS_TO_STOP
        for child in running:
            try:
                child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.say(child.service.name, f"did not end within {SECONDS_TO_STOP:g} s and is killed")
            child.kill_group()
