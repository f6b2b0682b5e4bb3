"""The form of a queue's rules: every rule with what it does in one line, under headings, the rare ones folded."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from annotation.actions import queues as actions
from annotation.errors import Invalid
from annotation.models import Project, Queue, Trace, User
from annotation.queries import entry
from annotation.views.fields import Day, Minutes, Names, People, Percent
from annotation.views.rule_groups import GROUPS, Group

FIELDS = {"has_error": "tool_failed"}  # Django's forms have a method of the rule's name
KINDS = [("compare", "compare runs of one task"), ("correct", "correct one run"), ("mark", "mark each step of one run")]


class QueueForm(forms.Form):
    """Every rule of a queue."""

    name = forms.CharField(max_length=120, help_text="What annotators see on their page.")
    kind = forms.ChoiceField(choices=KINDS, help_text="What people do. It cannot be changed later.")
    sides = forms.IntegerField(
        label="Runs per comparison",
        min_value=2,
        max_value=6,
        initial=2,
        required=False,
        help_text="2 to 6 runs side by side. It cannot be changed later.",
    )
    asks_ranking = forms.BooleanField(
        label="Ask for the whole order",
        required=False,
        help_text="With more than two runs; otherwise only for the best.",
    )
    asks_strength = forms.BooleanField(
        label="Ask how much better",
        required=False,
        help_text="Slightly, clearly or much; one more key for each answer. Of a pick only, not of a whole order.",
    )
    named_people = People(
        User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        label="Only these people",
        help_text="Tick nobody to ask everybody.",
    )
    skills = Names(
        required=False,
        help_text='Separated by commas, such as "refunds, German". Only people with all of them are asked.',
    )
    daily_quota = forms.IntegerField(
        label="Answers per person and day",
        required=False,
        min_value=1,
        max_value=100_000,
        help_text="The most one person gives in a day; empty for no limit.",
    )
    total_quota = forms.IntegerField(
        label="Answers per person in all",
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text="So that no single voice outweighs the others; empty for no limit.",
    )
    overlap = forms.IntegerField(
        label="People per item", min_value=1, max_value=50, help_text="How many people answer every item."
    )
    second_share = Percent(
        label="One more person on (%)",
        help_text="Share of items that one more person answers, so that agreement can be measured.",
    )
    most_people = forms.IntegerField(
        label="While they disagree, up to",
        required=False,
        min_value=2,
        max_value=50,
        help_text="Ask one more person at a time while answers differ and what they say together is not sure (90 %), to this many; empty to leave it.",
    )
    is_applied = forms.BooleanField(
        label="Also for items that are drawn already",
        required=False,
        help_text="Otherwise they keep the number of people they were drawn with. What is lent out or answered always stays.",
    )
    priority = forms.IntegerField(
        min_value=-100,
        max_value=100,
        initial=0,
        required=False,
        help_text="Queues with more of it stand first on everybody's page.",
    )
    due_on = Day(label="Due on", required=False, help_text="The queue's page compares its estimated end with this day.")
    exploration_share = Percent(
        label="Drawn at random (%)",
        help_text="Share of each batch drawn at random instead of by doubt; figures about all items rest on it.",
    )
    batch_size = forms.IntegerField(
        min_value=1, max_value=10_000, help_text="How many items are drawn from the pool at a time."
    )
    gold_share = Percent(
        label="Known answers (%)", help_text="Share of what a person sees whose answer is known, mixed in unseen."
    )
    repeat_share = Percent(
        label="Repeats (%)",
        help_text="Share of answers that are asked again with the sides swapped, to see how steady people are.",
    )
    is_adjudicated = forms.BooleanField(
        label="Disputed items go to a reviewer",
        required=False,
        help_text="People chose differently, or put two runs in opposite order, and no answer has a majority. "
        "A reviewer decides, at first without seeing what the others said.",
    )
    repeat_after_hours = forms.IntegerField(
        label="Repeat after (hours)", min_value=0, max_value=24 * 365, help_text="How long to wait before a repeat."
    )
    qualify_on = forms.IntegerField(
        label="Known answers before real work",
        min_value=0,
        max_value=1000,
        initial=0,
        required=False,
        help_text="How many each person answers first, unseen; 0 for none.",
    )
    qualify_share = Percent(
        label="Of which right (%)", required=False, help_text="Who gets fewer right is given no work here."
    )
    stop_after = forms.IntegerField(
        label="Stop after (answers)",
        required=False,
        min_value=1,
        help_text="The queue pauses when this many answers are in; empty to go on until everything is asked.",
    )
    skip_closes_after = forms.IntegerField(
        label="Skips that close an item",
        required=False,
        min_value=1,
        max_value=50,
        help_text="After this many people passed it on, an item is not asked again; empty for never.",
    )
    skip_back_minutes = forms.IntegerField(
        label="Skipped items come back after (minutes)",
        required=False,
        min_value=1,
        max_value=60 * 24 * 365,
        help_text="To the same person, if nobody else took it; empty for never.",
    )
    lease_seconds = Minutes(
        label="Lease (minutes)",
        help_text="How long an item is kept for one person who does nothing; it goes on while they work.",
    )
    outcomes = forms.MultipleChoiceField(
        choices=Trace.Outcome.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        label="A run that ended in",
        help_text="Tick none for any outcome.",
    )
    tool_failed = forms.BooleanField(
        label="A tool failed in a run", required=False, help_text="At least one tool call came back with an error."
    )
    judges_disagree = forms.BooleanField(
        label="Judges disagree",
        required=False,
        help_text="Two judges, or one judge in its two orders, chose differently.",
    )
    reward_below = forms.FloatField(
        label="A run's reward is below", required=False, help_text="As the environment scored it; empty for any."
    )
    score_above = Percent(
        label="Worth asking at least (%)",
        required=False,
        help_text="What the selector thinks of the item; unscored items stay in the pool. Empty for any.",
    )
    share = Percent(
        label="Share of the pool (%)", required=False,
        help_text="A fixed part of the items, drawn by chance; empty for all.",
    )  # fmt: skip

    def __init__(self, project: Project, *args: Any, is_new: bool = True, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.fields["named_people"].offer(project, self.initial["named_people"])  # type: ignore[attr-defined]  # a People field
        if is_new:
            del self.fields["is_applied"]
        for rule in () if is_new else actions.FOR_GOOD:
            self.fields[rule].disabled = True

    def groups(self) -> list[Group]:
        """The fields under their headings."""
        return [Group(title, text, self.bound(common), self.bound(rare)) for title, text, common, rare in GROUPS]

    def told(self, *, with_people: bool) -> list[dict[str, Any]]:
        """The rules in words: [{title, lines: [(label, value, help)]}]; names only for those who may see them."""
        hidden = {"is_applied"} if with_people else {"is_applied", "named_people"}
        return [
            {
                "title": group.title,
                "lines": [
                    (one.label, in_words(one), one.help_text)
                    for one in [*group.visible_fields, *group.rare]
                    if one.name not in hidden
                ],
            }
            for group in self.groups()
        ]

    def bound(self, names: Collection[str]) -> list[BoundField]:
        """The fields of these names that the form has."""
        return [self[name] for name in names if name in self.fields]

    def clean(self) -> dict[str, Any]:
        """With the rules of entry checked as one."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                cleaned["enqueue"] = entry.checked({rule: cleaned[FIELDS.get(rule, rule)] for rule in entry.RULES})
            except Invalid as wrong:
                self.add_error(None, wrong.sentence)
        return cleaned

    def rules(self) -> dict[str, Any]:
        """The rules as actions take them; those of a form that was not sent are the ones it began with."""
        given = self.cleaned_data if self.is_bound else self.initial
        return {rule: self.initial[rule] if is_left(rule, given[rule]) else given[rule] for rule in actions.SETTABLE}


def is_left(rule: str, value: Any) -> bool:
    """Whether an empty field leaves the rule as it was, because no value would say nothing."""
    return value is None and not Queue._meta.get_field(rule).null


def in_words(one: BoundField) -> str:
    """A rule's value for reading."""
    value = one.value()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(one.field, forms.ModelMultipleChoiceField):
        names = User.objects.filter(pk__in=value or []).order_by("username").values_list("username", flat=True)
        return ", ".join(names) or "everybody"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "any"
    return "–" if value in (None, "") else str(value)


def initial(queue: Queue, named: Collection[int]) -> dict[str, Any]:
    """What the form shows of a queue; the rules of an unsaved one are the defaults."""
    rules = {rule: getattr(queue, rule) for rule in actions.SETTABLE}
    entering = {FIELDS.get(rule, rule): value for rule, value in queue.enqueue.items()}
    return {**rules, **entering, "named_people": list(named)}
