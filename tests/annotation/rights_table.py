"""Who may do what: one row for each route and method. `test_rights.py` fails on a route or method without a row.

To add a page:   page("its-url-name", "GET", MANAGER, ENGINEER)
To add an API:   api("api-its-url-name", "POST", ENGINEER, scope="runs:write", payload={...}, ok=201)

The roles listed succeed (status `ok`: 200 for GET, 302 for a page's POST, unless said otherwise); members with any other
role are refused (`wrong`, 403 unless said otherwise), strangers and managers of other projects get 404, anonymous people
302 to the login (pages) or 401 (API). Arguments of the address come from `world.places` by their name; `place` picks a
variant ({"item_id": "item_id-pooled"}); `given` prepares the world first. Anything else a page needs belongs into world.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from annotation.actions import report_building
from tests.annotation.world import World

ANNOTATOR, REVIEWER, MANAGER, ENGINEER = "annotator", "reviewer", "manager", "engineer"
MEMBERS = (ANNOTATOR, REVIEWER, MANAGER, ENGINEER)
LINE = b'{"id": "x", "task": "t", "policy": "p@1", "messages": [{"role": "assistant", "content": "Hello"}]}\n'
ANSWER = {"answer": {"choice": "1"}}
RULES = {
    "name": "New", "kind": "compare", "overlap": 1, "second_share": 0, "lease_seconds": 10, "batch_size": 50,
    "exploration_share": 15, "gold_share": 0, "repeat_share": 0, "repeat_after_hours": 24,
}  # fmt: skip
RELEASE = {"min_annotators": 1, "min_agreement": 0, "kinds": ["preference", "sft"], "test_share": 10, "seed": 0}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One route and method; `audience` is members, signed-in (whoever that is) or open (nobody is refused)."""

    name: str
    method: str
    roles: tuple[str, ...]
    is_api: bool
    ok: int
    audience: str = "members"
    scope: str | None = None
    payload: Any = None
    wrong: int = 403
    place: dict[str, str] = field(default_factory=dict)
    given: Callable[[World], object] = lambda world: None


def page(name: str, method: str, *roles: str, ok: int | None = None, **more: Any) -> Row:
    """A row for a page."""
    return Row(name=name, method=method, roles=roles, is_api=False, ok=ok or (200 if method == "GET" else 302), **more)


def api(name: str, method: str, *roles: str, scope: str | None = None, ok: int = 200, **more: Any) -> Row:
    """A row for an address of the API."""
    return Row(name=name, method=method, roles=roles, is_api=True, scope=scope, ok=ok, **more)


def with_report(world: World) -> None:
    """The newest reports of raters, really computed."""
    for kind in ("bias", "agreement"):
        report_building.build(project=world.project, kind=kind, now=timezone.now())


def a_ready_release(world: World) -> dict[str, Any]:
    """The payload that names the world's release."""
    return {"release": world.places["release_id"]}


ANSWERED, POOLED = {"assignment_id": "assignment_id-answered"}, {"item_id": "item_id-pooled"}
ADJUDICATED = {"assignment_id": "assignment_id-adjudicated"}
OWN = {"wrong": 404}  # looked up among one's own: for others it does not exist

