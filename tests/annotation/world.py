"""A project with one of everything, one person for each role, and two people from outside."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from annotation.models import Project, Role, User
from tests.factories import (
    AnnotationFactory,
    AssignmentFactory,
    DeploymentFactory,
    DoubtFactory,
    FlagFactory,
    GuidelineFactory,
    ItemFactory,
    JudgeFactory,
    MemberFactory,
    PolicyFactory,
    ProjectFactory,
    QueueFactory,
    ReleaseFactory,
    ReportFactory,
    RunFactory,
    TokenFactory,
    TraceFactory,
    UserFactory,
    person,
)


@dataclass
class World:
    """`places` holds what addresses need, by the name of their argument; names with a dash are variants."""

    project: Project
    elsewhere: Project
    people: dict[str, User]
    places: dict[str, Any] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    def token(self, role: str, *, scopes: list[str], project: Project) -> str:
        """The secret of a token that the person with this role has in the project."""
        secret = f"fw_{role}_{project.pk}_{len(scopes)}"
        TokenFactory(project=project, user=self.people[role], scopes=scopes, secret=secret)
        return secret


def build() -> World:
    """Everything belongs to one project; the annotator holds one open item and has answered another."""
    project, elsewhere = ProjectFactory(slug="here"), ProjectFactory(slug="elsewhere")
    people = {role: person(project, role, username=role) for role in Role.values}
    for user in people.values():
        for role in Role.values:
            MemberFactory(project=elsewhere, user=user, role=role)
    people |= {"stranger": UserFactory(), "manager elsewhere": person(ProjectFactory(), "manager")}
    world = World(project, elsewhere, people)
    world.places = (
        work(world)
        | disputes(world)
        | material(world)
        | {"slug": project.slug, "kind": "bias", "rest": "nothing", "who": "annotator"}
    )
    return world


def work(world: World) -> dict[str, Any]:
    """A queue with an open item, an answered one, a waiting one and one in the pool."""
    GuidelineFactory(project=world.project, version=1)
    queue = QueueFactory(project=world.project)
    annotator, reviewer = world.people["annotator"], world.people["reviewer"]
    lent = AssignmentFactory(item=ItemFactory(queue=queue), annotator=annotator)
    seen = ItemFactory(queue=queue)
    answers = [
        AnnotationFactory(assignment=AssignmentFactory(item=seen, annotator=who, state="done", place=place))
        for place, who in enumerate((annotator, reviewer))
    ]
    ItemFactory(queue=queue)
    return {
        "queue_id": queue.pk,
        "item_id": seen.pk,
        "flag_id": FlagFactory(item=seen, author=annotator).pk,
        "doubt_id": DoubtFactory(project=world.project, annotator=annotator).pk,
        "item_id-pooled": ItemFactory(queue=queue, batch=None).pk,
        "assignment_id": lent.pk,
        "place": 1,
        "number": 1,
        "part": "observation-0",
        "assignment_id-answered": answers[0].assignment_id,
        "annotation_id": answers[0].pk,
    }


def disputes(world: World) -> dict[str, Any]:
    """Two items about which two people disagree; the reviewer has judged one."""
    settled, disputed = ItemFactory.create_batch(2, queue=QueueFactory(project=world.project, overlap=2))
    for item in (settled, disputed):
        for place, choice in enumerate("ab"):
            AnnotationFactory(assignment=AssignmentFactory(item=item, state="done", place=place), choice=choice)
    judged = AssignmentFactory(item=settled, annotator=world.people["reviewer"], round=2, state="done")
    AnnotationFactory(assignment=judged)
    return {"item_id-disputed": disputed.pk, "assignment_id-adjudicated": judged.pk}


def material(world: World) -> dict[str, Any]:
    """A trace, a judge, a report, a release with a file, a run, three policies of which one is champion, a token, a member."""
    project = world.project
    old, champion, candidate = PolicyFactory.create_batch(3, project=project)
    for policy in (old, champion):
        DeploymentFactory(project=project, policy=policy)
    release = release_with_a_file(project)
    return {
        "trace_id": TraceFactory(project=project, policy=old).pk,
        "judge_id": JudgeFactory(project=project).pk,
        "release_id": release.pk,
        "name": "README.md",
        "run_id": RunFactory(project=project, release=release).pk,
        "policy_id": candidate.pk,
        "report_id": ReportFactory(project=project).pk,
        "name-report": "votes.jsonl",
        "token_id": TokenFactory(project=project, user=world.people["engineer"]).pk,
        "member_id": MemberFactory(project=project).pk,
    }


def release_with_a_file(project: Project) -> Any:
    """A ready release whose folder holds its card."""
    card = b"# The card\n"
    entry = {"sha256": hashlib.sha256(card).hexdigest(), "bytes": len(card), "rows": None}
    release = ReleaseFactory(project=project, manifest={"files": {"README.md": entry}})
    folder = Path(settings.RELEASES_DIR) / str(release.pk)
    folder.mkdir(parents=True)
    (folder / "README.md").write_bytes(card)
    return release
