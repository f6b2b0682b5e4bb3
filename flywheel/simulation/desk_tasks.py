"""Tasks of the support desk: a request, the records behind it, the moves open to an agent, the right outcome."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from flywheel.records import JSON
from flywheel.simulation import desk_customers as customers
from flywheel.simulation.desk_kinds import KINDS, QUESTION_FACTS
from flywheel.simulation.desk_policies import Move, phrase, pick
from flywheel.simulation.desk_records import facts_of, records
from flywheel.simulation.desk_stages import question_stage, service_stages
from flywheel.simulation.desk_tools import POLICY, Desk, Effect

SYSTEM = (
    "You are a support agent of the web shop Lantern & Loom. Find the customer and check the records and the shop's "
    "rules before you change anything. Tell the customer concretely what happens and when; promise nothing else. Today is {today}. The customer's name is {name}."
)


@dataclass(frozen=True, slots=True)
class Task:
    """One request: what the agent sees first, the moves at each stage, and what counts as a right outcome."""

    id: str
    kind: str
    facts: Mapping[str, JSON]
    desk: Desk
    system: str
    opening: str
    stages: tuple[tuple[Move, ...], ...]
    goal: tuple[Effect, ...]
    told: tuple[str, ...]

    def is_right(self, desk: Desk) -> bool:
        """Whether the records were changed as they should be, and in nothing else."""
        return sorted(desk.effects) == sorted(self.goal)

    def reward(self, desk: Desk, last_message: str) -> float:
        """1 if the records are right and the last message holds the facts, 0.4 if only the records are, else 0."""
        if not self.is_right(desk):
            return 0.0
        return 1.0 if all(fact in last_message for fact in self.told) else 0.4


def service_task(task_id: str, kind: str, today: date, rng: np.random.Generator) -> Task:
    """A request that takes tools and several turns."""
    rule, facts = KINDS[kind], facts_of(KINDS[kind], today, rng)
    desk = records(kind, facts)
    has_email = bool(rng.random() < 0.6)
    contact = pick(customers.CONTACT if has_email else customers.NO_CONTACT, rng).format_map(facts)
    openings = customers.OPENINGS["address_change" if kind == "address_too_late" else kind]
    trial = desk.copy()
    if rule.act:
        trial.call(rule.act.tool, rule.act.filled(facts))
    return Task(
        id=task_id,
        kind=kind,
        facts=facts,
        desk=desk,
        system=SYSTEM.format_map(facts),
        opening=pick(openings, rng).format_map({**facts, "contact": contact}).strip(),
        stages=service_stages(kind, facts, has_email),
        goal=tuple(trial.effects),
        told=tuple(fact.format_map(facts) for fact in rule.told),
    )


def question_task(task_id: str, today: date, rng: np.random.Generator) -> Task:
    """A question that one message answers; the shop's rules stand in the system message."""
    facts, topic = facts_of(KINDS["late_refund"], today, rng), pick(tuple(POLICY), rng)
    opening = phrase((customers.GREETINGS, customers.QUESTIONS[topic]), facts, rng)
    system = f"{SYSTEM.format_map(facts)} The rules: {' '.join(POLICY.values())}"
    return Task(
        task_id,
        "question",
        facts,
        Desk({}, {}, {}, {}),
        system,
        opening,
        (question_stage(topic),),
        (),
        (QUESTION_FACTS[topic],),
    )