PAGES = [
    page("login", "GET", audience="open"),
    page("login", "POST", audience="open", ok=200),
    page("logout", "POST", audience="open"),
    page("home", "GET", audience="signed-in"),
    page("waiting", "GET", audience="signed-in"),
    page("answers", "GET", audience="signed-in"),
    page("methods", "GET", audience="signed-in"),
    page("single-keys", "POST", audience="signed-in", ok=204),
    page("project", "GET", *MEMBERS),
    page("guidelines", "GET", *MEMBERS),
    page("guideline-new", "GET", MANAGER),
    page("guideline-new", "POST", MANAGER, payload={"text": "Look closely."}),
    page("annotate", "GET", ANNOTATOR),
    page("annotate", "POST", ANNOTATOR),
    page("queue-undo", "POST", ANNOTATOR),
    page("assignment", "GET", ANNOTATOR, place=ANSWERED, **OWN),
    page("assignment-editor", "GET", ANNOTATOR, ok=302, **OWN),
    page("assignment-submit", "POST", ANNOTATOR, payload={"choice": "1", "client_key": "k"}, **OWN),
    page("assignment-skip", "POST", ANNOTATOR, payload={"skip_reason": "unclear", "client_key": "k"}, **OWN),
    page("assignment-change", "POST", ANNOTATOR, payload={"choice": "2", "client_key": "k"}, place=ANSWERED, **OWN),
    page("assignment-flag", "POST", ANNOTATOR, payload={"note": "The tool failed."}, **OWN),
    page("flag-close", "POST", MANAGER),
    page("assignment-draft", "POST", ANNOTATOR, payload={"choice": "1"}, ok=200, **OWN),
    page("assignment-heartbeat", "POST", ANNOTATOR, ok=200, **OWN),
    page("assignment-diff", "GET", ANNOTATOR, **OWN),
    page("assignment-steps", "GET", ANNOTATOR, **OWN),
    page("assignment-passage", "GET", ANNOTATOR, **OWN),
    page("review", "GET", REVIEWER),
    page("review", "POST", REVIEWER),
    page("adjudication", "GET", REVIEWER, place=ADJUDICATED, **OWN),
    page("adjudication", "POST", REVIEWER, payload={"reason": "missed"}, place=ADJUDICATED, **OWN),
    page("queues", "GET", REVIEWER, MANAGER, ENGINEER),
    page("queue", "GET", REVIEWER, MANAGER, ENGINEER),
    page("queue-new", "GET", MANAGER),
    page("queue-new", "POST", MANAGER, payload=RULES),
    page("queue-edit", "GET", MANAGER),
    page("queue-edit", "POST", MANAGER, payload=RULES),
    page("queue-pause", "POST", MANAGER),
    page("queue-resume", "POST", MANAGER),
    page("items", "GET", MANAGER),
    page("items-bulk", "POST", MANAGER, ok=200, payload=lambda world: {"deed": "boost", "item": world.places["item_id"]}),
    page("item", "GET", REVIEWER, MANAGER),
    page("item-gold", "POST", MANAGER, payload={"choice": "a", "source": "two experts"}, place=POOLED),
    page("traces", "GET", MANAGER, ENGINEER),
    page("trace", "GET", MANAGER, ENGINEER),
    page("traces-upload", "GET", ENGINEER),
    page("traces-upload", "POST", ENGINEER, ok=200,
         payload=lambda world: {"file": SimpleUploadedFile("t.jsonl", LINE), "format": "native"}),
    page("judges", "GET", MANAGER, ENGINEER),
    page("judge-new", "GET", MANAGER),
    page("judge-new", "POST", MANAGER, payload={"name": "new", "provider": "embedding"}),
    page("judge", "GET", MANAGER, ENGINEER, given=with_report),
    page("judge-automatic", "POST", MANAGER, payload={"on": "0"}),
    page("agreement", "GET", REVIEWER, MANAGER, ENGINEER, given=with_report),
    page("bias", "GET", REVIEWER, MANAGER, ENGINEER, given=with_report),
    page("report-compute", "POST", MANAGER),
    page("report-file", "GET", MANAGER, ENGINEER, place={"name": "name-report"}),
    page("people", "GET", MANAGER),
    page("person", "GET", MANAGER),
    page("doubt-withdraw", "POST", MANAGER, payload={"note": "We talked; the guidelines were unclear."}),
    page("project-edit", "GET", MANAGER),
    page("project-edit", "POST", MANAGER, payload={"name": "Desk", "question": "Which?", "raw_retention_days": 30}),
    page("members", "GET", MANAGER),
    page("members", "POST", MANAGER, payload={"username": "reviewer", "role": "annotator"}),
    page("member-skills", "POST", MANAGER, payload={"skills": "refunds, German"}),
    page("member-remove", "POST", MANAGER),
    page("releases", "GET", MANAGER, ENGINEER),
    page("release", "GET", MANAGER, ENGINEER),
    page("release-file", "GET", MANAGER, ENGINEER),
    page("release-new", "GET", ENGINEER),
    page("release-new", "POST", ENGINEER, payload=RELEASE),
    page("runs", "GET", MANAGER, ENGINEER),
    page("run", "GET", MANAGER, ENGINEER),
    page("run-new", "GET", ENGINEER),
    page("run-new", "POST", ENGINEER, payload=lambda world: {**a_ready_release(world), "seed": 0}),
    page("run-cancel", "POST", ENGINEER),
    page("policies", "GET", MANAGER, ENGINEER),
    page("policy", "GET", MANAGER, ENGINEER),
    page("policy-promote", "GET", MANAGER, ENGINEER),
    page("policy-promote", "POST", MANAGER, ENGINEER, payload={"reason": "it wins"}),
    page("rollback", "GET", MANAGER, ENGINEER),
    page("rollback", "POST", MANAGER, ENGINEER, payload={"reason": "it loses"}),
    page("tokens", "GET", ENGINEER),
    page("tokens", "POST", ENGINEER, payload={"name": "mine", "scopes": ["data:read"]}, ok=200),
    page("token-revoke", "POST", ENGINEER, **OWN),
    page("audit", "GET", MANAGER),
    page("cost", "GET", MANAGER, ENGINEER),
    page("api-docs", "GET", audience="signed-in"),
]  # fmt: skip

