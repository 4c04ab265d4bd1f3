"""How long the desk's pages take on an archive, and whether verdicts hold beside a writer.

    python -m benchmarks.archive 200000 archive.db
    python -m benchmarks.desk archive.db

Starts ``tumen serve`` on the archive, asks each page many times and prints the median and the 95th percentile, seen
from the client. Then a writer stores 200 articles a second and ten requests a second read, while 1,000 verdicts are
posted; every acknowledged verdict is looked for in the file. Last, a browser (Chromium) gives thirty verdicts by key,
and says how long it took from the key to the next article's first frame. The archive is written to: give it a copy.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode

from benchmarks.archive import write_article

_PAGES = {
    "queue, best with age": ["", "?topic=thaad", "?language=ko", "?source=7&days=30"],
    "queue, newest": ["?sort=newest", "?sort=newest&topic=thaad", "?sort=newest&language=ko"],
    "queue, best": ["?sort=best", "?sort=best&topic=thaad", "?sort=best&source=7&days=30"],
    "lists": [f"?queue={name}" for name in ("escalated", "relevant", "mine", "notes", "flagged")],
    "live": ["/live?newest=199000&after=3900"],
    "brief": ["/brief", "/brief?since=3d", "/brief?which=all"],
    "article": [f"/article/{number}?part=article" for number in range(1, 2000, 17)],
    "search": [
        f"/search?q={quote(words)}"
        for words in ("사드", "Госдума", "газопроводу", "sanctions", "Seoul treaty", "제재 평양")
    ],
    "dashboard": ["/dashboard", "/dashboard?days=365"],
    "op-ed": ["/op-ed"],
}


class Client:
    """One kept connection with its cookies."""

    def __init__(self, port: int) -> None:
        self.conn = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def ask(self, path: str, body: str | None = None, **headers: str) -> tuple[int, str]:
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.conn.request("POST" if body is not None else "GET", path, body, named)
        answer = self.conn.getresponse()
        text = answer.read().decode()
        for value in answer.headers.get_all("set-cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.split(";")[0]
        return answer.status, text


def cpu_ms(process: int) -> float:
    """CPU time of a process so far, in milliseconds (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def timed(client: Client, process: int) -> None:
    """Print a row for each kind of page. The CPU time is the desk's own: it holds on a busy machine, too."""
    print("| page | requests | median ms | p95 ms | CPU ms a request |\n| --- | --- | --- | --- | --- |")
    for kind, addresses in _PAGES.items():
        times, cpu = [], cpu_ms(process)
        for address in list(
            itertools.islice(itertools.cycle(addresses), 12 if kind in ("dashboard", "op-ed") else 120)
        ):
            began = time.perf_counter()
            status, _ = client.ask(f"/-/tumen{address}")
            times.append((time.perf_counter() - began) * 1000)
            if status != 200:
                raise SystemExit(f"{address}: status {status}")
        p95 = sorted(times)[int(len(times) * 0.95) - 1]
        mine = (cpu_ms(process) - cpu) / len(times)
        print(f"| {kind} | {len(times)} | {statistics.median(times):.0f} | {p95:.0f} | {mine:.0f} |", flush=True)


class Crowd:
    """A writer of 200 articles a second and a reader of ten pages a second, until ``over``."""

    def __init__(self, database: Path, port: int) -> None:
        self.database, self.port = database, port
        self.over = threading.Event()
        self.written = 0
        self.errors: list[str] = []
        self.threads = [threading.Thread(target=self._write), threading.Thread(target=self._read)]
        for thread in self.threads:
            thread.start()

    def _write(self) -> None:
        conn = sqlite3.connect(self.database, timeout=15, isolation_level=None)
        rng, at = random.Random(1), 10_000_000 + int(time.time()) % 1_000_000 * 1000
        version = conn.execute("SELECT version FROM configs LIMIT 1").fetchone()[0]
        while not self.over.is_set():
            began = time.monotonic()
            try:
                conn.execute("BEGIN IMMEDIATE")
                for _ in range(20):
                    write_article(conn, rng, at, datetime.now(UTC), version)
                    at += 1
                conn.execute("COMMIT")
                self.written += 20
            except sqlite3.Error as error:
                self.errors.append(f"writer: {error}")
            time.sleep(max(0.1 - (time.monotonic() - began), 0))
        conn.close()

    def _read(self) -> None:
        reader = Client(self.port)
        addresses = itertools.cycle([one for many in list(_PAGES.values())[:3] for one in many[:4]])
        while not self.over.is_set():
            status, text = reader.ask(f"/-/tumen{next(addresses)}")
            if status != 200 or "database is locked" in text:
                self.errors.append(f"reader: status {status}")
            time.sleep(0.1)

    def go_home(self) -> None:
        """Stop both."""
        self.over.set()
        for thread in self.threads:
            thread.join()


def contended(database: Path, client: Client, port: int, csrf: str) -> None:
    """Verdicts beside a writer and readers."""
    crowd = Crowd(database, port)
    began, acknowledged, times = time.monotonic(), [], []
    for at in range(1000):
        what = {"article": at * 5 % 2000 + 1, "verdict": "relevant", "token": f"bench-{began:.0f}-{at}", "revision": 1}
        sent = time.perf_counter()
        status, text = client.ask(
            "/-/tumen/verdict",
            json.dumps(what),
            content_type="application/json",
            accept="application/json",
            x_csrftoken=csrf,
        )
        times.append((time.perf_counter() - sent) * 1000)
        if status == 200:
            acknowledged.append(what["token"])
        else:
            crowd.errors.append(f"verdict: {status} {text[:80]}")
    seconds = time.monotonic() - began
    crowd.go_home()
    conn = sqlite3.connect(database)
    stored = {row[0] for row in conn.execute("SELECT token FROM reviews")}
    conn.close()
    lost = len(set(acknowledged) - stored)
    print(
        f"\n1,000 verdicts in {seconds:.0f} s beside {crowd.written / seconds:.0f} articles/s written: acknowledged"
        f" {len(acknowledged)}, lost {lost}, errors {len(crowd.errors)} {crowd.errors[:2] or ''};"
        f" median {statistics.median(times):.0f} ms, p95 {sorted(times)[949]:.0f} ms"
    )


_WATCH = """() => {
  window.took = [];
  let began = 0;
  addEventListener("keydown", () => { began = performance.now(); }, true);
  new MutationObserver(() => {
    const from = began;
    requestAnimationFrame(() => requestAnimationFrame(() => took.push(performance.now() - from)));
  }).observe(document.getElementById("article"), { childList: true });
}"""


def by_key(client: Client, port: int) -> None:
    """From the key of a verdict to the next article's first frame, in a browser."""
    program = shutil.which("chromium")
    if program is None:
        print("\nNo Chromium is here: the time from a verdict to the next article was not measured.")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        base = f"http://127.0.0.1:{port}"
        context.add_cookies([{"name": name, "value": value, "url": base} for name, value in client.cookies.items()])
        page = context.new_page()
        page.goto(f"{base}/-/tumen")
        page.wait_for_load_state("networkidle")
        page.evaluate(_WATCH)
        for at in range(30):
            page.keyboard.press("1")
            page.wait_for_function("many => took.length > many", arg=at)
            page.wait_for_timeout(300)  # nobody reads faster
        took = sorted(page.evaluate("took"))
        browser.close()
    print(
        f"\nFrom a verdict's key to the next article: median {statistics.median(took):.0f} ms,"
        f" longest {took[-1]:.0f} ms"
    )


def main() -> None:
    """Serve, ask, print, stop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", type=Path)
    database = parser.parse_args().database
    command = [sys.executable, "-m", "pipeline", "serve", "--db", str(database), "--port", "0", "--analyst", "bench"]
    desk = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        link = ""
        while not link and desk.stderr is not None and (line := desk.stderr.readline()):
            link = (re.findall(r"http\S+key=\S+", line) or [""])[0]
        threading.Thread(target=desk.stderr.read if desk.stderr else lambda: None, daemon=True).start()
        port = int(link.split(":")[2].split("/")[0])
        for _ in range(100):
            try:
                client = Client(port)
                _, page = client.ask(f"/-/{link.split('/-/')[1]}")
                fields = dict(re.findall(r'<input type="hidden" name="(csrftoken|key)" value="([^"]+)"', page))
                client.ask("/-/tumen/enter", urlencode(fields), content_type="application/x-www-form-urlencoded")
                break
            except OSError:
                time.sleep(0.2)
        _, page = client.ask("/-/tumen")
        csrf = re.findall(r'name="csrf" content="([^"]+)"', page)[0]
        timed(client, desk.pid)
        contended(database, client, port, csrf)
        by_key(client, port)
    finally:
        desk.terminate()
        desk.wait()


if __name__ == "__main__":
    main()
