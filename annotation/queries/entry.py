"""Which items of the pool may be drawn: the rules by which runs enter a queue by themselves."""

from collections.abc import Mapping
from typing import Any

from django.db.models import BooleanField, Exists, Func, Max, Min, OuterRef, Q, QuerySet

from annotation.errors import Invalid
from annotation.models import Item, Queue, Side, Verdict
from annotation.models.traces import TraceOutcome

RULES = ("outcomes", "reward_below", "has_error", "judges_disagree", "score_above", "share")
PARTS = 10_000  # fineness of `share`


class InShare(Func):
    """Whether an item's seeded draw falls into a share, decided in the database so that a large pool is not read."""

    # mod(), as a % would have to be escaped for both Django and the driver; & drops the sign.
    template = f"(mod(hashint8extended(%(expressions)s) & {2**63 - 1}, {PARTS}) < %(below)s)"
    output_field = BooleanField()


def checked(rules: Any) -> dict[str, Any]:
    """The rules that say something, or one sentence about what is wrong."""
    if not isinstance(rules, Mapping):
        raise Invalid("The rules of entry are an object, such as {}.")
    if unknown := sorted(set(rules) - set(RULES)):
        raise Invalid(f"There is no rule of entry called {', '.join(unknown)}; known are {', '.join(RULES)}.")
    outcomes = rules.get("outcomes") or []
    if not isinstance(outcomes, list) or not set(map(str, outcomes)) <= set(TraceOutcome.values):
        raise Invalid(f"outcomes is a list of {', '.join(TraceOutcome.values)}.")
    for name in ("has_error", "judges_disagree"):
        if not isinstance(rules.get(name, False), bool):
            raise Invalid(f"{name} is true or false.")
    number(rules, "reward_below")
    number(rules, "score_above", low=0, high=1)
    number(rules, "share", low=0, high=1)
    return {name: rules[name] for name in RULES if rules.get(name) not in (None, False, [])}


def number(rules: Mapping[str, Any], name: str, *, low: float | None = None, high: float | None = None) -> None:
    """Refuse what is no number, or outside its range."""
    value = rules.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(f"{name} must be a number.")
    if low is not None and high is not None and not low <= value <= high:
        raise Invalid(f"{name} must be a number from {low:g} to {high:g}.")


def entering(queue: Queue, rules: Mapping[str, Any] | None = None) -> QuerySet[Item]:
    """Items of the queue's pool that may be drawn by `rules`, its own by default."""
    wanted = queue.enqueue if rules is None else rules
    items = Item.objects.filter(queue=queue).in_pool()
    for condition in conditions(wanted):
        items = items.filter(condition)
    if "score_above" in wanted:
        items = items.filter(score__value__gte=wanted["score_above"])
    if "share" in wanted:
        items = items.filter(InShare("id", queue.seed, below=round(wanted["share"] * PARTS)))
    return items


def conditions(rules: Mapping[str, Any]) -> list[Q]:
    """One condition for each rule about an item's runs or verdicts; one run is enough."""
    sides = Side.objects.filter(item=OuterRef("pk"))
    found = []
    if "outcomes" in rules:
        found.append(Q(Exists(sides.filter(trace__outcome__in=rules["outcomes"]))))
    if "reward_below" in rules:
        found.append(Q(Exists(sides.filter(trace__reward__lt=rules["reward_below"]))))
    if "has_error" in rules:
        found.append(Q(Exists(sides.filter(trace__figures__tool_errors__gt=0))))
    if "judges_disagree" in rules:
        spread = Verdict.objects.filter(item=OuterRef("pk")).values("item")
        spread = spread.annotate(low=Min("probability"), high=Max("probability"))
        found.append(Q(Exists(spread.filter(low__lt=0.5, high__gt=0.5))))
    return found
