"""`make bench PART=screen`: what the annotate screen costs its person, in a cold browser, beside two other products.

Requests, bytes and the time until the keys work at the first load; bytes and keystrokes of each answer after it. Kept
in docs/evidence/screen.json and, for reading, screen.md.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from tests.benchmarks.peer import evidence, product, screen_table
from tests.benchmarks.peer.product import Product
from tests.benchmarks.peer.servers import PRODUCT, Postgres, Web
from tests.journeys.chromium import ARGUMENTS, CHROMIUM

ITEMS, ANSWERS, LOADS = 60, 5, 7
# When the page listens to its keys; no other moment says that a person can begin.
LISTENING = """
const add = EventTarget.prototype.addEventListener;
EventTarget.prototype.addEventListener = function (kind, ...rest) {
  if (kind === "keydown" && !window.listensSince) window.listensSince = performance.now();
  return add.call(this, kind, ...rest);
};
"""
MOMENTS = """() => ({
  listens: window.listensSince,
  painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
})"""


class Wire:
    """What goes over the wire of one page, as the browser counts it."""

    def __init__(self, session: CDPSession) -> None:
        self.requests, self.bytes = 0, 0.0
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.on("Network.requestWillBeSent", self.sent)
        session.on("Network.loadingFinished", self.received)

    def sent(self, _: dict[str, Any]) -> None:
        """One more request."""
        self.requests += 1

    def received(self, told: dict[str, Any]) -> None:
        """Its answer, head and compressed body."""
        self.bytes += told["encodedDataLength"]

    def since(self) -> tuple[int, float]:
        """Requests and bytes since the last call."""
        found = self.requests, self.bytes
        self.requests, self.bytes = 0, 0.0
        return found


@contextmanager
def served(folder: Path) -> Iterator[tuple[Product, str]]:
    """The product as `make run` serves it, with some open pairs of about 1 KB."""
    postgres = Postgres(folder)
    with postgres.running():
        postgres.create("bench_screen")
        stocked = product.stocked(postgres.url("bench_screen"), folder, items=ITEMS, people=LOADS + 1, seed=7)
        web = Web(PRODUCT, database=stocked.database, state=folder)
        try:
            web.wait()
            yield stocked, f"http://127.0.0.1:{web.port}"
        finally:
            web.stop()


def opened(browser: Browser, stocked: Product, url: str, who: int) -> tuple[BrowserContext, Page, Wire]:
    """A browser that was never here, with this person's session."""
    context = browser.new_context(base_url=url)
    context.add_cookies([{"name": "sessionid", "value": stocked.sessions[who], "url": url}])
    context.add_init_script(LISTENING)
    page = context.new_page()
    return context, page, Wire(context.new_cdp_session(page))


def first_load(browser: Browser, stocked: Product, url: str, who: int) -> dict[str, float]:
    """From nothing to an item on the screen that can be answered."""
    context, page, _ = opened(browser, stocked, url, who)
    page.goto(f"/queues/{stocked.queue}/annotate/")
    page.click("#start")
    page.wait_for_selector("#answer")
    context.close()
    context, page, wire = opened(browser, stocked, url, who)
    page.goto(f"/queues/{stocked.queue}/annotate/", wait_until="networkidle")
    moments = page.evaluate(MOMENTS)
    requests, size = wire.since()
    context.close()
    return {"requests": requests, "bytes": size, "usable_ms": max(moments["listens"], moments["painted"])}


def answers(browser: Browser, stocked: Product, url: str, who: int) -> list[dict[str, float]]:
    """Some answers by keys alone: what each costs until the next item can be answered."""
    context, page, wire = opened(browser, stocked, url, who)
    page.goto(f"/queues/{stocked.queue}/annotate/")
    page.click("#start")
    page.wait_for_selector("#answer")
    page.wait_for_load_state("networkidle")
    found = []
    for number in range(ANSWERS):
        text = sum(len(part) for part in page.locator("[data-message]").all_inner_texts())
        before = page.locator("#answer").get_attribute("action")
        wire.since()
        keys = ["12"[number % 2], "Control+Enter"]
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_function("was => document.querySelector('#answer')?.getAttribute('action') !== was", arg=before)
        page.wait_for_load_state("networkidle")
        requests, size = wire.since()
        found.append({"keystrokes": len(keys), "requests": requests, "bytes": size, "trace_characters": text})
    context.close()
    return found


def measured(folder: Path) -> dict[str, Any]:
    """Both parts, on a server that has answered before."""
    with served(folder) as (stocked, url), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        loads = [first_load(browser, stocked, url, who) for who in range(LOADS)][1:]  # the first warms the server
        given = answers(browser, stocked, url, LOADS)
        told = {"chromium": browser.version}
        browser.close()
    return told | {
        "first_load": {name: round(median(one[name] for one in loads), 1) for name in loads[0]},
        "answer": {name: round(median(one[name] for one in given), 1) for name in given[0]},
        "loads": loads,
        "answers": given,
    }


def main() -> int:
    """Measure, keep, print; 1 if a budget is broken."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with tempfile.TemporaryDirectory(prefix="flywheel-bench-") as passing:
        folder = Path(passing)
        folder.chmod(0o755)  # Postgres runs as nobody where we are root
        found = {"command": "make bench PART=screen", **evidence.code(), "machine": evidence.machine()}
        found |= measured(folder)
    table = screen_table.written(found)
    if not found["uncommitted"]:
        evidence.write("screen.json", found)
        (evidence.FOLDER / "screen.md").write_text(table, encoding="utf-8")
    misses = screen_table.misses(found)
    print(table)
    print("\n".join(misses) or "All budgets are kept.")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
