"""The same operations over HTTP, by a client that keeps trying while servers die under it."""

import time
from dataclasses import replace
from typing import Any

import httpx

from annotation.errors import Refused
from annotation.models import Item, Queue, User
from tests.annotation.queue_crashes import PATIENCE, Era, through_crashes
from tests.annotation.queue_hands import Actions, Clock, Forgotten, Lent
from tests.annotation.queue_journal import Journal

AFTERMATH = 15.0  # seconds after a restart of the database in which a server may answer with an error
UNTOLD = -1  # which person of an item this is: nothing an annotator is told


class Told(Refused):
    """A refusal as the API words it."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.type = kind


class Requests:
    """One tab that uses the API; only taking back, which the API does not offer, goes past it."""

    def __init__(
        self, url: str, secret: str, queue: Queue, annotator: User, clock: Clock, journal: Journal, era: Era
    ) -> None:
        self.queue, self.journal, self.era = queue, journal, era
        self.inner = Actions(queue, annotator, clock, era)
        self.http = httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {secret}"}, timeout=30)
        self.items: dict[str, int] = {}

    def claim(self) -> Lent:
        """The next item, as it stands on the screen."""
        era = self.era.number
        return self.seen(self.ask("POST", f"/queues/{self.queue.pk}/claim"), era)

    def heartbeat(self, lent: Lent) -> None:
        """Still working on it."""
        self.ask("POST", f"/assignments/{lent.pk}/heartbeat")

    def draft(self, lent: Lent, text: str) -> None:
        """Keep what was typed."""
        self.ask("PUT", f"/assignments/{lent.pk}/draft", {"answer": {"rationale": text}})

    def release(self, lent: Lent) -> None:
        """Give it back."""
        self.ask("POST", f"/assignments/{lent.pk}/release")

    def skip(self, lent: Lent, key: str) -> int:
        """Pass it on."""
        return self.ask("POST", f"/assignments/{lent.pk}/skip", {"reason": "not my subject"}, key=key)["id"]

    def submit(self, lent: Lent, choice: str, key: str) -> int:
        """Answer it."""
        body = {"answer": {"choice": choice}, "active_seconds": 1.0}
        return self.ask("POST", f"/assignments/{lent.pk}/annotation", body, key=key)["annotation"]["id"]

    def hand_over(self, lent: Lent, choice: str, key: str) -> tuple[int, Lent | None]:
        """Answer it and take the next one."""
        era, body = self.era.number, {"answer": {"choice": choice}, "active_seconds": 1.0}
        told = self.ask("POST", f"/assignments/{lent.pk}/annotation?next=1", body, key=key)
        return told["annotation"]["id"], self.seen(told["next"], era) if told["next"] else None

    def supersede(self, annotation: int, choice: str, key: str) -> int:
        """Change an answer."""
        return self.ask("POST", f"/annotations/{annotation}/supersede", {"answer": {"choice": choice}}, key=key)["id"]

    def undo(self) -> Lent:
        """Take the last answer back."""
        return replace(self.inner.undo(), place=UNTOLD, round=0)

    def close(self) -> None:
        """Leave no connection behind."""
        self.http.close()
        self.inner.close()

    def seen(self, blinded: dict[str, Any], era: int) -> Lent:
        """Item and order, read from the texts that the annotator sees."""
        texts = [[message["content"] for message in side["messages"]] for side in blinded["sides"]]
        order = tuple(int(said[1].strip("Reply .")) for said in texts)
        return Lent(blinded["id"], self.item(texts[0][0]), 0, UNTOLD, order, era)

    def item(self, question: str) -> int:
        """Which item asks this."""
        if question not in self.items:
            items = Item.objects.filter(queue=self.queue, task=question)
            self.items[question] = through_crashes(lambda: items.values_list("pk", flat=True).get(), self.era)
        return self.items[question]

    def ask(self, method: str, path: str, body: Any = None, *, key: str = "") -> dict[str, Any]:
        """The first answer that is none of a dying server; the same key each time."""
        headers, deadline = {"Idempotency-Key": key} if key else {}, time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = self.http.request(method, path, json=body or {}, headers=headers)
            except httpx.TransportError:
                self.journal.count("broken: connections")
            else:
                if answer.status_code < 500:
                    self.journal.count("HTTP: requests answered")
                    return granted(answer)
                self.journal.count(f"broken: {answer.status_code} around a restart of the database")
                if not self.era.is_shaken(AFTERMATH):
                    self.journal.complain(f"{path} answered {answer.status_code}: {answer.text[:200]}")
            time.sleep(0.05)
        raise TimeoutError(f"no answer from {path}")


def granted(answer: httpx.Response) -> dict[str, Any]:
    """The body of what was granted; a refusal otherwise."""
    body: dict[str, Any] = answer.json()
    if answer.status_code == 404:
        raise Forgotten(f"{answer.url} is not there.")
    if answer.status_code >= 400:
        raise Told(str(body.get("type")), str(body.get("detail")))
    return body
