"""Cost of polling, compared with a short script: ``python -m benchmarks.polling [--quick] [NAME …]``.

    rival    first run, idle run, a tick of 2 %: 50 sites, 100 feeds, 2,000 pages; as ratios to ``rival.py``
    feeds    1,000 feeds of 20 entries with their texts: first and second cycle
    growth   an idle run over 5,000 feeds and one over 100: CPU time per feed, without that of a run with nothing due
    archive  a tick on an archive of 1,000,000 articles and on one of 10,000
    faulty   50 sites of which 10 hang or drip, and the same sites without faults

Everything runs on 127.0.0.1, without pauses between requests. ``--quick`` runs a fifth or less of everything. CPU time
is user and system time of a process and all its children. Times are the least of several runs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.cost import Cost, run

HERE = Path(__file__).parent
PORT = int(os.environ.get("POLLING_PORT", "24000"))  # of the control server; the sites use the ports above it


class Scene:
    """The loopback sites, and a folder with config and databases."""

    def __init__(self, folder: Path, sites: int) -> None:
        self.folder, self.sites = folder, sites

    def control(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/{path}", timeout=60) as answer:
            return str(answer.read().decode())

    def count(self) -> dict[str, int]:
        return dict(json.loads(self.control("count")))

    def configure(self, name: str = "config", feeds: int | None = None, deadline: float = 40) -> Path:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        urls = self.control("feeds").split()[:feeds]
        (self.folder / "feeds.txt").write_text("\n".join(urls))
        (folder / "tumen.toml").write_text(
            f"[fetch]\npage_delay = 0\nfeed_delay = 0\ndeadline_seconds = {deadline}\nread_seconds = {deadline}\n"
            f'allow_private = ["127.0.0.1:{PORT + 1}-{PORT + self.sites}"]\n'
        )
        (folder / "feeds.toml").write_text(
            "".join(f'[[feed]]\nname = "Feed {n}"\nurl = "{url}"\nlanguage = "en"\n' for n, url in enumerate(urls))
        )
        return folder

    def tumen(self, database: str = "tumen.db", config: str = "config", *, force: bool = True) -> Cost:
        forced = ["--force"] if force else []
        return run(
            "-m", "pipeline", "run", "--json", "--db", self.folder / database, "--config", self.folder / config, *forced
        )

    def rival(self) -> Cost:
        return run(HERE / "rival.py", self.folder / "feeds.txt", self.folder / "rival.db")


@contextmanager
def world(*, sites: int = 50, feeds: int, entries: int = 20, full_text: bool = False) -> Iterator[Scene]:
    options = [f"--port={PORT}", f"--sites={sites}", f"--feeds={feeds}", f"--entries={entries}"]
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.loopback", *options, *(["--full-text"] if full_text else [])],
        stdout=subprocess.PIPE,
        cwd=HERE.parent,
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()
        with tempfile.TemporaryDirectory(prefix="tumen-polling-") as folder:
            scene = Scene(Path(folder), sites)
            scene.configure()
            yield scene
    finally:
        server.kill()
        server.wait()


def row(*cells: object) -> None:
    print(
        "| " + " | ".join(f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |", flush=True
    )


def least(costs: list[Cost]) -> tuple[float, float, float]:
    return min(c.wall for c in costs), min(c.cpu for c in costs), max(c.largest for c in costs)


def against_rival(quick: bool) -> None:
    print("\n| run | Tumen: wall s, CPU s, peak MB | script: wall s, CPU s, peak MB | wall ratio | CPU ratio |")
    print("| --- | --- | --- | --- | --- |")
    with world(feeds=2, entries=4 if quick else 20) as scene:
        tick = max(4, (400 if quick else 2000) // 50)

        def compare(name: str, times: int) -> None:
            ours, theirs = [], []
            for _ in range(times):
                if name == "first":
                    for old in scene.folder.glob("*.db*"):
                        old.unlink()
                if name == "tick":
                    scene.control(f"tick?count={tick}")
                theirs.append(scene.rival())
                scene.count()
                ours.append(scene.tumen())
                counts = scene.count()
            mine, other = least(ours), least(theirs)
            cells = ["{:.2f}, {:.2f}, {:.0f}".format(*costs) for costs in (mine, other)]
            row(
                f"{name} ({counts['requests']} requests, {counts.get('pages', 0)} pages)",
                *cells,
                mine[0] / other[0],
                mine[1] / other[1],
            )

        compare("first", 1 if quick else 2)
        compare("idle", 5)
        compare("tick", 3)


def many_feeds(quick: bool) -> None:
    print("\n| 1,000 feeds of 20 entries | wall s | CPU s | CPU ms per feed | peak MB | requests | conditional | 304 |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    with world(feeds=4 if quick else 20, full_text=True) as scene:
        number = len(scene.control("feeds").split())
        nothing = 0.0
        for name in ("first cycle", "second cycle"):
            scene.count()
            cost = scene.tumen()
            counts = scene.count()
            nothing = nothing or min(scene.tumen(force=False).cpu for _ in range(3))
            each = (cost.cpu - nothing) / number * 1000
            row(
                name,
                cost.wall,
                cost.cpu,
                each,
                f"{cost.largest:.0f}",
                counts["requests"],
                counts["conditional"],
                counts.get("not_modified", 0),
            )


def growth(quick: bool) -> None:
    print("\n| feeds, idle | CPU s | CPU s with nothing due | CPU ms per feed | peak MB |")
    print("| --- | --- | --- | --- | --- |")
    each = []
    with world(feeds=20 if quick else 100, entries=1, full_text=True) as scene:
        for number in (100, 1000 if quick else 5000):
            name = f"config{number}"
            scene.configure(name, number)
            scene.tumen(f"{number}.db", name)
            rest = min(scene.tumen(f"{number}.db", name, force=False).cpu for _ in range(3))
            _, cpu, peak = least([scene.tumen(f"{number}.db", name) for _ in range(3)])
            each.append((cpu - rest) / number * 1000)
            row(f"{number:,}", cpu, rest, each[-1], f"{peak:.0f}")
    print(f"\nCPU per feed, ratio: {each[1] / each[0]:.2f}")


def archive(quick: bool) -> None:
    print("\n| stored articles | tick: wall s | CPU s | database MB |")
    print("| --- | --- | --- | --- |")
    cpu = []
    with world(feeds=2, entries=4) as scene:
        scene.tumen("seed.db")
        for number in (10_000, 100_000 if quick else 1_000_000):
            shutil.copy(scene.folder / "seed.db", scene.folder / "grown.db")
            grow(scene.folder / "grown.db", number)
            costs = []
            for _ in range(3):
                scene.control("tick?count=40")
                costs.append(scene.tumen("grown.db"))
            wall, least_cpu, _ = least(costs[1:])
            cpu.append(least_cpu)
            row(f"{number:,}", wall, least_cpu, f"{(scene.folder / 'grown.db').stat().st_size / 1e6:,.0f}")
            for old in scene.folder.glob("grown.db*"):
                old.unlink()
    print(f"\nCPU of a tick, ratio: {cpu[1] / cpu[0]:.2f}")


def grow(path: Path, number: int) -> None:
    """Fill the archive with short articles, each with entry, sighting and fetch, copied from an existing one."""
    conn = sqlite3.connect(path)
    conn.execute("PRAGMA synchronous = OFF")
    conn.execute("PRAGMA cache_size = -400000")
    first = conn.execute("SELECT max(id) + 1 FROM articles").fetchone()[0]
    own = {
        "articles": {
            "id": "n", "url": "'http://past.invalid/' || n", "published_url": "'http://past.invalid/' || n",
            "canonical_url": "NULL", "content_hash": "'past' || n", "title": "'Past ' || n", "search_terms": "''",
            "text": "'Port and rail, grain and gas: ' || n || ' words on ' || n * 7919 % 10007", "page_hash": "NULL",
            "sorted_at": "strftime('%Y-%m-%dT%H:%M:%SZ', 1700000000 + n * 60, 'unixepoch')",
        },
        "entries": {"id": "n", "identity": "'http://past.invalid/' || n", "url": "'http://past.invalid/' || n",
                    "published_url": "'http://past.invalid/' || n", "guid": "'past' || n", "article_id": "n"},
        "sightings": {"entry_id": "n", "guid": "'past' || n", "url": "'http://past.invalid/' || n"},
        "fetches": {"id": "NULL", "entry_id": "n", "url": "'http://past.invalid/' || n"},
    }  # fmt: skip
    for table, values in own.items():
        columns = [column[1] for column in conn.execute(f"PRAGMA table_info({table})")]
        selected = ", ".join(values.get(column, f"p.{column}") for column in columns)
        conn.execute(
            f"WITH RECURSIVE seq(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM seq WHERE n < {first + number - 1})"
            f" INSERT INTO {table} ({', '.join(columns)}) SELECT {selected} FROM seq, (SELECT * FROM {table} LIMIT 1) p"
        )
        conn.commit()
    conn.execute("PRAGMA optimize")
    conn.close()


def faulty(quick: bool) -> None:
    deadline = 3
    print(f"\n| 50 sites, deadline {deadline} s | wall s | feeds polled | feeds failed | articles |")
    print("| --- | --- | --- | --- | --- |")
    with world(feeds=2, entries=2 if quick else 10) as scene:
        scene.configure(deadline=deadline)
        walls = []
        for name, number in (("all healthy", 0), ("10 hang or drip", 10)):
            scene.control(f"fault?sites={number}")
            cost = scene.tumen(f"{number}.db")
            report = json.loads(cost.output)
            walls.append(cost.wall)
            row(name, cost.wall, report["feeds_polled"], report["feeds_failed"], report["articles_stored"])
    print(f"\nDelay: {walls[1] - walls[0]:.1f} s")


PARTS = {"rival": against_rival, "feeds": many_feeds, "growth": growth, "archive": archive, "faulty": faulty}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    for name, part in PARTS.items():
        if not arguments.names or name in arguments.names:
            part(arguments.quick)


if __name__ == "__main__":
    main()
