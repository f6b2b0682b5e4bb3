"""Why an item is asked, in plain words with the figures behind them. For managers only: it would sway an answer."""

from typing import Any

from annotation.models import Item, Score

SELECTED = {
    "exploration": "It was drawn at random, so that figures about all items stay honest. What the models think of it played no part.",
    "active": "The models are unsure about it, so an answer teaches more than most others would.",
    "cold-start": "There were too few answers to tell what is uncertain, so items that differ most from one another came first.",
}
RULES = {
    "hyb4": "the doubt of the model and of the judges together",
    "cold-start": "how much they differ from one another",
}
GOLD = "Its answer is known already. It is mixed in unseen, to see how well the question is understood."
POOL = "It is not asked yet. It waits in the pool until a batch draws it."
NEAR_COIN = 0.9  # bits: between 32 and 68 %
NEAR_CERTAIN = 0.6  # bits: beyond 15 or 85 %


def why(item: Item) -> dict[str, Any]:
    """{lead, facts: [{label, value, meaning}]} of one item."""
    score = Score.objects.filter(item=item).first()
    facts = [*chance(item), *([*head(score), *judge(score), *total(score)] if score else [])]
    return {"lead": lead(item), "facts": facts, "scored_at": score.scored_at if score else None}


def lead(item: Item) -> str:
    """The reason in a sentence."""
    if hasattr(item, "gold"):
        return GOLD
    if item.batch_id is None:
        return POOL
    return SELECTED.get(item.selected_by, "It was put into the queue by hand.")


def chance(item: Item) -> list[dict[str, str]]:
    """How likely it was to be drawn, and from how many."""
    if item.batch is None:
        return []
    batch = item.batch
    drawn = fact(
        f"Batch {batch.number}",
        f"{batch.size} of {batch.pool_size:,}",
        f"drawn by {RULES.get(batch.rule, batch.rule)}, {batch.exploration_share:.0%} of it at random",
    )
    if item.propensity is None:
        return [drawn]
    meaning = "the chance this item had to enter the batch; figures about all items are weighted by it"
    return [drawn, fact("Chance to be drawn", f"{item.propensity:.1%}", meaning)]


def head(score: Score) -> list[dict[str, str]]:
    """What the reward head expects and how sure it is."""
    found = []
    if score.probability is not None:
        side = "A" if score.probability >= 0.5 else "B"
        chance_of = max(score.probability, 1 - score.probability)
        found.append(fact("Model's guess", f"{side}, {chance_of:.0%}", "learned from the answers so far"))
    if score.entropy is not None:
        found.append(fact("Model's doubt", f"{score.entropy:.2f} of 1", f"{degree(score.entropy)} (entropy in bits)"))
    if score.bald is not None:
        found.append(fact("What an answer teaches", f"{score.bald:.3f} bits", "how much the model itself would change"))
    return found


def judge(score: Score) -> list[dict[str, str]]:
    """What the judges expect and how sure they are."""
    if score.judge_probability is None or score.judge_uncertainty is None:
        return [fact("Judges", "–", "no judge has looked at it, so only the model's doubt counts")]
    side = "A" if score.judge_probability >= 0.5 else "B"
    chance_of = max(score.judge_probability, 1 - score.judge_probability)
    meaning = f"{degree(score.judge_uncertainty)}; a judge that changes its mind with the order counts as unsure"
    return [
        fact("Judges' guess", f"{side}, {chance_of:.0%}", "both orders together, fitted to what people say"),
        fact("Judges' doubt", f"{score.judge_uncertainty:.2f} of 1", meaning),
    ]


def total(score: Score) -> list[dict[str, str]]:
    """The number the queue sorts by."""
    return [fact("Worth asking", f"{score.value:.2f} of 1", "the mean of both doubts; higher is asked sooner")]


def degree(bits: float) -> str:
    """How much doubt so many bits are."""
    if bits >= NEAR_COIN:
        return "close to a coin toss"
    return "fairly sure" if bits < NEAR_CERTAIN else "somewhat unsure"


def fact(label: str, value: str, meaning: str) -> dict[str, str]:
    """One row."""
    return {"label": label, "value": value, "meaning": meaning}
