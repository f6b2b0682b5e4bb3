"""The product as `manage.py serve` runs it, two web processes and two workers, of which some are killed at random."""

import os
import random
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.db import connection

from tests.annotation import processes
from tests.annotation.waiting import until

QUEUES = ("quick", "long")


class Site:
    """Gunicorn and one worker a queue. Tend it from the thread that made it: children end with that thread."""

    def __init__(self, *, log: Path, stalled_after: int) -> None:
        """Start everything; the pages may take some seconds to answer."""
        self.log, self.kills, self.started = log, Counter[str](), 0
        self.environment = {"STALLED_AFTER_SECONDS": str(stalled_after)}
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        server = ["-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "annotation.wsgi"]
        self.web = processes.start(server, log=log, WEB_WORKERS="2")
        self.workers = {queue: self.start_worker(queue) for queue in QUEUES}

    def start_worker(self, queue: str) -> subprocess.Popen[bytes]:
        """A worker of one queue."""
        self.started += 1
        return processes.start_worker(log=self.log, queues=queue, **self.environment)

    def is_ready(self) -> bool:
        """Whether the web server says so."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except httpx.TransportError:
            return False

    def is_at_work(self) -> bool:
        """Whether every worker that was started has reported for work: that takes seconds of loading."""
        with connection.cursor() as sql:
            sql.execute("SELECT coalesce(max(id), 0) FROM procrastinate_workers")
            return bool(sql.fetchone()[0] >= self.started)

    def web_processes(self) -> list[int]:
        """The processes that answer requests now."""
        return processes.children(self.web.pid)

    def kill_web(self, rng: random.Random) -> None:
        """`kill -9` of one web process; gunicorn starts another."""
        if alive := self.web_processes():
            os.kill(rng.choice(alive), signal.SIGKILL)
            self.kills["web"] += 1

    def kill_worker(self, rng: random.Random) -> None:
        """`kill -9` of one worker; another is started."""
        queue = rng.choice(QUEUES)
        processes.kill(self.workers[queue])
        self.kills[queue] += 1
        self.workers[queue] = self.start_worker(queue)

    def close(self) -> None:
        """Kill all that is left."""
        for process in [self.web, *self.workers.values()]:
            processes.kill_session(process)


class Kills:
    """When what is killed next, drawn from a seed; a worker's time begins when it is at work."""

    def __init__(
        self, site: Site, *, seed: int, web_every: tuple[float, float], worker_every: tuple[float, float]
    ) -> None:
        self.site, self.rng = site, random.Random(seed)
        self.web_every, self.worker_every = web_every, worker_every
        self.web_due, self.worker_due = self.after(web_every), self.after(worker_every)

    def after(self, pause: tuple[float, float]) -> float:
        """A moment after a pause between these seconds."""
        return time.monotonic() + self.rng.uniform(*pause)

    def tend(self) -> None:
        """Kill what is due."""
        if time.monotonic() >= self.web_due:
            self.site.kill_web(self.rng)
            self.web_due = self.after(self.web_every)
        if not self.site.is_at_work():
            self.worker_due = self.after(self.worker_every)
        elif time.monotonic() >= self.worker_due:
            self.site.kill_worker(self.rng)


@contextmanager
def running(*, log: Path, stalled_after: int) -> Iterator[Site]:
    """A site that answers, for the length of a with block."""
    processes.forget_jobs()
    site = Site(log=log, stalled_after=stalled_after)
    try:
        until(site.is_ready, "the site is ready")
        yield site
    finally:
        site.close()
        processes.forget_jobs()
