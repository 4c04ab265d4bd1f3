"""Kills ``tumen run`` at random instants over the loopback world, and looks whether anything was lost or doubled.

    python -m tests.cycle.crash --kills 200

Each database is killed at three instants of a cycle, then run to the end. It must then hold the articles, flags,
entries and sightings of an undisturbed run, and every verdict that was given between the kills; each kill must leave a
file that SQLite's integrity check finds sound. Prints a line for each database and ends with 1 if one differs.
"""

from __future__ import annotations

import argparse
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pipeline.demo import World, running, write_config

_KILLS_EACH = 3

Contents = dict[str, list[tuple[object, ...]]]


def contents(database: Path) -> Contents:
    """All that a cycle stores, without ids and times."""
    with closing(sqlite3.connect(database)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
        return {
            "articles": conn.execute(
                "SELECT url, title, text, relevance, topics, method, revision FROM articles ORDER BY url"
            ).fetchall(),
            "flags": conn.execute(
                "SELECT a.url, f.topic, f.score FROM flags f JOIN articles a ON a.id = f.article_id ORDER BY 1, 2"
            ).fetchall(),
            "evidence": conn.execute(
                "SELECT a.url, e.topic, e.clause, e.start, e.end FROM evidence e JOIN articles a ON a.id = e.article_id"
                " ORDER BY 1, 2, 3, 4, 5"
            ).fetchall(),
            "entries": conn.execute("SELECT identity, state FROM entries ORDER BY identity").fetchall(),
            "sightings": conn.execute(
                "SELECT e.identity, f.url FROM sightings s JOIN entries e ON e.id = s.entry_id"
                " JOIN feeds f ON f.id = s.feed_id ORDER BY 1, 2"
            ).fetchall(),
        }


def command(database: Path, config: Path) -> list[str]:
    """One cycle that polls every feed."""
    return [sys.executable, "-m", "pipeline", "run", "--force", "-q", "--db", str(database), "--config", str(config)]


def crash(config: Path, folder: Path, kills: int, rng: random.Random) -> Iterator[tuple[list[float], str]]:
    """Kill cycles, then finish them.

    Args:
        config: of a world that is served.
        folder: where the databases are made.
        kills: how many in all, three a database.
        rng: when.

    Yields:
        For each database the instants of its kills, in seconds from the start, and what is wrong; empty: nothing.
    """
    began = time.monotonic()
    _finish(folder / "undisturbed.db", config)
    longest = time.monotonic() - began
    undisturbed = contents(folder / "undisturbed.db")
    for number in range(-(-kills // _KILLS_EACH)):
        database = folder / f"killed{number}.db"
        instants = [rng.uniform(0.05, longest) for _ in range(min(_KILLS_EACH, kills - number * _KILLS_EACH))]
        problems, verdicts = [], 0
        for instant in instants:
            process = subprocess.Popen(command(database, config), stderr=subprocess.DEVNULL)
            time.sleep(instant)
            process.send_signal(signal.SIGKILL)
            process.wait()
            if not _sound(database):
                problems.append(f"not sound after a kill at {instant:.2f} s")
            verdicts += _review(database)
        _finish(database, config)
        found = contents(database)
        problems += [f"{name} differ" for name in undisturbed if found[name] != undisturbed[name]]
        with closing(sqlite3.connect(database)) as conn:
            if conn.execute("SELECT count(*) FROM reviews").fetchone() != (verdicts,):
                problems.append("a verdict is gone")
        yield instants, "; ".join(problems)
        for file in folder.glob(f"{database.name}*"):
            file.unlink()


def _finish(database: Path, config: Path) -> None:
    done = subprocess.run(command(database, config), capture_output=True, text=True, check=False, timeout=100)
    if done.returncode != 1:  # the world's broken feed
        raise RuntimeError(f"the run ended with {done.returncode}: {done.stderr}")


def _sound(database: Path) -> bool:
    if not database.exists():
        return True
    with closing(sqlite3.connect(database)) as conn:
        return bool(conn.execute("PRAGMA integrity_check").fetchone() == ("ok",))


def _review(database: Path) -> int:
    """A verdict on the newest article, if there is one; how many were given."""
    if not database.exists():
        return 0
    with closing(sqlite3.connect(database)) as conn, conn:
        if not conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'reviews'").fetchone():
            return 0
        done = conn.execute(
            "INSERT INTO reviews (article_id, analyst, verdict, at, revision, token)"
            " SELECT id, 'kim', 'relevant', ?, revision, hex(randomblob(8)) FROM articles ORDER BY id DESC LIMIT 1",
            (f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",),
        )
        return done.rowcount


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20180621)
    given = parser.parse_args()
    wrong = count = 0
    with tempfile.TemporaryDirectory() as name, running(World(now=datetime.now(UTC))) as world:
        folder = Path(name)
        config = write_config(world, folder / "config")
        for instants, problem in crash(config, folder, given.kills, random.Random(given.seed)):
            count += len(instants)
            wrong += bool(problem)
            print(f"{count:>4} kills, at {', '.join(f'{at:.2f}' for at in instants)} s: {problem or 'as undisturbed'}")
    print(f"{count} kills, {wrong} databases that differ from an undisturbed run")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
