"""Ninety days in compressed time: the real cycle, on a clock of its own, over feeds that roll, die and come back.

    python -m tests.cycle.soak                         100 feeds, 2,000 entries a day; some half an hour
    python -m tests.cycle.soak --days 3 --feeds 12 --entries 120

A cycle every four hours of that clock, alerts after each, housekeeping with a backup every third day; pages are kept.
All in one process, though the daemon gives each cycle its own: what grew here would show. Prints a line a day and what
was found, and ends with 1 if an entry was missed, something was doubled, told twice or grew.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

from pipeline.cycle.run import run_cycle
from tests.cycle.rolling import DAY, LENGTH, Plan, rolling

_HOUSEKEEPING_DAYS = 3
_FETCHES_DAYS = 20
_CATCHING_UP_DAYS = 1
_TOLD_AFTER = 3  # failed polls in a row
_ENOUGH_DAYS = 30
_MOST_GROWTH = 0.05


class Counts(TypedDict):
    """What the world saw: requests, refused polls of each outage (feed, start, number), and what it was told."""

    requests: int
    refused: list[tuple[int, float, int]]
    told: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How things stood at the end of a day.

    Attributes:
        memory: resident, in bytes: the day's median after a cycle.
        size: of the database, in bytes: pages in use.
        wal: of the write-ahead log, in bytes.
        descriptors: open files of this process.
        slowest: the longest cycle, in seconds.
    """

    number: int
    articles: int
    memory: float
    size: int
    wal: int
    descriptors: int
    slowest: float

    def line(self) -> str:
        return (
            f"{self.number:>4} {self.articles:>9,} {self.memory / 1e6:>8.1f} {self.size / 1e6:>8.1f}"
            f" {self.wal / 1e6:>6.1f} {self.descriptors:>5} {self.slowest:>8.2f}"
        )


HEAD = " day  articles   RSS MB    DB MB WAL MB files  cycle s"


@dataclass(slots=True)
class Soaked:
    """What came of it."""

    days: list[Day] = field(default_factory=list)
    missed: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)


def write_config(folder: Path, feeds: Sequence[str], backups: Path) -> Path:
    """A config folder over these feeds, without pauses between requests."""
    folder.mkdir()
    hosts = sorted({urlsplit(url).netloc for url in feeds})
    (folder / "tumen.toml").write_text(
        f"[fetch]\nallow_private = {json.dumps(hosts)}\npage_delay = 0\nfeed_delay = 0\n"
        f"[cycle]\nfeed_text_characters = {LENGTH}\n[store]\nfetches_days = {_FETCHES_DAYS}\n"
        "[archive]\npages = true\ndays = 10\n"
        f'[daemon]\nbackup_folder = "{backups}"\nbackups = 2\n',
        encoding="utf-8",
    )
    (folder / "feeds.toml").write_text(
        "".join(
            f'[[feed]]\nname = "Feed {number}"\nurl = "{url}"\nlanguage = "{("en", "ru", "ko")[number % 3]}"\n'
            'kind = "daily"\n'
            for number, url in enumerate(feeds)
        ),
        encoding="utf-8",
    )
    (folder / "alerts.toml").write_text(
        f'[[target]]\nname = "hook"\nurl = "json://{hosts[0]}/hook"\n'
        '[[rule]]\nname = "Feeds"\nto = ["hook"]\nwhen = "feed"\n',
        encoding="utf-8",
    )
    return folder


def soak(plan: Plan, folder: Path, tell: Callable[[str], None]) -> Soaked:
    """Live through the plan.

    Args:
        plan: what the feeds do.
        folder: where config, database and backups go.
        tell: is given a line a day.
    """
    with rolling(plan) as (feeds, clock):
        config = write_config(folder / "config", feeds, folder / "backups")
        database = folder / "tumen.db"
        found = Soaked()
        tell(HEAD)
        for number in range(1, plan.days + _CATCHING_UP_DAYS + 1):
            memory, slowest = [], 0.0
            for _ in range(round(DAY / plan.every)):
                clock.value += plan.every
                began = time.monotonic()
                _cycle(database, config, clock.value)
                slowest = max(slowest, time.monotonic() - began)
                memory.append(_memory())
            if number % _HOUSEKEEPING_DAYS == 0:
                found.problems += _housekeeping(database, config)
            found.days.append(_day(database, number, statistics.median(memory), slowest))
            tell(found.days[-1].line())
        counts = json.load(urllib.request.urlopen(feeds[0].rsplit("/", 2)[0] + "/counts"))
        _judge(plan, database, counts, found)
    return found


def _cycle(database: Path, config: Path, now: float) -> None:
    """Run one cycle at this time."""
    began = time.monotonic()

    def clock() -> datetime:
        return datetime.fromtimestamp(now + time.monotonic() - began, UTC)

    run_cycle(database, config, trigger="soak", now=clock, rng=random.Random(now))