API = [
    api("healthz", "GET", audience="open"),
    api("readyz", "GET", audience="open"),
    api("metrics", "GET", audience="open"),  # open from this machine only: tests/annotation/api/test_docs.py
    api("api-schema", "GET", audience="signed-in"),
    api("api-unknown", "GET", audience="signed-in", ok=404),
    api("api-traces", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-traces", "POST", ENGINEER, scope="traces:write", payload=LINE),
    api("api-trace", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-queues", "GET", *MEMBERS, scope="queue:work"),
    api("api-queues", "POST", MANAGER, scope="queue:work", payload={"name": "New"}, ok=201),
    api("api-claim", "POST", ANNOTATOR, scope="queue:work", ok=201),
    api("api-heartbeat", "POST", ANNOTATOR, scope="queue:work"),
    api("api-release-assignment", "POST", ANNOTATOR, scope="queue:work"),
    api("api-draft", "PUT", ANNOTATOR, scope="queue:work", payload=ANSWER),
    api("api-skip", "POST", ANNOTATOR, scope="queue:work", payload={"reason": "unclear"}, ok=201),
    api("api-submit", "POST", ANNOTATOR, scope="queue:work", payload=ANSWER, ok=201),
    api("api-adjudicate", "POST", REVIEWER, scope="queue:work", place={"item_id": "item_id-disputed"}, ok=201),
    api("api-supersede", "POST", ANNOTATOR, scope="queue:work", payload=ANSWER, ok=201),
    api("api-annotations", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-votes", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-pairs", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-preferences", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-judges", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-judges", "POST", MANAGER, scope="queue:work", payload={"name": "new", "provider": "embedding"}, ok=201),
    api("api-verdicts", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-report", "GET", REVIEWER, MANAGER, ENGINEER, scope="data:read", given=with_report),
    api("api-report", "POST", MANAGER, scope="data:read", ok=202),
    api("api-releases", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-releases", "POST", ENGINEER, scope="releases:write", payload={}, ok=201),
    api("api-release", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-release-file", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-runs", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-runs", "POST", ENGINEER, scope="runs:write", payload=a_ready_release, ok=201),
    api("api-run", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-run-cancel", "POST", ENGINEER, scope="runs:write"),
    api("api-policies", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-champion", "GET", MANAGER, ENGINEER, scope="data:read"),
    api("api-promote", "POST", MANAGER, ENGINEER, scope="policies:write", payload={"reason": "it wins"}, ok=201),
    api("api-rollback", "POST", MANAGER, ENGINEER, scope="policies:write", payload={"reason": "it loses"}, ok=201),
]

ROWS = [*PAGES, *API]
