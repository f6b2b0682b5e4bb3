"""The people of the demo: their logins, and the habits of those who annotate."""

from dataclasses import dataclass
from typing import Literal

from flywheel.simulation.annotators import Annotator

# For a demo on one's own machine only: the demo project holds no real data.
DEMO_PASSWORD = "flywheel-demo"  # noqa: S105 - shown on the login page of the demo on purpose


@dataclass(frozen=True, slots=True)
class Person:
    """A login of the demo; `annotator` describes how this person answers, for those who do."""

    username: str
    role: Literal["annotator", "reviewer", "manager", "engineer"]
    name: str
    password: str = DEMO_PASSWORD
    annotator: Annotator | None = None


DEMO_LOGINS: tuple[Person, ...] = (
    Person("ada", "annotator", "Ada Adeyemi", annotator=Annotator(name="ada", accuracy=0.93, ties=0.1, corrects=0.5)),
    Person("ben", "annotator", "Ben Bauer", annotator=Annotator(name="ben", accuracy=0.86, position=0.6)),
    Person("chen", "annotator", "Chen Cai", annotator=Annotator(name="chen", accuracy=0.88, length=0.9, pace=3.0)),
    Person(
        "dora", "annotator", "Dora Diaz",
        annotator=Annotator(name="dora", accuracy=0.74, ties=0.3, lapse=0.15, pace=9.0, corrects=0.1),
    ),
    Person("mia", "manager", "Mia Marino"),
    Person("eli", "engineer", "Eli Eriksen"),
    Person("rosa", "reviewer", "Rosa Reyes", annotator=Annotator(name="rosa", accuracy=0.95, ties=0.08, lapse=0.0)),
)  # fmt: skip
ANNOTATORS: tuple[Annotator, ...] = tuple(
    person.annotator for person in DEMO_LOGINS if person.role == "annotator" and person.annotator
)
