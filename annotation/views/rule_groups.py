"""The rules of a queue in the order of a manager's questions; rare ones are folded away."""

from dataclasses import dataclass, field

from django.forms.boundfield import BoundField


@dataclass(frozen=True, slots=True)
class Group:
    """Fields under one heading; shaped like a form, so that fields are drawn by one template."""

    title: str
    help: str
    visible_fields: list[BoundField]
    rare: list[BoundField] = field(default_factory=list)

    @property
    def folded(self) -> "Group":
        """The rare fields as a group of their own."""
        return Group(self.title, self.help, self.rare)

    @property
    def rare_names(self) -> str:
        """What the folded part holds."""
        return ", ".join(one.label.lower() for one in self.rare)

    @property
    def has_rare_errors(self) -> bool:
        """Whether the folded part must be open to show what is wrong."""
        return any(one.errors for one in self.rare)


# (heading, what it decides, its fields, its rare fields)
GROUPS = (
    ("What is asked", "The question and its name.", ("name", "kind", "sides"), ("asks_ranking", "asks_strength")),
    (
        "Who is asked",
        "Nobody ticked and no skill named: every annotator of the project.",
        ("named_people", "skills"),
        ("daily_quota", "total_quota"),
    ),
    (
        "How many people per item",
        "More people on an item cost more and tell more.",
        ("overlap", "second_share", "most_people", "is_applied"),
        (),
    ),
    ("What comes first", "In which order the work is given out.", ("priority", "due_on"), ("exploration_share", "batch_size")),
    (
        "Quality checks",
        "Known answers and repeats are mixed in unseen.",
        ("gold_share", "repeat_share", "is_adjudicated"),
        ("repeat_after_hours", "qualify_on", "qualify_share"),
    ),
    (
        "When to stop",
        "For the whole queue, and for one item.",
        ("stop_after", "skip_closes_after", "skip_back_minutes"),
        ("lease_seconds",),
    ),
    (
        "Which runs enter by themselves",
        "An item of the pool is drawn only if all of this holds; nothing given: everything may be drawn. One run of the item is enough.",
        ("outcomes", "tool_failed", "judges_disagree"),
        ("reward_below", "score_above", "share"),
    ),
)  # fmt: skip