def _housekeeping(database: Path, config: Path) -> list[str]:
    words = ["doctor", "--housekeeping", "--db", str(database), "--config", str(config)]
    command = [sys.executable, "-m", "pipeline", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [*done.stdout.splitlines(), *done.stderr.splitlines()]
    return [] if done.returncode == 0 else [f"housekeeping: {line}" for line in said]


def _memory() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _day(database: Path, number: int, memory: float, slowest: float) -> Day:
    wal = database.with_name(f"{database.name}-wal")
    with closing(sqlite3.connect(database)) as conn:
        pages, free, size = (
            conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return Day(
            number=number,
            articles=conn.execute("SELECT count(*) FROM articles").fetchone()[0],
            memory=memory,
            size=(pages - free) * size,
            wal=wal.stat().st_size if wal.exists() else 0,
            descriptors=len(list(Path("/proc/self/fd").iterdir())),
            slowest=slowest,
        )


def _judge(plan: Plan, database: Path, counts: Counts, found: Soaked) -> None:
    with closing(sqlite3.connect(database)) as conn:
        had = {urlsplit(row[0]).path for row in conn.execute("SELECT published_url FROM entries")}
        states = dict(conn.execute("SELECT state, count(*) FROM entries GROUP BY state"))
        articles, titles = conn.execute("SELECT count(*), count(DISTINCT title) FROM articles").fetchone()
        events = conn.execute(
            "SELECT f.name, e.what FROM feed_events e JOIN feeds f ON f.id = e.feed_id ORDER BY e.id"
        ).fetchall()
        untold = conn.execute("SELECT count(*) FROM alerts WHERE state <> 'sent'").fetchone()[0]
    due = plan.due()
    found.missed = due - had
    problems = found.problems
    if found.missed:
        problems.append(f"{len(found.missed)} of {len(due)} entries were missed")
    if states != {"flagged": len(had)}:
        problems.append(f"entries left behind: {states}")
    if not articles == titles == len(had):
        problems.append(f"{len(had)} entries became {articles} articles with {titles} titles")
    dead = Counter(f"Feed {feed}" for feed, _, refused in counts["refused"] if refused >= _TOLD_AFTER)
    told = Counter(name for name, what in events if what == "failing")
    if told != dead:
        problems.append(f"told “failing”: {dict(told - dead)} too often, {dict(dead - told)} too seldom")
    problems += _told_in_turn(events)
    if untold or len(counts["told"]) > len(events):
        problems.append(f"{len(events)} changes of health, {len(counts['told'])} messages, {untold} unsent")
    problems += _growth(found.days[: plan.days])
    found.figures = {
        "entries": len(due),
        "missed": len(found.missed),
        "articles": articles,
        "requests": counts["requests"],
        "feeds that died": sum(dead.values()),
        "feeds that fell silent": sum(what == "silent" for _, what in events),
        "messages": len(counts["told"]),
    }


def _told_in_turn(events: Sequence[tuple[str, str]]) -> Iterator[str]:
    """A feed that is told to be well was unwell, and is unwell no more at the end but for a silence that lasts."""
    of: dict[str, list[str]] = {}
    for name, what in events:
        of.setdefault(name, []).append(what)
    for name, said in of.items():
        if said[0] == "well" or any(one == next_ for one, next_ in pairwise(said)) or said[-1] == "failing":
            yield f"{name} was told to be {', '.join(said)}"


def _growth(days: Sequence[Day]) -> Iterator[str]:
    """What grew that must not; nothing can be said of a few days."""
    if len({day.descriptors for day in days[2:]}) > 1:
        yield f"open files: {sorted({day.descriptors for day in days[2:]})}"
    if len(days) < _ENOUGH_DAYS:
        return
    for name, values in ("memory", _thirds_of_memory(days)), ("bytes an article", _thirds_of_size(days)):
        if abs(values[2] / values[1] - 1) > _MOST_GROWTH:
            yield f"{name} by thirds: {', '.join(f'{value:,.0f}' for value in values)}"


def _thirds_of_memory(days: Sequence[Day]) -> list[float]:
    third = len(days) // 3
    return [statistics.fmean(day.memory for day in days[third * part : third * (part + 1)]) for part in range(3)]


def _thirds_of_size(days: Sequence[Day]) -> list[float]:
    """By how much the database grew for each article that came."""
    third = len(days) // 3
    edges = [days[max(third * part - 1, 0)] for part in range(4)]
    return [(late.size - early.size) / (late.articles - early.articles) for early, late in pairwise(edges)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--feeds", type=int, default=100)
    parser.add_argument("--entries", type=int, default=2000, help="a day")
    parser.add_argument("--every", type=int, default=240, help="minutes from one cycle to the next")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = today - timedelta(days=given.days + _CATCHING_UP_DAYS)  # so that all clocks agree at the end
    plan = Plan.make(
        start=start.timestamp(),
        days=given.days,
        every=given.every * 60,
        feeds=given.feeds,
        entries_a_day=given.entries,
        seed=given.seed,
    )
    began, spent = time.monotonic(), sum(os.times()[:4])
    with tempfile.TemporaryDirectory() as name:
        found = soak(plan, Path(name), lambda line: print(line, flush=True))
    if given.days >= _ENOUGH_DAYS:
        lived = found.days[: given.days]
        print(
            "by thirds:", ", ".join(f"{value / 1e6:.1f}" for value in _thirds_of_memory(lived)), "MB resident;", end=" "
        )
        print(", ".join(f"{value / 1e3:.2f}" for value in _thirds_of_size(lived)), "kB of database an article")
    print(", ".join(f"{name}: {value:,}" for name, value in found.figures.items()))
    print(f"{time.monotonic() - began:,.0f} s, {sum(os.times()[:4]) - spent:,.0f} s of CPU")
    for problem in found.problems:
        print(f"wrong: {problem}")
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
