"""Two analysts at one queue, with undo, repeated requests and cut connections; and a plain recount of what they did."""

from __future__ import annotations

import http.client
import json
import random
import re
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode


@dataclass
class Seat:
    """A browser of one analyst: signs in, and keeps its cookies and the token of its forms."""

    port: int
    name: str
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""
    cut: int = 0

    def sign_in(self, password: str) -> None:
        self.ask("GET", "/-/tumen/login")
        form = urlencode({"name": self.name, "password": password, "csrftoken": self.csrf})
        self.ask("POST", "/-/tumen/login", form, "application/x-www-form-urlencoded")
        _, page = self.ask("GET", "/-/tumen")
        assert f"<span>{self.name}</span>" in page or f'content="{self.name}"' in page

    def ask(self, method: str, path: str, body: str | None = None, kind: str = "application/json") -> tuple[int, str]:
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        conn.request(method, path, body, self._headers(kind))
        answer = conn.getresponse()
        text = answer.read().decode()
        for value in answer.headers.get_all("set-cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.split(";")[0]
        if found := re.search(r'name="csrf" content="([^"]+)"', text):
            self.csrf = found[1]
        conn.close()
        return answer.status, text

    def post_and_hang_up(self, path: str, body: str) -> None:
        """Send a request and close the connection before the answer comes."""
        lines = [f"POST {path} HTTP/1.1", f"host: 127.0.0.1:{self.port}", f"content-length: {len(body.encode())}"]
        lines += [f"{name}: {value}" for name, value in self._headers("application/json").items()]
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            line.sendall("\r\n".join([*lines, "", body]).encode())
        self.cut += 1

    def _headers(self, kind: str) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"cookie": cookies, "content-type": kind, "accept": "application/json", "x-csrftoken": self.csrf}


Done = tuple[str, int, str]  # analyst, article, verdict or “note”


def work(seat: Seat, articles: Sequence[int], verdicts: int, seed: int) -> Iterator[Done]:
    """Give verdicts as the page does: on any answer but success, the same request again."""
    rng = random.Random(seed)
    given: list[int] = []
    for number in range(verdicts):
        article = rng.choice(articles)
        verdict = rng.choice(("relevant", "not_relevant", "escalate"))
        if given and rng.random() < 0.2:
            article, verdict = given.pop(), "withdrawn"
        elif article not in given:
            given.append(article)
        body = {"article": article, "verdict": verdict, "revision": 1, "token": f"{seat.name}-{seed}-{number:05}"}
        if rng.random() < 0.1:
            body["note"] = f"note {number}"
        _send(seat, json.dumps(body), cut=rng.random() < 0.15)
        yield seat.name, article, verdict
        if rng.random() < 0.1:
            assert seat.ask("GET", "/-/tumen")[0] == 200


def _send(seat: Seat, body: str, *, cut: bool) -> None:
    if cut:
        seat.post_and_hang_up("/-/tumen/verdict", body)
    while True:
        status, _ = seat.ask("POST", "/-/tumen/verdict", body)
        if status in (200, 409):  # 409: an undo that arrived before its connection was cut
            return
        assert status == 503, status


def run(seats: Sequence[Seat], articles: Sequence[int], verdicts: int) -> list[Done]:
    """Let all analysts work at once, and return what they did."""
    with ThreadPoolExecutor(len(seats)) as pool:
        logs = pool.map(lambda at: list(work(seats[at], articles, verdicts, at)), range(len(seats)))
        return [done for log in logs for done in log]


def recount(done: Sequence[Done]) -> dict[str, set[int]]:
    """Return the articles on which each analyst has a verdict, by a plain reading of what they did."""
    newest: dict[tuple[str, int], str] = {}
    for analyst, article, verdict in done:
        newest[analyst, article] = verdict
    standing: dict[str, set[int]] = {}
    for (analyst, article), verdict in newest.items():
        if verdict != "withdrawn":
            standing.setdefault(analyst, set()).add(article)
    return standing
