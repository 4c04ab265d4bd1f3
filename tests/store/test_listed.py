"""What the lists of sources without a feed have shown, over changes of the config."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from pipeline.feeds.listing import packed
from pipeline.model import ChildSitemap, FeedId, ListChanges, ListState, Source
from pipeline.store import feeds, listed, open_store, transaction

NOW = datetime(2026, 11, 30, tzinfo=UTC)
LIST = Source(name="List", url="https://a.example/news/", language="en", via="section")
KEYS = [-(2**63), -1, 0, 7, 2**63 - 1]


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    conn = open_store(tmp_path / "tumen.db")
    feeds.sync(conn, [LIST], NOW)
    child = ChildSitemap(url="https://a.example/1.xml", lastmod="2026", etag='"a"', body_hash="b", read_at=NOW)
    with transaction(conn):
        listed.apply(conn, FeedId(1), ListChanges(keys=packed(KEYS), pattern=r"/n/\d+", children=(child,)))
    yield conn
    conn.close()


def test_state_is_what_the_polls_have_taught(conn: sqlite3.Connection) -> None:
    with transaction(conn):
        listed.apply(conn, FeedId(1), ListChanges(keys=packed([7, 8]), pattern="/m"))
    state = listed.state(conn, FeedId(1))
    assert (sorted(state.known), state.pattern) == (sorted(packed([*KEYS, 8])), "/m")
    assert [(one.url, one.etag, one.read_at, one.is_old) for one in state.children] == [
        ("https://a.example/1.xml", '"a"', NOW, False)
    ]
    with transaction(conn):
        listed.apply(conn, FeedId(1), ListChanges(gone=("https://a.example/1.xml",)))
    assert listed.state(conn, FeedId(1)).children == ()


@pytest.mark.parametrize("change", [{"via": "sitemap"}, {"url": "https://a.example/other/"}])
def test_another_list_is_learned_anew(conn: sqlite3.Connection, change: dict[str, str]) -> None:
    feeds.sync(conn, [replace(LIST, **change)], NOW)
    assert listed.state(conn, FeedId(1)) == ListState()


def test_change_of_a_note_forgets_nothing(conn: sqlite3.Connection) -> None:
    feeds.sync(conn, [replace(LIST, note="Ask Ada")], NOW)
    assert len(listed.state(conn, FeedId(1)).known) == 8 * len(KEYS)
