"""The cycle's only writer: which steps are kept when one of their group fails."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.cycle.writer import Writer
from pipeline.errors import StoreError
from pipeline.store import open_store


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    conn = open_store(tmp_path / "tumen.db")
    yield conn
    conn.close()


def add(name: str, error: Exception | None = None) -> Callable[[sqlite3.Connection], str]:
    """A step that stores a row and returns its name, or raises afterwards."""

    def step(conn: sqlite3.Connection) -> str:
        conn.execute("INSERT INTO configs (version, first_used_at) VALUES (?, '')", (name,))
        if error is not None:
            raise error
        return name

    return step


def write(conn: sqlite3.Connection, *steps: Callable[[sqlite3.Connection], str]) -> list[str | BaseException]:
    """Give all steps to one writer at once, and return what each caller gets."""

    async def run() -> list[str | BaseException]:
        async with Writer(conn) as writer:
            return await asyncio.gather(*map(writer.write, steps), return_exceptions=True)

    return asyncio.run(run())


def stored(conn: sqlite3.Connection) -> list[str]:
    return [row[0] for row in conn.execute("SELECT version FROM configs ORDER BY version")]


@pytest.mark.parametrize("place", [0, 4, 9])
def test_step_that_fails_is_rolled_back_alone(conn: sqlite3.Connection, place: int) -> None:
    error = ValueError("one page")
    names = [f"page {number}" for number in range(10)]
    results = write(conn, *(add(name, error if at == place else None) for at, name in enumerate(names)))
    good = names[:place] + names[place + 1 :]
    assert results[place] is error
    assert results[:place] + results[place + 1 :] == good
    assert stored(conn) == good


def test_row_that_breaks_a_constraint_stops_no_other_step(conn: sqlite3.Connection) -> None:
    first, again, third = write(conn, add("a"), add("a"), add("b"))
    assert (first, third) == ("a", "b")
    assert isinstance(again, sqlite3.IntegrityError)
    assert stored(conn) == ["a", "b"]


def test_damaged_database_fails_the_whole_group_with_one_message(conn: sqlite3.Connection) -> None:
    results = write(conn, add("a"), add("b", sqlite3.DatabaseError("database disk image is malformed")))
    assert [type(result) for result in results] == [StoreError, StoreError]
    assert "malformed" in str(results[0])
    assert stored(conn) == []


def test_everything_that_was_given_is_written_at_the_end(conn: sqlite3.Connection) -> None:
    async def run() -> None:
        async with Writer(conn) as writer:
            for number in range(250):  # more than one transaction takes
                writer.post(add(f"{number:03}", ValueError("dropped") if number == 7 else None))

    asyncio.run(run())
    assert stored(conn) == [f"{number:03}" for number in range(250) if number != 7]
