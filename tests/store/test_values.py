"""Conversion between rows and dataclasses, and the counters of a run."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.model import CycleCounts, CycleReport, HostState, RunCounts
from pipeline.store import hosts, open_store, runs, transaction
from pipeline.store.values import from_row, to_row

AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One column of each kind."""

    id: int
    at: datetime
    ended: datetime | None
    good: bool
    names: tuple[str, ...]
    concepts: frozenset[str]


def test_row_and_dataclass_convert_both_ways() -> None:
    value = Row(id=1, at=AT, ended=None, good=True, names=("b", "a"), concepts=frozenset({"russia", "사드"}))
    row = to_row(value)
    assert row["concepts"] == '["russia", "사드"]'
    assert from_row(Row, row | {"another_column": 7}) == value


def test_host_state_is_stored_and_read_again(tmp_path: Path) -> None:
    conn = open_store(tmp_path / "tumen.db")
    asked = HostState(site="a.example", barred_until=AT, robots_at=AT, robots_status=200, robots_body=b"User-agent: *")
    with transaction(conn):
        hosts.put(conn, [asked, HostState(site="b.example")])
    assert hosts.get(conn, "a.example") == asked
    assert hosts.get(conn, "b.example") == HostState(site="b.example")
    assert hosts.get(conn, "c.example") is None


def test_every_counter_of_a_run_is_stored_in_its_column(tmp_path: Path) -> None:
    conn = open_store(tmp_path / "tumen.db")
    numbers: dict[str, Any] = {counter.name: number for number, counter in enumerate(fields(RunCounts), 1)}
    run = runs.start(conn, "run", None, AT)
    runs.finish(conn, run, CycleReport(**numbers, seconds=1.234), AT)
    row = dict(conn.execute("SELECT * FROM runs").fetchone())
    assert {name: row[name] for name in numbers} == numbers
    assert row["seconds"] == 1.23


def test_counters_add_up() -> None:
    total = CycleCounts(feeds_polled=1, feeds_failed=True) + CycleCounts(feeds_polled=2, articles_revised=1)
    assert total == CycleCounts(feeds_polled=3, feeds_failed=1, articles_revised=1)
