"""Polling of news sites served from outside this repository: ``python -m benchmarks.newsworld FOLDER [NAME …]``.

FOLDER is a ``newsworld`` package: ``python -m newsworld serve`` starts it, ``peers/glue_pool.py`` is the rival, and
``/fault`` of its control port makes a site misbehave.

    rival    first run, idle run, tick of 2 %, second run within the poll interval: 50 sites, 100 feeds, 2,000 pages; as
             ratios to the rival in the same minutes (least of ``--times`` runs each)
    faults   every fault at every place, beside a healthy neighbour: what is stored of both, time, memory, canary hits
    all      every fault at once, one per site, and healthy sites, ten of which are checked

Everything runs on 127.0.0.1. CPU time is user and system time of a process and all its children.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.cost import Cost, run

PORT = int(os.environ.get("NEWSWORLD_PORT", "25000"))  # of the control server; the sites use the ports above it
DEADLINE = 10  # seconds that a request may take in the runs with faults
_LIMIT_MB = 200
_OVER = 5  # seconds that a run may take beyond the deadline


class World:
    """The running sites, and a folder with config and databases."""

    def __init__(self, peers: Path, folder: Path, sites: int) -> None:
        self.peers, self.folder, self.sites = peers, folder, sites

    def control(self, path: str, **query: object) -> str:
        address = f"http://127.0.0.1:{PORT}/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address, timeout=120) as answer:
            return str(answer.read().decode())

    def control_json(self, path: str, **query: object) -> Any:
        return json.loads(self.control(path, **query))

    def truth(self, *sites: int) -> list[dict[str, Any]]:
        cells = self.control("truth", sites=",".join(map(str, sites))) if sites else self.control("truth")
        return [json.loads(line) for line in cells.splitlines()]

    def configure(self, sites: list[int] | None = None, *, fetch: str = "") -> None:
        """Write a config that watches the feeds of these sites (default: all) and allows no other ports."""
        ports = {PORT + 1 + site for site in sites} if sites is not None else None
        every = self.control("feeds").split()
        urls = [url for url in every if ports is None or urllib.parse.urlsplit(url).port in ports]
        allowed = [f"127.0.0.1:{port}" for port in sorted(ports or [])] or [f"127.0.0.1:{PORT + 1}-{PORT + self.sites}"]
        (self.folder / "feeds.txt").write_text("\n".join(urls))
        (self.folder / "tumen.toml").write_text(
            f"[fetch]\npage_delay = 0\nfeed_delay = 0\n{fetch}allow_private = {json.dumps(allowed)}\n"
        )
        (self.folder / "feeds.toml").write_text(
            "".join(
                f'[[feed]]\nname = "Site {urllib.parse.urlsplit(url).port} {n}"\nurl = "{url}"\n'
                f'language = "{("en", "ru", "ko")[((urllib.parse.urlsplit(url).port or 0) - PORT - 1) % 3]}"\n'
                for n, url in enumerate(urls)
            )
        )

    def tumen(self, database: str = "tumen.db", *, force: bool = False) -> Cost:
        forced = ["--force"] if force else []
        places = ["--db", self.folder / database, "--config", self.folder]
        return run("-m", "pipeline", "run", "--json", *places, *forced)

    def rival(self) -> Cost:
        return run(self.peers / "glue_pool.py", self.folder / "feeds.txt", self.folder / "rival.db")

    def rows(self, query: str, database: str = "tumen.db") -> list[tuple[Any, ...]]:
        conn = sqlite3.connect(self.folder / database)
        try:
            return conn.execute(query).fetchall()
        finally:
            conn.close()


@contextmanager
def world(newsworld: Path, *, sites: int, feeds: int, articles: int, latency: float = 0) -> Iterator[World]:
    """Serve the sites for the length of the block."""
    options = [f"--sites={sites}", f"--feeds={feeds}", f"--articles={articles}", f"--latency={latency}", "--seed=1"]
    server = subprocess.Popen(
        [sys.executable, "-m", newsworld.name, "--port", str(PORT), "serve", *options],
        stdout=subprocess.PIPE,
        cwd=newsworld.parent,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()
        with tempfile.TemporaryDirectory(prefix="tumen-newsworld-") as folder:
            yield World(newsworld / "peers", Path(folder), sites)
    finally:
        server.kill()
        server.wait()


def row(*cells: object) -> None:
    cells = (f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in cells)
    print("| " + " | ".join(cells) + " |", flush=True)


def head(*cells: str) -> None:
    print()
    row(*cells)
    row(*["---"] * len(cells))


def rival(newsworld: Path, times: int) -> None:
    head("run", "Tumen: wall s, CPU s, peak MB (main, largest)", "glue_pool", "wall ratio", "CPU ratio", "requests")
    with world(newsworld, sites=50, feeds=2, articles=20) as scene:
        scene.configure()

        def compare(name: str, *, tick: int = 0, anew: bool = False, force: bool = True) -> None:
            ours, theirs, audit = [], [], {}
            for _ in range(times):
                if anew:
                    for old in scene.folder.glob("*.db*"):
                        old.unlink()
                fresh = set(scene.control_json("tick", count=tick)) if tick else set()
                theirs.append(scene.rival())
                scene.control("clear")
                ours.append(scene.tumen(force=force))
                audit = scene.control_json("audit")
                if tick:
                    log = map(json.loads, scene.control("log").splitlines())
                    pages = [(PORT + 1 + one["site"], one["path"]) for one in log if one["path"].endswith(".html")]
                    new = [(urllib.parse.urlsplit(url).port, urllib.parse.urlsplit(url).path) for url in fresh]
                    assert sorted(pages) == sorted(new), "each new page must be fetched exactly once, and no other"
            cells = []
            for costs in (ours, theirs):
                least = min(c.wall for c in costs), min(c.cpu for c in costs)
                cells.append((*least, max(c.peak for c in costs), max(c.largest for c in costs)))
            row(
                name,
                *("{:.2f}, {:.2f}, {:.0f}, {:.0f}".format(*one) for one in cells),
                cells[0][0] / cells[1][0],
                cells[0][1] / cells[1][1],
                f"{audit['requests']}: {audit['feed_requests']} feeds, {audit['page_requests']} pages,"
                f" {audit['status'].get('304', 0)} × 304, {audit['pages_fetched_twice']} twice",
            )

        compare("first", anew=True)
        doubled = scene.rows("SELECT count(*), count(DISTINCT url), sum(text = '') FROM articles")[0]
        compare("idle")
        compare("tick of 2 %", tick=40)
        compare("second within the interval", force=False)
        print(f"\nAfter the first run: {doubled[0]} articles, {doubled[1]} addresses, {doubled[2]} without text.")


def faults(newsworld: Path, _: int) -> None:
    head("fault", "due", "stored of 4", "neighbour of 4", "wall s", "main MB", "largest MB", "canary", "verdict")
    failed = []
    with world(newsworld, sites=200, feeds=1, articles=4) as scene:
        pairs = [(fault, where) for fault in scene.control_json("faults") for where in fault["where"]]
        for number, (fault, where) in enumerate(pairs):
            faulty, healthy = 2 * number, 2 * number + 1
            scene.configure([faulty, healthy], fetch=f"deadline_seconds = {DEADLINE}\nread_seconds = {DEADLINE}\n")
            scene.control("clear")
            scene.control("fault", site=faulty, id=fault["id"], where=where)
            cost = scene.tumen(f"{number}.db")
            scene.control("fault", site=faulty)
            verdict, cells = judge(scene, fault, where, cost, faulty, healthy, f"{number}.db")
            failed += [f"{fault['id']}@{where}"] * (verdict != "ok")
            row(f"{fault['id']}@{where}", fault["due"], *cells, verdict)
    print(f"\n{len(pairs) - len(failed)} of {len(pairs)} as due. {' '.join(failed)}")


def judge(
    scene: World, fault: dict[str, Any], where: str, cost: Cost, faulty: int, healthy: int, database: str
) -> tuple[str, list[object]]:
    """Check what a run stored of a faulty site and its neighbour. Return "ok" or the problems, and the row's cells."""
    rows = scene.rows("SELECT url, text, method FROM articles", database)
    stored = {url.partition("?")[0]: (text, method) for url, text, method in rows}
    bad = [stored[one["url"]] for one in scene.truth(faulty) if one["url"] in stored]
    good = [stored[one["url"]] for one in scene.truth(healthy) if one["url"] in stored]
    whole = sum(method != "feed" for _, method in bad)
    canary = scene.control_json("audit")["canary_hits"]
    cells = scene.rows("SELECT count(*) FROM fetches WHERE problem IS NOT NULL", database)[0][0]
    unreported = fault["due"] == "none" and where == "feed" and not cells and "links" not in fault["id"]
    wrong = {
        "not as due": not _as_due(fault["due"], len(bad), whole),
        "neighbour incomplete": sum(method != "feed" for _, method in good) != 4,
        "doubled": len(rows) != len(bad) + len(good),
        "slow": cost.wall > DEADLINE + _OVER,
        "memory": max(cost.peak, cost.largest) > _LIMIT_MB,
        "canary": canary > 0,
        f"exit {cost.status}": cost.status not in (0, 1),
        "no reason": unreported,
        "text of a local file": any("root:" in text for text, _ in stored.values()),
    }
    verdict = ", ".join(name for name, so in wrong.items() if so) or "ok"
    memory = f"{cost.peak:.0f}", f"{cost.largest:.0f}"
    return verdict, [f"{len(bad)} ({whole} whole)", len(good), cost.wall, *memory, canary]


