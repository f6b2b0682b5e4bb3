"""The queue in plain Python: slow, obvious, and nobody else is there. The real one is compared with it step by step."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

OPEN, DONE, SKIPPED, RELEASED, EXPIRED = "open", "done", "skipped", "released", "expired"
NORMAL, REPEAT = 0, 1
Key = tuple[int, int, int]  # item, person, round


class Refusal(Exception):
    """Not granted, and how that is called."""


@dataclass
class Question:
    """An item: known answers have no target."""

    target: int = 0
    is_gold: bool = False
    score: float = 0.5
    boost: int = 0
    is_closed: bool = False


@dataclass
class Row:
    """An assignment; `answers` are what was answered, the last of them counts while it is done."""

    place: int
    due: datetime
    state: str = OPEN
    answers: list[int] = field(default_factory=list)
    choice: str | None = None


@dataclass
class Rules:
    """What the queue is told; shares are all or nothing, so that nothing depends on chance."""

    lease: timedelta = timedelta(minutes=10)
    has_gold: bool = False
    has_repeats: bool = False
    most_people: int | None = None
    skip_back: timedelta | None = None
    skip_closes_after: int | None = None
    total_quota: int | None = None
    is_paused: bool = False


class Reference:
    """Every promise of the queue, as short as it can be said."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.items: dict[int, Question] = {}
        self.rows: dict[Key, Row] = {}
        self.reserved: dict[Key, datetime] = {}

    def live(self, item: int) -> list[Row]:
        """Who holds a place of this item or has answered from it."""
        return [
            row for (i, _, round_), row in self.rows.items() if i == item and not round_ and row.state in (OPEN, DONE)
        ]

    def need(self, item: int) -> int:
        """How many more people are asked now."""
        question = self.items[item]
        return 0 if question.is_gold else max(0, question.target - len(self.live(item)))

    def open_of(self, person: int) -> Key | None:
        """What this person holds."""
        return next((key for key, row in self.rows.items() if key[1] == person and row.state == OPEN), None)

    def is_free(self, key: Key) -> bool:
        """Whether a place for this round is there."""
        return key[2] != NORMAL or self.items[key[0]].is_gold or self.need(key[0]) > 0

    def next_for(self, person: int, now: datetime) -> set[Key]:
        """What a claim may give: one thing, or several that nothing tells apart; empty if nothing is left."""
        if own := self.open_of(person):
            return {own}
        if self.rules.is_paused or self.has_enough(person):
            return set()
        due = {key: at for key, at in self.reserved.items() if key[1] == person and at <= now and self.is_free(key)}
        due = {key: at for key, at in due.items() if key not in self.rows or self.rows[key].state != DONE}
        if due:
            return {key for key, at in due.items() if at == min(due.values())}
        met = {item for item, who, _ in self.rows if who == person}
        fresh = set(self.items) - met
        if self.rules.has_gold and (gold := {item for item in fresh if self.items[item].is_gold}):
            return {(item, person, NORMAL) for item in gold}
        wanted = [item for item in fresh if self.need(item)]
        return {(min(wanted, key=lambda item: (self.order(item), item)), person, NORMAL)} if wanted else set()

    def order(self, item: int) -> int:
        """The bucket by which an item is asked: the less is known, the sooner."""
        question = self.items[item]
        return round((1 - question.score) * 999) - 1000 * question.boost

    def has_enough(self, person: int) -> bool:
        """Whether this person has given all that the queue wants of one person."""
        done = [key for key, row in self.rows.items() if key[1] == person and row.state == DONE]
        return self.rules.total_quota is not None and len(done) >= self.rules.total_quota

    def lend(self, key: Key, now: datetime) -> Row:
        """Lend what `next_for` allowed."""
        item, _, round_ = key
        taken = {row.place for row in self.live(item)} if round_ == NORMAL else set()
        place = next(n for n in range(len(taken) + 1) if n not in taken)
        row = self.rows.setdefault(key, Row(place, now))
        row.due = now + self.rules.lease
        row.state = OPEN
        self.reserved.pop(key, None)
        return row

    def heartbeat(self, key: Key, now: datetime) -> None:
        """Keep the lease."""
        self.only(key, {OPEN})
        self.rows[key].due = now + self.rules.lease

    def release(self, key: Key, now: datetime) -> None:
        """Give it back."""
        if self.rows[key].state == OPEN:
            self.let_go(key, RELEASED, now)

    def let_go(self, key: Key, state: str, now: datetime) -> None:
        """The place is free, and the same person may have it again."""
        self.rows[key].state = state
        self.reserved.setdefault(key, now)

    def skip(self, key: Key, now: datetime) -> None:
        """Pass it on, or get it back later, or close the item."""
        self.only(key, {OPEN})
        self.rows[key].state = SKIPPED
        item, person, round_ = key
        if round_ != NORMAL:
            return
        if self.rules.skip_closes_after is not None:
            skips = [k for k, row in self.rows.items() if k[0] == item and not k[2] and row.state == SKIPPED]
            if len(skips) >= self.rules.skip_closes_after:
                if len(self.live(item)) < self.items[item].target:
                    self.items[item].target, self.items[item].is_closed = len(self.live(item)), True
                return
        if self.rules.skip_back is not None:
            self.reserved.setdefault((item, person, NORMAL), now + self.rules.skip_back)

    def submit(self, key: Key, choice: str, annotation: int, now: datetime) -> None:
        """Answer it, if it is open or its place is still free."""
        self.may_submit(key)
        row = self.rows[key]
        if row.state != OPEN:
            self.reserved.pop(key, None)
        row.state, row.choice = DONE, choice
        row.answers.append(annotation)
        item, person, round_ = key
        if round_ != NORMAL:
            return
        if self.rules.has_repeats:
            self.reserved.setdefault((item, person, REPEAT), now + timedelta(hours=24))
        self.widen(item)

    def widen(self, item: int) -> None:
        """Ask one more person while those who were asked differ; of a closed item nobody."""
        question, answers = self.items[item], [r.choice for r in self.live(item) if r.state == DONE]
        most = self.rules.most_people
        if question.is_closed:
            return
        if most and 0 < question.target < most and len(answers) >= question.target and len(set(answers)) > 1:
            question.target += 1

    def may_submit(self, key: Key) -> None:
        """Refuse what is answered, skipped, or taken by somebody else."""
        state = self.rows[key].state
        if state == DONE:
            raise Refusal("already-answered")
        if state == SKIPPED or (state != OPEN and not self.is_free(key)):
            raise Refusal("not-open")

    def supersede(self, annotation: int, choice: str, newer: int) -> None:
        """Change an answer that counts."""
        key = self.holder_of(annotation)
        row = self.rows[key]
        row.answers.append(newer)
        row.choice = choice
        if key[2] == NORMAL:
            self.widen(key[0])

    def holder_of(self, annotation: int) -> Key:
        """The assignment that this answer counts for; refused if it does not count any more."""
        for key, row in self.rows.items():
            if row.state == DONE and row.answers[-1] == annotation:
                return key
        raise Refusal("already-answered")

    def undo(self, person: int, now: datetime) -> Key:
        """The newest answer opens again, and what was open goes back."""
        done = {row.answers[-1]: key for key, row in self.rows.items() if key[1] == person and row.state == DONE}
        if not done:
            raise Refusal("nothing-to-undo")
        key = done[max(done)]
        if held := self.open_of(person):
            self.let_go(held, RELEASED, now)
        self.reserved.pop((key[0], person, key[2] + 1), None)
        row = self.rows[key]
        row.state, row.due, row.choice = OPEN, now + self.rules.lease, None
        return key

    def expire(self, now: datetime) -> None:
        """Take back what is overdue."""
        for key, row in self.rows.items():
            if row.state == OPEN and row.due <= now:
                self.let_go(key, EXPIRED, now)

    def forget_spent(self) -> None:
        """Nobody need come back to what is full of answers."""
        for key in [key for key in self.reserved if key[2] == NORMAL and not self.items[key[0]].is_gold]:
            if not self.need(key[0]) and all(row.state != OPEN for (i, _, _), row in self.rows.items() if i == key[0]):
                del self.reserved[key]

    def only(self, key: Key, states: set[str]) -> None:
        """Refuse what is in no such state."""
        if self.rows[key].state not in states:
            raise Refusal("not-open")
