"""The stages of a request and the moves open to an agent at each, with their planted quality."""

from collections.abc import Mapping

from flywheel.records import JSON
from flywheel.simulation import desk_answers as answers
from flywheel.simulation import desk_customers as customers
from flywheel.simulation import desk_endings as endings
from flywheel.simulation.desk_kinds import KINDS, Call
from flywheel.simulation.desk_policies import Move

Stage = tuple[Move, ...]


def service_stages(kind: str, facts: Mapping[str, JSON], has_email: bool) -> tuple[Stage, ...]:
    """Identify the customer, read the records, read the rule, act, tell; what a kind does not need is left out."""
    rule = KINDS[kind]
    promise, blunder = _promise(kind), _blunder(rule.blunder, facts)
    asked = () if has_email else (_ask_email(promise, facts),)
    read = tuple(_read(call, facts, promise, blunder) for call in rule.evidence)
    checked = (_check_rule(rule.topic, promise, blunder),) if rule.topic else ()
    acted = (_act(rule.act, facts, promise, blunder),) if rule.act else ()
    return (*asked, _identify(facts, promise), *read, *checked, *acted, _tell(kind, promise))


def question_stage(topic: str) -> Stage:
    """The one stage of a question: a fact, empty words, or a promise that the rules do not support."""
    return (
        Move(1.0, (endings.ANSWERS[topic], endings.CLOSERS), "end"),
        Move(-0.2, endings.VAGUE, "end"),
        Move(-1.0, (answers.SORRY, answers.PROMISES["question"], answers.TREAT), "end"),
    )


def _promise(kind: str) -> Move:
    wording = (answers.SORRY, answers.PROMISES[kind], answers.TREAT)
    return Move(-1.0, wording, "stay", reply=customers.HOPEFUL)


def _blunder(call: Call, facts: Mapping[str, JSON]) -> Move:
    return Move(-0.9, answers.BLUNDER, "last", call.tool, call.filled(facts))


def _ask_email(promise: Move, facts: Mapping[str, JSON]) -> Stage:
    guess = Move(-0.5, answers.BLUNDER, "stay", "find_customer", {"email": facts["guess"]})
    return Move(1.0, answers.ASK_EMAIL, reply=customers.GIVE_EMAIL), guess, promise


def _identify(facts: Mapping[str, JSON], promise: Move) -> Stage:
    find = Move(1.0, answers.LOOK_UP, tool="find_customer", arguments={"email": facts["email"]})
    return find, Move(0.0, answers.ASK_AGAIN, "stay", reply=customers.REPEAT), promise


def _read(call: Call, facts: Mapping[str, JSON], promise: Move, blunder: Move) -> Stage:
    read = Move(1.0, answers.READ, tool=call.tool, arguments=call.filled(facts))
    return read, Move(0.1, answers.STALL, "stay", reply=customers.WAITING), promise, blunder


def _check_rule(topic: str, promise: Move, blunder: Move) -> Stage:
    check = Move(1.0, answers.CHECK_RULE, tool="search_policy", arguments={"topic": topic})
    return check, Move(0.1, answers.STALL, "stay", reply=customers.WAITING), promise, blunder


def _act(call: Call, facts: Mapping[str, JSON], promise: Move, blunder: Move) -> Stage:
    act = Move(1.0, answers.ACT, tool=call.tool, arguments=call.filled(facts))
    return act, Move(0.4, answers.ASK_CONSENT, "stay", reply=customers.CONFIRM), promise, blunder


def _tell(kind: str, promise: Move) -> Stage:
    openers = endings.SOBER if kind in endings.REFUSALS else endings.OPENERS
    told = Move(1.0, (openers, endings.CONCRETE[kind], endings.CLOSERS), "end")
    return told, Move(-0.2, endings.VAGUE, "end"), Move(promise.quality, promise.wording, "end")


def amended(stage: Stage) -> Stage:
    """The last stage once the records are wrong: owning up is the best that is left, and good news are no news."""
    told, *others = stage
    return (Move(0.6, endings.OWN_UP, "end"), Move(-0.4, told.wording, "end"), *others)