def _as_due(due: str, stored: int, whole: int) -> bool:
    """Return whether the number of the faulty site's articles is as expected of a good monitor."""
    return {"all": whole == 4, "feed": stored == 4 and not whole, "none": not stored, "some": stored > 0}[due]


def at_once(newsworld: Path, _: int) -> None:
    """Run every fault at every place at once, beside healthy sites, ten of which are checked."""
    head("sites", "wall s", "main MB", "largest MB", "healthy articles of 40", "canary")
    with world(newsworld, sites=90, feeds=1, articles=4) as scene:
        pairs = [(fault["id"], where) for fault in scene.control_json("faults") for where in fault["where"]]
        scene.configure(fetch=f"deadline_seconds = {DEADLINE}\nread_seconds = {DEADLINE}\n")
        for site, (fault, where) in enumerate(pairs):
            scene.control("fault", site=site, id=fault, where=where)
        cost = scene.tumen()
        stored = {url for (url,) in scene.rows("SELECT url FROM articles WHERE method != 'feed'")}
        healthy = [one for one in scene.truth(*range(80, 90)) if one["url"] in stored]
        canary = scene.control_json("audit")["canary_hits"]
        memory = f"{cost.peak:.0f}", f"{cost.largest:.0f}"
        row(f"{len(pairs)} faulty, {90 - len(pairs)} healthy", cost.wall, *memory, len(healthy), canary)


PARTS = {"rival": rival, "faults": faults, "all": at_once}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    for name, part in PARTS.items():
        if not arguments.names or name in arguments.names:
            part(arguments.folder.resolve(), arguments.times)


if __name__ == "__main__":
    main()
