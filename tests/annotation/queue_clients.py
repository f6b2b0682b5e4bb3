"""Annotators over HTTP: programs that keep trying, and the receipts of what was acknowledged."""

import json
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of what; times in seconds."""

    items: int
    clients: int = 8
    tabs: int = 2
    overlap: int = 3
    batch: int = 500
    seed: int = 1
    thinking: float = 0.0  # longest pause before an answer
    web_every: tuple[float, float] = (0.5, 1.5)
    worker_every: tuple[float, float] = (0.5, 4.0)  # of work
    stalled_after: int = 3
    patience: float = 1800.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer that the server acknowledged."""

    annotator: int
    key: str
    annotation: int
    assignment: int
    choice: str


@dataclass
class Outcome:
    """What happened; threads add to it under its lock."""

    receipts: list[Receipt] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        """One more of these."""
        with self.lock:
            self.counts[what] += 1

    def complain(self, what: str) -> None:
        """A promise was broken."""
        with self.lock:
            self.violations.append(what)


class Program:
    """A client of the API that tries again until it gets an answer."""

    def __init__(self, url: str, secret: str, outcome: Outcome, deadline: float) -> None:
        self.outcome, self.deadline = outcome, deadline
        self.http = httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {secret}"}, timeout=30)

    def post(self, path: str, body: Any = None, *, key: str = "") -> httpx.Response:
        """The first answer that is none of a dying server; the same key each time."""
        headers = {"Idempotency-Key": key} if key else {}
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        headers["Content-Type"] = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
        while time.monotonic() < self.deadline:
            try:
                answer = self.http.post(path, content=content, headers=headers)
                if answer.status_code < 500:
                    return answer
                self.outcome.complain(f"{path} answered {answer.status_code}")
            except httpx.TransportError:
                self.outcome.count("broken connections")
            time.sleep(0.02)
        raise TimeoutError(f"no answer from {path} before the drill's end")


class Tab(Program):
    """One browser tab of one person: claims, answers, gives back, sends again."""

    def __init__(self, url: str, secret: str, outcome: Outcome, deadline: float, *, person: int, seed: int) -> None:
        super().__init__(url, secret, outcome, deadline)
        self.person, self.rng, self.mine = person, random.Random(seed), list[Receipt]()

    def work(self, queue: int, plan: Plan, stop: threading.Event) -> None:
        """Until told to stop."""
        lent: dict[str, Any] | None = None
        while not stop.is_set():
            if lent is None:
                lent = self.claim(queue, stop)
            elif self.rng.random() < 0.02:
                self.post(f"/assignments/{lent['id']}/release")
                self.outcome.count("given back")
                lent = None
            else:
                stop.wait(self.rng.uniform(0, plan.thinking))
                lent = self.answer(lent["id"])
                if self.mine and self.rng.random() < 0.03:
                    self.send_again(self.rng.choice(self.mine))

    def claim(self, queue: int, stop: threading.Event) -> dict[str, Any] | None:
        """The next item, or a pause."""
        answer = self.post(f"/queues/{queue}/claim")
        if answer.status_code == 201:
            return answer.json()
        reason = answer.json().get("reason", answer.text)
        self.outcome.count(f"nothing left: {reason}")
        stop.wait(1.0 if reason == "finished" else 0.1)
        return None

    def answer(self, assignment: int) -> dict[str, Any] | None:
        """Answer it and get the next; None where another tab or person was quicker, or nothing is left."""
        key, choice = str(uuid.UUID(int=self.rng.getrandbits(128))), self.rng.choice(["1", "2", "tie"])
        told = self.post(f"/assignments/{assignment}/annotation?next=1", {"answer": {"choice": choice}}, key=key)
        if told.status_code != 201:
            self.outcome.count(f"refused: {told.json().get('type', told.text)}")
            return None
        stored = told.json()["annotation"]
        self.mine.append(Receipt(self.person, key, stored["id"], assignment, choice))
        return told.json().get("next")

    def send_again(self, receipt: Receipt) -> None:
        """The same request once more gets the same answer."""
        body = {"answer": {"choice": receipt.choice}}
        told = self.post(f"/assignments/{receipt.assignment}/annotation", body, key=receipt.key)
        self.outcome.count("sent again")
        if told.status_code != 201 or told.json()["annotation"]["id"] != receipt.annotation:
            self.outcome.complain(f"{receipt} sent again: {told.status_code} {told.text[:200]}")
