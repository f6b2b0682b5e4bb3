"""The web server is killed while somebody types: what was typed is there when it answers again."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from annotation.models import Draft
from annotation.queries import votes
from tests.annotation import processes
from tests.annotation.waiting import until
from tests.journeys.annotating import annotator, path, queue_of, started, submitted
from tests.journeys.product import NewContext, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def free_port() -> int:
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


@contextmanager
def web_server(port: int, state: Path) -> Iterator[Callable[[], None]]:
    """The product's web server on this port; gives what kills every process of it with `kill -9`."""
    log, folder = state / "web.log", str(state)
    files = processes.start(["manage.py", "collectstatic", "--noinput"], log=log, FLYWHEEL_STATE_DIR=folder)
    assert files.wait(120) == 0, log.read_text()
    words = ["-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "annotation.wsgi"]
    server = processes.start(words, log=log, FLYWHEEL_STATE_DIR=folder)

    def kill() -> None:
        for process in [server.pid, *processes.children(server.pid)]:
            os.kill(process, signal.SIGKILL)
        server.wait()

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    try:
        until(answers, "the web server answers")
        yield kill
    finally:
        processes.kill_session(server)


def test_a_draft_is_there_after_the_web_server_was_killed(new_context: NewContext, tmp_path: Path) -> None:
    queue, port = queue_of(), free_port()
    me, url = annotator(queue), f"http://127.0.0.1:{port}"
    with web_server(port, tmp_path) as kill:
        page = signed_in(new_context, url, me.username)
        page.goto(path(queue))
        started(page)
        page.keyboard.press("2")
        page.get_by_label("Why?").fill("B kept its promise")
        expect(page.locator("#saved")).to_contain_text("saved")
        kill()

    with web_server(port, tmp_path):
        fresh = signed_in(new_context, url, me.username)
        fresh.goto(path(queue))
        expect(fresh.get_by_label("Why?")).to_have_value("B kept its promise")
        expect(fresh.get_by_role("radio", name="B is better")).to_be_checked()
        given = submitted(fresh)

    assert (given.answer["rationale"], given.answer["choice"]) == ("B kept its promise", "ab"[given.order[1]])
    [vote] = [json.loads(line) for line in votes.human_votes(queue.project, names=False)]
    assert vote["label"] == given.answer["choice"]
    assert not Draft.objects.exists()
