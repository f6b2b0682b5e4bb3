"""One conversation at the support desk under way: what the agent may do, and what the world answers."""

import copy
import json
from dataclasses import dataclass, field

import numpy as np

from flywheel.records import JSON
from flywheel.simulation.desk_policies import DeskPolicy, Move, pick
from flywheel.simulation.desk_stages import Stage, amended
from flywheel.simulation.desk_tasks import Task
from flywheel.simulation.desk_tools import Desk

Message = dict[str, JSON]


@dataclass(slots=True)
class Run:
    """One conversation under way; copying it is how runs branch."""

    task: Task
    desk: Desk
    messages: list[Message]
    seed: tuple[int, ...]
    qualities: list[float] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    stage: int = 0

    @property
    def over(self) -> bool:
        """Whether the agent has given its last answer."""
        return self.stage >= len(self.task.stages)

    def moves(self) -> list[Move]:
        """What the agent can do now; nobody says the same empty thing twice in a stage."""
        stage = self._stage()
        return [move for number, move in enumerate(stage) if number not in self.used]

    def _stage(self) -> Stage:
        last = self.stage == len(self.task.stages) - 1
        stage = self.task.stages[self.stage]
        return amended(stage) if last and not self.task.is_right(self.desk) else stage

    def draft(self, policy: DeskPolicy, rng: np.random.Generator) -> tuple[Move, Message, float]:
        """A next move of this policy: the move, its message, its true quality."""
        move = policy.choose(self.moves(), rng)
        text, quality = policy.write(move, self.task.facts, rng)
        if move.tool is None:
            return move, {"role": "assistant", "content": text}, quality
        function = {"name": move.tool, "arguments": json.dumps(move.arguments)}
        call = {"id": f"call_{len(self.messages)}", "type": "function", "function": function}
        return move, {"role": "assistant", "content": text or None, "tool_calls": [call]}, quality

    def take(self, move: Move, message: Message, quality: float, mood: int = 0) -> None:
        """Add the agent's message and what the world answers; another `mood` lets the customer say it otherwise."""
        self.messages.append(message)
        self.qualities.append(quality)
        if move.tool:
            reply = json.dumps(self.desk.call(move.tool, move.arguments))
            call = message["tool_calls"][0]["id"]
            self.messages.append({"role": "tool", "tool_call_id": call, "name": move.tool, "content": reply})
        elif move.reply:
            rng = np.random.default_rng([*self.seed, len(self.messages), mood])
            said = pick(move.reply, rng).format_map(self.task.facts)
            self.messages.append({"role": "user", "content": said})
        self._advance(move)

    def _advance(self, move: Move) -> None:
        if move.then == "stay":
            self.used.add(self.task.stages[self.stage].index(move))
            return
        self.used.clear()
        self.stage = len(self.task.stages) - 1 if move.then == "last" else self.stage + 1

    def play(self, policy: DeskPolicy, rng: np.random.Generator, until: int | None = None) -> None:
        """Let the policy work until the conversation is over, or a stage is reached."""
        while not self.over and (until is None or self.stage < until):
            self.take(*self.draft(policy, rng))

    def fork(self) -> "Run":
        """An independent copy in the same state."""
        return Run(
            self.task,
            self.desk.copy(),
            copy.deepcopy(self.messages),
            self.seed,
            list(self.qualities),
            set(self.used),
            self.stage,
        )

    def reward(self) -> float:
        """The environment's reward in [0, 1], from the records and the last message."""
        return self.task.reward(self.desk, self.messages[-1]["content"])
