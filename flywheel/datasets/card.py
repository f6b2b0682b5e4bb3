"""README.md of a release: what the data are, what was left out and why, and how to load them and train on them."""

from collections.abc import Mapping

from flywheel.datasets.rows import JUDGE
from flywheel.records import JSON

NO_SWAYS = "not found to be biased in anything"
REASONS = {
    "tie": "people found both sides equal",
    "both_bad": "people found both sides bad",
    "environment_diverged": "a user or tool message differed before the agent's did",
    "identical": "both sides are the same",
    "one_side_ended": "one run stops where the other goes on",
    "empty_answer": "an answer without words and without tool calls",
    "no_prompt": "nothing comes before the answer",
    "bad_message": "a message that is not text or tool calls",
    "few_annotators": "fewer people answered than the filters ask for",
    "low_agreement": "people agreed less than the filters ask for",
    "unsure": "the votes do not tell which side is better",
    "judge_inconsistent": "nobody answered, and the judges do not say the same side in every order",
    "judge_biased": "nobody answered, and the sides differ in what the judge is biased in",
}

CARD = """# {name}

Preferences of {of_whom} between steps of an LLM agent{with_sft}.

| rows | train | test |
| --- | --- | --- |
{counts}

The {tasks} tasks are split by task, never by row: {test_share:.0%} for test, by a hash with seed {seed}.
Rows by source: {sources}.
{judges}
## What a row is

`prompt` is the conversation so far, tool results included; `chosen` and `rejected` are **one assistant message** each
(words and tool calls), never what a user or tool said afterwards. A pair of runs is here only if both share the prompt
and the agent then acted differently. **Assumption:** people often judged whole runs; their judgement is taken as one of
the first step that differs. A correction is a person's version (chosen) against the agent's own (rejected).
{stepwise}
Ties are {tie}, and so are pairs in which both sides were found bad ({both_bad}).
Beside the columns TRL reads: `weight` (1 / pairs of the prompt when several were ranked; TRL does not use it), `flip_prob`
(probability that this label is the wrong way round), `n_annotators`, `agreement`, `judge_p` (a judge's probability for
the chosen side), `propensity` (probability that the item was drawn; empty if a rule decided), `source`, `annotation_ids`.
{flip}

## What was left out

{excluded}
`excluded.jsonl` names each with its reason.

## Loading and training

```python
from datasets import load_dataset
splits = load_dataset("json", data_files={{"train": "preference/train.jsonl", "test": "preference/test.jsonl"}})
```

and give `splits["train"]` to `trl.DPOTrainer` as it is (`sft/` to `trl.SFTTrainer`); or `python -m flywheel train-dpo --release . --out run`.
A split without rows has no files. Tool schemas are JSON texts, tool-call arguments are objects. The Parquet files hold
the same rows with their types written in: use them if the JSON loader guesses a type wrong (a column that only the test rows know, say).

## Licence

{licence}
Conversations may hold what users wrote; findings of the privacy scanner {scanner} are listed in `manifest.json`.
"""

JUDGES = """
**No person saw {rows} of the pairs** (`source` is `judge`, `n_annotators` is 0): nobody had answered them, and judges decided
them alone, each in both orders and none against another. Their `flip_prob` is the share of known answers on which the worst
of the pair's judges is wrong, not what a judge says of itself. Leave them out where only people's word counts.

{by_judge}
"""

STEPWISE = """A stepwise row is one run that one person marked: `completions` are its judged steps as text (with what came back
before each), `labels` say which are right; before a first error all are, from it on none. Give it to `trl.PRMTrainer`.
"""


def render(document: Mapping[str, JSON]) -> str:
    """The data card of a manifest; it holds neither its id nor a time, so the same release has the same card."""
    rows, recipe, flip = document["rows"], document["recipe"], document["flip_rate"]
    counts = [f"| {kind} | {n.get('train', 0)} | {n.get('test', 0)} |" for kind, n in rows.items()]
    excluded = [f"- `{reason}`: {count} ({REASONS[reason]})" for reason, count in document["excluded"].items()]
    return CARD.format(
        name=document["name"],
        of_whom="people, and of judges where nobody answered," if _alone(document) else "people",
        judges=_judges(document),
        with_sft=", with answers to imitate" if rows["sft"] else "",
        stepwise=STEPWISE if rows["stepwise"] else "",
        counts="\n".join(counts),
        tasks=sum(document["tasks"].values()),
        test_share=recipe["split"]["test_share"],
        seed=recipe["split"]["seed"],
        sources=", ".join(f"{source} {count}" for source, count in document["sources"].items()),
        tie=recipe["tie"],
        both_bad=recipe["both_bad"],
        flip="The share of wrong labels was not measured." if flip is None else _flip(flip),
        excluded="\n".join(excluded) or "Nothing.",
        licence=document["licence"],
        scanner=document["versions"]["scanner"] or "(none ran)",
    )


def _alone(document: Mapping[str, JSON]) -> int:
    """How many rows judges decided without a person."""
    return int(document["sources"].get(JUDGE, 0))


def _judges(document: Mapping[str, JSON]) -> str:
    """What judges decided alone, and how far each may be trusted; nothing where they decided nothing."""
    if not (rows := _alone(document)):
        return ""
    lines = [_judge(name, told) for name, told in sorted(document["recipe"].get("judges", {}).items())]
    return JUDGES.format(rows=rows, by_judge="\n".join(lines))


def _judge(name: str, told: Mapping[str, JSON]) -> str:
    right, features = told["accuracy"], ", ".join(sorted(told["sways"]))
    known = f"right on {right['value']:.0%} of {right['n']} known answers [{right['low']:.0%}, {right['high']:.0%}]"
    sways = f"biased in {features}, where it decided only pairs that hardly differ" if features else NO_SWAYS
    return f"- {name}: {told['rows']} rows; {known}; {sways}."


def _flip(rate: float) -> str:
    return (
        f"Measured share of labels the wrong way round: {rate:.3f}; train with `--loss robust --flip-prob {rate:.3f}`."
    )
