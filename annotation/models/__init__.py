"""One table per file; this is where Django finds them all."""

from annotation.models.annotations import Annotation
from annotation.models.assignments import Assignment, Draft, Round
from annotation.models.batches import Batch
from annotation.models.charges import Charge
from annotation.models.consensus import Consensus
from annotation.models.deployments import Deployment
from annotation.models.doubts import Doubt
from annotation.models.embeddings import Embedding
from annotation.models.events import Event
from annotation.models.findings import Finding
from annotation.models.flags import Flag
from annotation.models.golds import Gold
from annotation.models.guidelines import Guideline
from annotation.models.items import Item, Side
from annotation.models.judges import Judge, Verdict
from annotation.models.members import Member, Role
from annotation.models.policies import Policy
from annotation.models.projects import Project
from annotation.models.queues import Queue, QueueKind
from annotation.models.releases import Release, ReleaseRow
from annotation.models.reports import Report
from annotation.models.runs import Run
from annotation.models.scores import Score
from annotation.models.scorings import Scoring
from annotation.models.slots import Cursor, Reservation, Slot
from annotation.models.tokens import Scope, Token
from annotation.models.traces import Trace, TraceRaw
from annotation.models.users import User
from annotation.models.weighings import Weighing

__all__ = [
    "Annotation",
    "Assignment",
    "Batch",
    "Charge",
    "Consensus",
    "Cursor",
    "Deployment",
    "Doubt",
    "Draft",
    "Embedding",
    "Event",
    "Finding",
    "Flag",
    "Gold",
    "Guideline",
    "Item",
    "Judge",
    "Member",
    "Policy",
    "Project",
    "Queue",
    "QueueKind",
    "Release",
    "ReleaseRow",
    "Report",
    "Reservation",
    "Role",
    "Round",
    "Run",
    "Scope",
    "Score",
    "Scoring",
    "Side",
    "Slot",
    "Token",
    "Trace",
    "TraceRaw",
    "User",
    "Verdict",
    "Weighing",
]
