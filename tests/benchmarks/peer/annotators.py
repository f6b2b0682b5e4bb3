"""One person at each system: how a loop (claim, look, submit) is done there, in requests."""

import json
import re
import uuid
from abc import ABC, abstractmethod
from collections import defaultdict
from time import perf_counter
from typing import Self
from urllib.parse import urlencode

from tests.benchmarks.peer.http_client import Answer, Connection

SUBMIT = re.compile(rb'action="(/assignments/\d+/submit/)"')
KEY = re.compile(rb'name="client_key" value="([^"]+)"')
CSRF = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
COOKIE = re.compile(rb"set-cookie: csrftoken=(\w+)", re.IGNORECASE)


class Dry(Exception):
    """Nothing is left to be claimed."""


class Annotator(ABC):
    """A connection of its own, and the seconds its requests took, by what they did."""

    def __init__(self, http: Connection) -> None:
        self.http = http
        self.seconds: dict[str, list[float]] = defaultdict(list)

    async def __aenter__(self) -> Self:
        await self.http.__aenter__()
        await self.arrive()
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.http.__aexit__(*problem)

    async def timed(
        self, what: str, path: str, body: bytes, *, status: int, headers: dict[str, str] | None = None
    ) -> Answer:
        """A POST that must be answered with this status."""
        began = perf_counter()
        answer = await self.http.request("POST", path, body, headers)
        self.seconds[what].append(perf_counter() - began)
        if answer.status in (204, 409):
            raise Dry
        if answer.status != status:
            raise AssertionError(f"POST {path} answered {answer.status}: {answer.body[:300]!r}")
        return answer

    @abstractmethod
    async def arrive(self) -> None:
        """What comes before the first loop."""

    @abstractmethod
    async def loop(self) -> None:
        """One answer given."""


class Bare(Annotator):
    """Two requests without any sign-in."""

    def __init__(self, port: int, who: int) -> None:
        super().__init__(Connection(port, {"Content-Type": "application/json"}))
        self.who = who

    async def arrive(self) -> None:
        """Nothing to do."""

    async def loop(self) -> None:
        """Claim, submit."""
        claimed = await self.timed("claim", "/next", json.dumps({"who": self.who}).encode(), status=200)
        given = {"who": self.who, "id": json.loads(claimed.body)["id"], "choice": "a"}
        await self.timed("submit", "/submit", json.dumps(given).encode(), status=201)


class Api(Annotator):
    """A program with a token: the answer to a submit brings the next item."""

    def __init__(self, port: int, token: str, queue: int) -> None:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        super().__init__(Connection(port, headers))
        self.queue = queue
        self.assignment = 0

    async def arrive(self) -> None:
        """The first claim."""
        await self.claim()

    async def claim(self) -> None:
        """An item without an answer to another."""
        claimed = await self.timed("claim", f"/api/v1/queues/{self.queue}/claim", b"", status=201)
        self.assignment = json.loads(claimed.body)["id"]

    async def submit(self, *, next: str) -> dict[str, dict[str, int] | None]:
        """Answer what is lent."""
        path = f"/api/v1/assignments/{self.assignment}/annotation{next}"
        body = json.dumps({"answer": {"choice": "1", "rationale": ""}, "active_seconds": 3.5}).encode()
        answer = await self.timed("submit", path, body, status=201, headers={"Idempotency-Key": str(uuid.uuid4())})
        found: dict[str, dict[str, int] | None] = json.loads(answer.body)
        return found

    async def loop(self) -> None:
        """Submit and get the next."""
        following = (await self.submit(next="?next=1"))["next"]
        if following is None:
            raise Dry
        self.assignment = following["id"]


class ApiInTwo(Api):
    """A program that claims and submits in two requests, as the bare pair does."""

    async def arrive(self) -> None:
        """Nothing to do."""

    async def loop(self) -> None:
        """Claim, submit."""
        await self.claim()
        await self.submit(next="")


class Pages(Annotator):
    """A person in a browser: a session, forms with their tokens, and fragments that htmx puts in place."""

    def __init__(self, port: int, session: str, queue: int) -> None:
        super().__init__(Connection(port, {"Cookie": f"sessionid={session}"}))
        self.queue = queue
        self.fragment = b""

    async def arrive(self) -> None:
        """The whole page, and "Start" if nothing is on the desk."""
        path = f"/queues/{self.queue}/annotate/"
        answer = await self.http.request("GET", path)
        assert answer.status == 200, answer.body[:300]
        cookie = COOKIE.search(answer.head)
        assert cookie, answer.head
        self.http.headers["Cookie"] += f"; csrftoken={cookie[1].decode()}"
        self.http.headers |= {"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"}
        self.fragment = answer.body
        if not SUBMIT.search(self.fragment):
            self.fragment = (await self.timed("claim", path, urlencode({"csrfmiddlewaretoken": self.csrf()}).encode(), status=200)).body  # fmt: skip

    def csrf(self) -> str:
        """The token of the form on the screen."""
        found = CSRF.search(self.fragment)
        assert found, self.fragment[:2000]
        return found[1].decode()

    async def loop(self) -> None:
        """Submit the form; the answer is the next item's."""
        target, key = SUBMIT.search(self.fragment), KEY.search(self.fragment)
        if not target or not key:
            raise Dry
        form = {
            "csrfmiddlewaretoken": self.csrf(), "client_key": key[1].decode(), "active_seconds": "3.5",
            "choice": "1", "rationale": "", "correction_of": "", "correction": "",
        }  # fmt: skip
        self.fragment = (await self.timed("submit", target[1].decode(), urlencode(form).encode(), status=200)).body
