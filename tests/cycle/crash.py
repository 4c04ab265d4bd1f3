"""Crash test: kills ``tumen run`` at random times over the demo's sites, and checks that nothing is lost or doubled.

    python -m tests.cycle.crash --kills 200

Each database is killed at three times of a cycle, then run to the end. Verdicts are given before and after each kill,
as an analyst would. The database must then hold the articles, flags, entries and sightings of an undisturbed run, and
exactly the acknowledged verdicts, each article with its last one. After each kill the file must pass SQLite's integrity
check, and no process may be left. Prints a line per database (times of the kills, articles at each kill) and ends with
status 1 if one differs.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.demo import World, running, write_config

_KILLS_EACH = 3
_KINDS = ("relevant", "not_relevant", "escalate", "withdrawn")

Contents = dict[str, list[tuple[object, ...]]]
Verdicts = list[tuple[str, str]]  # address of the article and verdict, in order of acknowledgement


# An article that several feeds carry has the home country of the feed that was polled first, which depends on timing.
_ONE_FEED = """
JOIN articles a ON a.id = {0}.article_id AND 1 =
  (SELECT count(*) FROM sightings s JOIN entries e ON e.id = s.entry_id WHERE e.article_id = a.id)
"""


def contents(database: Path) -> Contents:
    """Return what a cycle stores, without ids and times."""
    with closing(sqlite3.connect(database)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
        return {
            "articles": conn.execute("SELECT url, title, text, method, revision FROM articles ORDER BY url").fetchall(),
            "flags": conn.execute(
                f"SELECT a.url, f.topic, f.score FROM flags f {_ONE_FEED.format('f')} ORDER BY 1, 2"
            ).fetchall(),
            "evidence": conn.execute(
                f"SELECT a.url, v.topic, v.clause, v.start, v.end FROM evidence v {_ONE_FEED.format('v')}"
                " ORDER BY 1, 2, 3, 4, 5"
            ).fetchall(),
            "entries": conn.execute("SELECT identity, state FROM entries ORDER BY identity").fetchall(),
            "sightings": conn.execute(
                "SELECT e.identity, f.url FROM sightings s JOIN entries e ON e.id = s.entry_id"
                " JOIN feeds f ON f.id = s.feed_id ORDER BY 1, 2"
            ).fetchall(),
        }


def command(database: Path, config: Path) -> list[str]:
    """Return the command of a cycle that polls every feed."""
    return [sys.executable, "-m", "pipeline", "run", "--force", "-q", "--db", str(database), "--config", str(config)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crashed:
    """One database whose cycles were killed, after a last complete cycle.

    Attributes:
        times: of its kills, in seconds from the start of each cycle.
        articles: number of articles after each kill.
        verdicts: number of acknowledged verdicts.
        problem: differences from an undisturbed run; empty without any.
    """

    times: tuple[float, ...]
    articles: tuple[int, ...]
    verdicts: int
    problem: str


def crash(world: World, config: Path, folder: Path, kills: int, rng: random.Random) -> Iterator[Crashed]:
    """Kill cycles, then finish them.

    A cycle spends most of its time loading the lexicon. So a third of the kills come at any time, a third a moment
    after a request, and a third as soon as an article is stored.

    Args:
        world: the served sites.
        config: config folder for these sites.
        folder: where the databases are created.
        kills: total number, three per database.
        rng: source of the times.
    """
    began = time.monotonic()
    _finish(folder / "undisturbed.db", config)
    longest = time.monotonic() - began
    requests = len(world.log)
    undisturbed = contents(folder / "undisturbed.db")
    for number in range(-(-kills // _KILLS_EACH)):
        database = folder / f"killed{number}.db"
        problems: list[str] = []
        given: Verdicts = []
        times, articles = [], []
        for kill in range(number * _KILLS_EACH, min((number + 1) * _KILLS_EACH, kills)):
            match (kill + number) % 3:  # each database begins with another kind of time
                case 0:
                    when = _at_an_article(database)
                case 1:
                    when = _at_a_time(rng.uniform(0.05, longest))
                case _:
                    when = _at_a_request(world, rng, requests)
            process = subprocess.Popen(command(database, config), stderr=subprocess.DEVNULL, start_new_session=True)
            analyst = threading.Thread(target=_review, args=(database, rng, given, longest / 2))
            analyst.start()
            times.append(_kill(process, when))
            analyst.join()
            if not _sound(database):
                problems.append(f"damaged after a kill at {times[-1]:.2f} s")
            if survivors := left(process.pid):
                problems.append(f"processes {survivors} survived a kill at {times[-1]:.2f} s")
            _review(database, rng, given)
            articles.append(_count_articles(database))
        _finish(database, config)
        stored = contents(database)
        problems += [f"{name} differ" for name in undisturbed if stored[name] != undisturbed[name]]
        problems += _missing_verdicts(database, given)
        yield Crashed(times=tuple(times), articles=tuple(articles), verdicts=len(given), problem="; ".join(problems))
        for file in folder.glob(f"{database.name}*"):
            file.unlink()


def _at_a_time(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() >= until


def _at_a_request(world: World, rng: random.Random, requests: int) -> Callable[[], bool]:
    """Return a condition: some milliseconds after a random number of further requests."""
    number, after = len(world.log) + rng.randint(1, requests), rng.uniform(0, 0.1)

    def reached() -> bool:
        if len(world.log) < number:
            return False
        time.sleep(after)
        return True

    return reached


def _at_an_article(database: Path) -> Callable[[], bool]:
    """Return a condition: the database has more articles than now."""
    before = _count_articles(database)
    return lambda: _count_articles(database) > before


def _kill(process: subprocess.Popen[bytes], when: Callable[[], bool]) -> float:
    """Kill a cycle when the condition holds, unless it ended before; return its seconds."""
    began = time.monotonic()
    while process.poll() is None and not when():
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return time.monotonic() - began


def left(session: int) -> list[int]:
    """Return the processes of a session that remain. Wait up to 30 s for them to end."""
    until = time.monotonic() + 30
    while (remaining := [pid for pid in _processes() if _session(pid) == session]) and time.monotonic() < until:
        time.sleep(0.05)
    return remaining


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def _finish(database: Path, config: Path) -> None:
    done = subprocess.run(command(database, config), capture_output=True, text=True, check=False, timeout=100)
    if done.returncode != 1:  # one feed of the demo is broken
        raise RuntimeError(f"the run ended with {done.returncode}: {done.stderr}")


def _sound(database: Path) -> bool:
    if not database.exists():
        return True
    with closing(sqlite3.connect(database)) as conn:
        return bool(conn.execute("PRAGMA integrity_check").fetchone() == ("ok",))


def _count_articles(database: Path) -> int:
    if not database.exists():
        return 0
    with closing(sqlite3.connect(database)) as conn:
        if not conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'articles'").fetchone():
            return 0
        return int(conn.execute("SELECT count(*) FROM articles").fetchone()[0])


def _review(database: Path, rng: random.Random, given: Verdicts, after: float = 0) -> None:
    """Give a verdict on a random article, if there is one, after some seconds."""
    time.sleep(after)
    if not database.exists():
        return
    with closing(sqlite3.connect(database, timeout=30)) as conn:
        if not conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'standing'").fetchone():
            return
        articles = conn.execute("SELECT id, url FROM articles ORDER BY url").fetchall()
        if not articles:
            return
        (article, url), verdict = rng.choice(articles), rng.choice(_KINDS)
        with conn:
            conn.execute(
                "INSERT INTO reviews (article_id, analyst, verdict, at, revision, token)"
                " SELECT id, 'kim', ?, ?, revision, hex(randomblob(8)) FROM articles WHERE id = ?",
                (verdict, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", article),
            )
        given.append((url, verdict))


def _missing_verdicts(database: Path, given: Verdicts) -> Iterator[str]:
    """Yield the differences from the acknowledged verdicts."""
    with closing(sqlite3.connect(database)) as conn:
        stored = conn.execute(
            "SELECT a.url, r.verdict FROM reviews r JOIN articles a ON a.id = r.article_id ORDER BY r.id"
        ).fetchall()
        if stored != given:
            yield f"verdicts given: {given}, stored: {stored}"
        last = {url: None if verdict == "withdrawn" else verdict for url, verdict in given}
        shown = dict(conn.execute("SELECT url, verdict FROM articles"))
        if any(verdict != last.get(url) for url, verdict in shown.items()):
            yield "an article does not have its last verdict"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20180621)
    arguments = parser.parse_args()
    wrong = count = verdicts = 0
    with tempfile.TemporaryDirectory() as name, running(World(now=datetime.now(UTC))) as world:
        folder = Path(name)
        config = write_config(world, folder / "config")
        for result in crash(world, config, folder, arguments.kills, random.Random(arguments.seed)):
            count += len(result.times)
            verdicts += result.verdicts
            wrong += bool(result.problem)
            kills = ", ".join(f"{at:.2f} s ({n})" for at, n in zip(result.times, result.articles, strict=True))
            print(f"{count:>4} kills, at {kills}, {result.verdicts} verdicts: {result.problem or 'same'}", flush=True)
    print(f"{count} kills, {verdicts} verdicts; {wrong} databases differ from an undisturbed run")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
