"""Generated work of one annotator: what is done next is drawn from a seed, and every answer to it is judged."""

import random
import traceback
import uuid

from annotation.errors import Refused
from tests.annotation.queue_hands import Hands, Lent
from tests.annotation.queue_journal import Journal, Receipt

MEMORY = 6  # assignments that an annotator's browser still has open somewhere
CHOICES = ("1", "2", "tie", "both_bad")

# How often each operation is drawn, and how the queue may refuse it.
OPERATIONS: dict[str, tuple[int, frozenset[str]]] = {
    "claim": (26, frozenset({"nothing-left"})),
    "submit": (13, frozenset({"not-open", "already-answered"})),
    "hand_over": (13, frozenset({"not-open", "already-answered"})),
    "submit_again": (4, frozenset()),
    "submit_with_a_used_key": (1, frozenset({"invalid"})),
    "heartbeat": (10, frozenset({"not-open"})),
    "draft": (10, frozenset({"not-open"})),
    "skip": (2, frozenset({"not-open"})),
    "release": (5, frozenset()),
    "undo": (5, frozenset({"nothing-to-undo", "already-answered"})),
    "supersede": (6, frozenset({"already-answered"})),
}
NEEDS_AN_OPEN_ONE = ("submit", "hand_over", "heartbeat", "draft", "skip", "release")


class Person:
    """One annotator in one tab; the sequence of operations depends on the seed and the number alone."""

    def __init__(self, number: int, annotator: int, hands: Hands, journal: Journal) -> None:
        self.number, self.annotator, self.hands, self.journal = number, annotator, hands, journal
        self.rng = random.Random(journal.seed * 1000 + number)
        self.lent: list[Lent] = []
        self.mine: list[Receipt] = []
        self.step, self.is_busy = 0, False

    def work(self, operations: int) -> None:
        """So many operations, one after the other."""
        names, weights = list(OPERATIONS), [weight for weight, _ in OPERATIONS.values()]
        try:
            while self.step < operations and not self.journal.is_over:
                self.step += 1
                self.do(self.rng.choices(names, weights)[0])
        finally:
            self.hands.close()

    def do(self, name: str) -> None:
        """One operation; a refusal of another kind than the operation has, or any other error, is a violation."""
        about = self.pick()
        if about is None or (not self.is_busy and name in NEEDS_AN_OPEN_ONE and self.rng.random() < 0.8):
            name = "claim"
        try:
            getattr(self, name)(about)
            told = "granted"
        except Refused as refused:
            told = refused.type
            if told not in OPERATIONS[name][1] and not self.is_forgotten(name, told, about):
                self.complain(name, f"{told}: {refused}")
        except Exception as problem:  # noqa: BLE001  whatever it is, it is told
            told = "error"
            where = "".join(traceback.format_tb(problem.__traceback__)[-2:]).replace("\n", " | ")
            self.complain(name, f"{problem!r} {where}")
        self.journal.count(f"{name}: {told}")

    def is_forgotten(self, name: str, told: str, about: Lent | None) -> bool:
        """Whether a crash explains it: claims made before it may be lost, answers may not."""
        era = self.journal.era
        if told != "forgotten" or name in ("submit_again", "supersede", "undo"):
            return False
        return era is not None and about is not None and about.era < era.number

    def complain(self, name: str, what: str) -> None:
        """A violation, with all that is needed to find it again."""
        self.journal.complain(f"person {self.number}, step {self.step}, {name}: {what}")

    def pick(self) -> Lent | None:
        """Mostly what was lent last, sometimes something older that may long be expired or answered."""
        if not self.lent or self.rng.random() < 0.85:
            return self.lent[-1] if self.lent else None
        return self.rng.choice(self.lent)

    def key(self) -> str:
        """A fresh idempotency key."""
        return str(uuid.UUID(int=self.rng.getrandbits(128)))

    def remember(self, lent: Lent) -> None:
        """What this tab has on its screen now."""
        for earlier in self.lent:
            if earlier.pk == lent.pk and (earlier.item, earlier.order) != (lent.item, lent.order):
                self.complain("claim", f"{earlier} came back as {lent}")
        self.lent, self.is_busy = [*(one for one in self.lent if one.pk != lent.pk), lent][-MEMORY:], True

    def claim(self, about: Lent | None) -> None:
        """The next item."""
        self.remember(self.hands.claim())

    def submit(self, about: Lent) -> None:
        """An answer, maybe a late one."""
        key, choice = self.key(), self.rng.choice(CHOICES)
        self.acknowledged(about, key, self.hands.submit(about, choice, key), choice)

    def hand_over(self, about: Lent) -> None:
        """An answer, and the next item with it; where that has none, the next claim asks again."""
        key, choice = self.key(), self.rng.choice(CHOICES)
        told, following = self.hands.hand_over(about, choice, key)
        self.acknowledged(about, key, told, choice)
        if following is not None:
            self.remember(following)

    def submit_again(self, about: Lent) -> None:
        """The same request once more gets the same answer, whatever happened since."""
        if not self.mine:
            return
        receipt = self.rng.choice(self.mine[-20:])
        if receipt.supersedes is not None or not receipt.choice:
            return
        told = self.hands.submit(receipt.lent, receipt.choice, receipt.key)
        if told != receipt.annotation:
            self.complain("submit_again", f"{receipt} became {told}")

    def submit_with_a_used_key(self, about: Lent) -> None:
        """A key belongs to one assignment for ever."""
        used = [receipt for receipt in self.mine[-20:] if receipt.lent.pk != about.pk]
        if used:
            told = self.hands.submit(about, "1", self.rng.choice(used).key)
            self.complain("submit_with_a_used_key", f"{about} was answered with a key of {used}: {told}")

    def heartbeat(self, about: Lent) -> None:
        """Still working on it."""
        self.hands.heartbeat(about)

    def draft(self, about: Lent) -> None:
        """Keep what was typed."""
        self.hands.draft(about, f"step {self.step}")

    def skip(self, about: Lent) -> None:
        """Pass it on."""
        key = self.key()
        self.acknowledged(about, key, self.hands.skip(about, key), "")

    def release(self, about: Lent) -> None:
        """Give it back."""
        self.hands.release(about)
        self.is_busy = False

    def undo(self, about: Lent | None) -> None:
        """The last answer opens again: same assignment, same place, same order of sides."""
        back = self.hands.undo()
        for receipt in self.mine:
            if receipt.lent.pk == back.pk and (receipt.lent.place, receipt.lent.order) != (back.place, back.order):
                self.complain("undo", f"{receipt.lent} lost its place: {back}")
        self.remember(back)

    def supersede(self, about: Lent) -> None:
        """Change one of the latest answers."""
        answers = [receipt for receipt in self.mine[-10:] if receipt.choice]
        if answers:
            old, key, choice = self.rng.choice(answers), self.key(), self.rng.choice(CHOICES)
            told = self.hands.supersede(old.annotation, choice, key)
            self.acknowledged(old.lent, key, told, choice, supersedes=old.annotation)

    def acknowledged(self, lent: Lent, key: str, told: int, choice: str, supersedes: int | None = None) -> None:
        """Keep the receipt."""
        receipt = Receipt(self.annotator, key, told, lent, choice, supersedes)
        self.mine, self.is_busy = [*self.mine[-60:], receipt], supersedes is not None and self.is_busy
        self.journal.keep(receipt)
