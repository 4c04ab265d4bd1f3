"""An outage of this machine's own network counts against no feed and no page, and is one line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cli.run import command as run
from pipeline.cycle.reach import Reach
from pipeline.demo import World, running
from pipeline.errors import NetworkUnreachable
from pipeline.model import FailureKind, Fetched, FetchFailed
from pipeline.store.values import to_time
from tests.cycle.desk import Desk

STATE = "SELECT name, failures, interval_seconds, status, ok_at, problem FROM feeds ORDER BY name"


def failed(kind: FailureKind) -> FetchFailed:
    return FetchFailed(url="https://a.example/", kind=kind, reason=f"It is {kind}.")


def test_outage_changes_no_feed_and_all_are_due_again_soon(tmp_path: Path, config_folder: Path) -> None:
    with running(World(now=datetime.now(UTC))) as world:
        desk = Desk(world, tmp_path, config_folder)
        feeds = desk.config / "feeds.toml"
        twin = feeds.read_text(encoding="utf-8").split("[[feed]]")[1]
        with feeds.open("a", encoding="utf-8") as file:  # a second feed of one host is deferred after the first fails
            twin = re.sub(r'^(url = ".*)"', r'\1?twin"', twin, flags=re.MULTILINE)
            file.write("[[feed]]" + twin.replace('name = "', 'name = "Twin of ', 1))
        desk.run()
    before, events = desk.rows(STATE), desk.rows("SELECT * FROM feed_events")
    waiting = desk.rows("SELECT id, attempts FROM entries WHERE state IN ('new', 'failed') ORDER BY id")
    for cycle in range(1, 7):  # the world's ports are closed now
        desk.later = timedelta(hours=cycle)
        report = desk.run(force=True)
        assert report.outage
        assert report.feeds_unreachable == report.feeds_polled == len(before)
        assert report.feed_changes == ()
    assert desk.rows(STATE) == before
    assert desk.rows("SELECT * FROM feed_events") == events
    assert desk.rows("SELECT id, attempts FROM entries WHERE state IN ('new', 'failed') ORDER BY id") == waiting
    soon = datetime.now(UTC) + desk.later + timedelta(minutes=3)
    assert all(to_time(str(due)) < soon for (due,) in desk.rows("SELECT due_at FROM feeds"))
    assert desk.rows("SELECT DISTINCT status FROM runs WHERE id > 1") == [(69,)]


def test_command_prints_one_line_and_returns_69(tmp_path: Path) -> None:
    with running(World(now=datetime.now(UTC))) as world:
        config = Desk(world, tmp_path).config
    arguments = ["--quiet", "--db", str(tmp_path / "tumen.db"), "--config", str(config)]
    with pytest.raises(
        NetworkUnreachable, match=r"^None of 7 feeds could be reached: is this machine on the network\?"
    ):
        run.main(arguments, standalone_mode=False)
    assert run.main([*arguments, "--force"], standalone_mode=False) == 69  # no second mail of cron


def test_dead_site_counts_when_another_site_answers(desk: Desk) -> None:
    site = next(iter(desk.world.origins))
    feeds = desk.config / "feeds.toml"
    text = feeds.read_text(encoding="utf-8")
    feeds.write_text(text.replace(desk.world.origins[site], "http://127.0.0.1:9"), encoding="utf-8")
    settings = desk.config / "tumen.toml"
    allowed = settings.read_text(encoding="utf-8").replace("allow_private = [", 'allow_private = ["127.0.0.1:9", ')
    settings.write_text(allowed, encoding="utf-8")
    report = desk.run()
    assert not report.outage
    assert desk.rows("SELECT failures FROM feeds WHERE url LIKE '%:9/%'") == [(1,)]


@pytest.mark.parametrize(
    ("kinds", "outage"),
    [
        (["dns", "connect"], True),
        (["connect", "timeout", "deferred"], True),
        (["dns", "bad_url", "robots"], True),
        (["timeout", "timeout"], False),
        (["deferred"], False),
        (["dns", "status"], False),
        (["dns", ""], False),
        ([], False),
    ],
)
def test_outage_is_when_connections_were_tried_and_none_was_made(kinds: list[FailureKind | str], outage: bool) -> None:
    reach = Reach()
    for kind in kinds:
        answer = Fetched(url="https://a.example/", status=200, headers={}, body=b"")
        reach.note(failed(kind) if kind else answer)  # type: ignore[arg-type] # "" is no kind
    assert reach.is_outage == outage


def test_failure_is_held_only_until_something_was_reached() -> None:
    reach = Reach()
    reach.note(failed("dns"))
    assert reach.is_unclear(failed("dns"))
    assert not reach.is_unclear(failed("status"))
    reach.note(failed("status"))
    assert not reach.is_unclear(failed("dns"))
