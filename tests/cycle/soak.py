"""Soak test: ninety days in compressed time. Real cycles with their own clock, over feeds that roll, die and come back.

    python -m tests.cycle.soak                         100 feeds, 2,000 entries per day; about half an hour
    python -m tests.cycle.soak --days 3 --feeds 12 --entries 120

A cycle every four hours of that clock, alerts after each, housekeeping with a backup every third day; pages are kept.
Everything runs in one process, unlike the daemon's cycles, so that leaks show. Prints a line per day and the result.
Ends with status 1 if an entry was missed, anything was stored or reported twice, or anything grew.
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
_CATCH_UP_DAYS = 1
_FAILING_AFTER = 3  # failed polls in a row
_MIN_DAYS_FOR_GROWTH = 30
_MAX_GROWTH = 0.05


class Counts(TypedDict):
    """What the server saw: requests, failed polls of each outage (feed, start, number), and alert messages."""

    requests: int
    refused: list[tuple[int, float, int]]
    messages: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """State at the end of a day.

    Attributes:
        memory: resident bytes after a cycle, median of the day.
        size: bytes of the database's pages in use.
        wal: bytes of the write-ahead log.
        descriptors: open files of this process.
        slowest: seconds of the longest cycle.
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
class Result:
    """Result of a soak test."""

    days: list[Day] = field(default_factory=list)
    missed: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)


def write_config(folder: Path, feeds: Sequence[str], backups: Path) -> Path:
    """Write a config folder that watches these feeds, without pauses between requests."""
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


def soak(plan: Plan, folder: Path, report: Callable[[str], None]) -> Result:
    """Run cycles through the plan's days.

    Args:
        plan: what the feeds do.
        folder: where config, database and backups are written.
        report: receives a line per day.
    """
    with rolling(plan) as (feeds, clock):
        config = write_config(folder / "config", feeds, folder / "backups")
        database = folder / "tumen.db"
        result = Result()
        report(HEAD)
        for number in range(1, plan.days + _CATCH_UP_DAYS + 1):
            memory, slowest = [], 0.0
            for _ in range(round(DAY / plan.every)):
                clock.value += plan.every
                began = time.monotonic()
                _cycle(database, config, clock.value)
                slowest = max(slowest, time.monotonic() - began)
                memory.append(_memory())
            if number % _HOUSEKEEPING_DAYS == 0:
                result.problems += _housekeeping(database, config)
            result.days.append(_day(database, number, statistics.median(memory), slowest))
            report(result.days[-1].line())
        counts = json.load(urllib.request.urlopen(feeds[0].rsplit("/", 2)[0] + "/counts"))
        _check(plan, database, counts, result)
    return result


def _cycle(database: Path, config: Path, now: float) -> None:
    """Run one cycle at this time of the plan."""
    began = time.monotonic()

    def clock() -> datetime:
        return datetime.fromtimestamp(now + time.monotonic() - began, UTC)

    run_cycle(database, config, trigger="soak", now=clock, rng=random.Random(now))


