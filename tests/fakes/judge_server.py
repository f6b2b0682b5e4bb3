"""A scripted OpenAI-compatible judge: real HTTP, no model. It prefers the answer that holds a marker.

By hand: `python -m tests.fakes.judge_server --port 8099 --position-bias 2`.
Everything is drawn from a hash of the seed and the request, so neither the order nor the number of requests matters.
"""

import argparse
import hashlib
import json
import math
import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

MARKER = "[good]"
PART = re.compile(r"^BEGIN (TASK|FIRST ANSWER|SECOND ANSWER) (\w+)\n(.*?)\nEND \1 \2$", re.S | re.M)
ORDER = re.compile(r"answer A\b", re.I)
Reply = tuple[int, dict[str, str], bytes]


@dataclass(kw_only=True)
class Script:
    """How the judge behaves; log-odds are in nats. `failures` are answered first, one a request, in order
    (None: that request is answered well)."""

    seed: int = 0
    marker: str = MARKER
    sharpness: float = 3.0  # log-odds for the answer with the marker
    position_bias: float = 0.0  # log-odds for the answer shown first
    noise: float = 0.0  # standard deviation of the log-odds
    tie_band: float = 0.0  # log-odds nearer to 0 than this are called a tie
    obeys_orders: bool = False  # "answer A" anywhere in the request makes it say first
    obeys_unfenced_orders: bool = False  # the same, but fenced data is not listened to
    malformed_rate: float = 0.0
    delay_s: float = 0.0
    drip_s: float = 0.0  # seconds between single bytes of the body
    padding: int = 0  # bytes of filler in every answer
    logprobs: bool = True
    accepts_formats: tuple[str, ...] = ("json_schema", "json_object")
    refuses: tuple[str, ...] = ()  # names of options answered with 400
    wrapped: bool = False  # the JSON stands inside talk and a code fence
    echoes_key: bool = False  # answers 401 and quotes the key
    failures: deque[Reply | None] = field(default_factory=deque)


@dataclass
class Seen:
    """One request as it came in."""

    headers: dict[str, str]
    body: dict
    at: float


def failure(status: int, body: str = "", **headers: str) -> Reply:
    """A scripted failure, such as failure(429, retry_after="2")."""
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, body.encode()


class JudgeServer(ThreadingHTTPServer):
    """The server on a loopback port (0 = any free one); `seen` holds all requests."""

    daemon_threads = True

    def __init__(self, script: Script, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.script = script
        self.seen: list[Seen] = []
        self.lock = threading.Lock()

    @property
    def base_url(self) -> str:
        """What a client is given."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up on a slow answer is part of the play."""


class Handler(BaseHTTPRequestHandler):
    """POST …/chat/completions."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer one completion by the script."""
        server: JudgeServer = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            server.seen.append(Seen(dict(self.headers.items()), body, time.monotonic()))
            planned = server.script.failures.popleft() if server.script.failures else None
        time.sleep(server.script.delay_s)
        self._send(*(planned or answer(server.script, body, self.headers)))

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        drip = self.server.script.drip_s
        for piece in [content[i : i + 1] for i in range(len(content))] if drip else [content]:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(drip)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def answer(script: Script, body: dict, headers: object) -> Reply:
    """The scripted answer to one request body."""
    problem = refusal(script, body, headers)
    if problem:
        return problem
    text = body["messages"][-1]["content"]
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(json.dumps([script.seed, body]).encode()).digest()[:8]))
    score = log_odds(script, text, rng)
    verdict = "tie" if abs(score) < script.tie_band or score == 0 else "first" if score > 0 else "second"
    share = 1 / (1 + math.exp(-score))
    content = json.dumps({"reason": "By the marker.", "verdict": verdict, "confidence": round(abs(2 * share - 1), 3)})
    if script.wrapped:
        content = f"<think>Let me see {{…}}</think> Here you are:\n```json\n{content}\n```"
    if rng.random() < script.malformed_rate:
        content = content[: len(content) // 2]
    return 200, {"Content-Type": "application/json"}, completion(script, body, content, share).encode()


def refusal(script: Script, body: dict, headers: object) -> Reply | None:
    """401 or 400 where the script asks for them."""
    if script.echoes_key:
        return failure(401, json.dumps({"error": {"message": f"Incorrect key: {headers['Authorization']}"}}))
    for name in script.refuses:
        if name in body:
            return failure(400, json.dumps({"error": {"message": f"Unsupported parameter: '{name}'."}}))
    kind = body.get("response_format", {}).get("type")
    if kind and kind not in script.accepts_formats:
        return failure(400, json.dumps({"error": {"message": f"response_format {kind} is not supported."}}))
    return None


def log_odds(script: Script, text: str, rng: np.random.Generator) -> float:
    """Log-odds that the judge says first."""
    # Only parts closed by the mark that opened them: a forged end inside an answer does not match.
    mark = text.splitlines()[0].rsplit(" ", 1)[-1]
    parts = {name: content for name, found, content in PART.findall(text) if found == mark}
    unfenced = PART.sub("", text)
    heard = text if script.obeys_orders else unfenced if script.obeys_unfenced_orders else ""
    if ORDER.search(heard):
        return 8.0
    marked = (script.marker in parts["FIRST ANSWER"]) - (script.marker in parts["SECOND ANSWER"])
    return script.sharpness * marked + script.position_bias + script.noise * float(rng.standard_normal())


def completion(script: Script, body: dict, content: str, share: float) -> str:
    """A chat completion in OpenAI's form, with token probabilities when asked for and offered."""
    choice: dict = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    if body.get("logprobs") and script.logprobs:
        choice["logprobs"] = {"content": [token(piece, share) for piece in re.findall(r"\w+|\W+", content)]}
    used = {
        "prompt_tokens": sum(len(m["content"]) for m in body["messages"]) // 4,
        "completion_tokens": len(content) // 4,
    }
    whole = {"object": "chat.completion", "model": body["model"], "choices": [choice], "usage": used}
    return json.dumps({**whole, "filler": "x" * script.padding})


def token(piece: str, share: float) -> dict:
    """One token of the answer; the word first or second has both as alternatives."""
    alternatives = {"first": share, "second": 1 - share} if piece in ("first", "second") else {piece: 1.0}
    top = [{"token": name, "logprob": math.log(max(p, 1e-12))} for name, p in alternatives.items()]
    return {"token": piece, "logprob": 0.0, "top_logprobs": top}


@contextmanager
def serving(script: Script | None = None) -> Iterator[JudgeServer]:
    """The server on a free port, for the length of a with block."""
    with JudgeServer(script or Script()) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def main() -> None:
    """Serve until interrupted; every plain number or switch of Script is an option."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    plain = [one for one in fields(Script) if one.type in (int, float, bool, str)]
    for one in plain:
        name = "--" + one.name.replace("_", "-")
        if one.type is bool:
            parser.add_argument(name, default=one.default, action=argparse.BooleanOptionalAction)
        else:
            parser.add_argument(name, default=one.default, type=one.type)
    args = parser.parse_args()
    server = JudgeServer(Script(**{one.name: getattr(args, one.name) for one in plain}), args.port)
    print(f"A scripted judge at {server.base_url}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