def _housekeeping(database: Path, config: Path) -> list[str]:
    arguments = ["doctor", "--housekeeping", "--db", str(database), "--config", str(config)]
    command = [sys.executable, "-m", "pipeline", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    output = [*done.stdout.splitlines(), *done.stderr.splitlines()]
    return [] if done.returncode == 0 else [f"housekeeping: {line}" for line in output]


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


def _check(plan: Plan, database: Path, counts: Counts, result: Result) -> None:
    with closing(sqlite3.connect(database)) as conn:
        stored = {urlsplit(row[0]).path for row in conn.execute("SELECT published_url FROM entries")}
        states = dict(conn.execute("SELECT state, count(*) FROM entries GROUP BY state"))
        articles, titles = conn.execute("SELECT count(*), count(DISTINCT title) FROM articles").fetchone()
        events = conn.execute(
            "SELECT f.name, e.what FROM feed_events e JOIN feeds f ON f.id = e.feed_id ORDER BY e.id"
        ).fetchall()
        unsent = conn.execute("SELECT count(*) FROM alerts WHERE state <> 'sent'").fetchone()[0]
    due = plan.due()
    result.missed = due - stored
    problems = result.problems
    if result.missed:
        problems.append(f"{len(result.missed)} of {len(due)} entries were missed")
    if states != {"flagged": len(stored)}:
        problems.append(f"entries left behind: {states}")
    if not articles == titles == len(stored):
        problems.append(f"{len(stored)} entries became {articles} articles with {titles} titles")
    dead = Counter(f"Feed {feed}" for feed, _, refused in counts["refused"] if refused >= _FAILING_AFTER)
    reported = Counter(name for name, what in events if what == "failing")
    if reported != dead:
        problems.append(f"reported as failing: {dict(reported - dead)} too often, {dict(dead - reported)} too seldom")
    problems += _wrong_orders(events)
    if unsent or len(counts["messages"]) > len(events):
        problems.append(f"{len(events)} changes of health, {len(counts['messages'])} messages, {unsent} unsent")
    problems += _growth(result.days[: plan.days])
    result.figures = {
        "entries": len(due),
        "missed": len(result.missed),
        "articles": articles,
        "requests": counts["requests"],
        "feeds that died": sum(dead.values()),
        "feeds that fell silent": sum(what == "silent" for _, what in events),
        "messages": len(counts["messages"]),
    }


def _wrong_orders(events: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield the feeds whose health changes make no sense: well at first, the same twice, or failing at the end."""
    by_feed: dict[str, list[str]] = {}
    for name, what in events:
        by_feed.setdefault(name, []).append(what)
    for name, changes in by_feed.items():
        repeated = any(first == second for first, second in pairwise(changes))
        if changes[0] == "well" or repeated or changes[-1] == "failing":
            yield f"{name} was reported as {', '.join(changes)}"


def _growth(days: Sequence[Day]) -> Iterator[str]:
    """Yield what grew. A few days are not enough for memory and size."""
    if len({day.descriptors for day in days[2:]}) > 1:
        yield f"open files: {sorted({day.descriptors for day in days[2:]})}"
    if len(days) < _MIN_DAYS_FOR_GROWTH:
        return
    for name, values in ("memory", _thirds_of_memory(days)), ("bytes per article", _thirds_of_size(days)):
        if abs(values[2] / values[1] - 1) > _MAX_GROWTH:
            yield f"{name} by thirds: {', '.join(f'{value:,.0f}' for value in values)}"


def _thirds_of_memory(days: Sequence[Day]) -> list[float]:
    third = len(days) // 3
    return [statistics.fmean(day.memory for day in days[third * part : third * (part + 1)]) for part in range(3)]


def _thirds_of_size(days: Sequence[Day]) -> list[float]:
    """Return the bytes per new article in each third of the days."""
    third = len(days) // 3
    edges = [days[max(third * part - 1, 0)] for part in range(4)]
    return [(late.size - early.size) / (late.articles - early.articles) for early, late in pairwise(edges)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--feeds", type=int, default=100)
    parser.add_argument("--entries", type=int, default=2000, help="per day")
    parser.add_argument("--every", type=int, default=240, help="minutes from one cycle to the next")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = today - timedelta(days=arguments.days + _CATCH_UP_DAYS)  # the plan ends today, as the real clock does
    plan = Plan.make(
        start=start.timestamp(),
        days=arguments.days,
        every=arguments.every * 60,
        feeds=arguments.feeds,
        entries_per_day=arguments.entries,
        seed=arguments.seed,
    )
    began, spent = time.monotonic(), sum(os.times()[:4])
    with tempfile.TemporaryDirectory() as name:
        result = soak(plan, Path(name), lambda line: print(line, flush=True))
    if arguments.days >= _MIN_DAYS_FOR_GROWTH:
        days = result.days[: arguments.days]
        print(
            "by thirds:", ", ".join(f"{value / 1e6:.1f}" for value in _thirds_of_memory(days)), "MB resident;", end=" "
        )
        print(", ".join(f"{value / 1e3:.2f}" for value in _thirds_of_size(days)), "kB of database per article")
    print(", ".join(f"{name}: {value:,}" for name, value in result.figures.items()))
    print(f"{time.monotonic() - began:,.0f} s, {sum(os.times()[:4]) - spent:,.0f} s of CPU")
    for problem in result.problems:
        print(f"wrong: {problem}")
    return 1 if result.problems else 0


if __name__ == "__main__":
    sys.exit(main())
