"""Archive of fetched pages: what it gives back, and how long it keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.store.page_archive import PageArchive, PageCopy, digest
from pipeline.store.values import to_text

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[PageArchive]:
    archive = PageArchive.open(tmp_path / "tumen.pages.db")
    yield archive
    archive.close()


def page(body: bytes = b"<p>A port opens.</p>", at: datetime = NOW) -> PageCopy:
    return PageCopy(hash=digest(body), url="https://n.example/1", fetched_at=to_text(at), content_type=None, body=body)


def test_page_comes_back_as_it_was_first_fetched(archive: PageArchive) -> None:
    archive.put(page())
    archive.put(page(at=NOW + DAY))
    assert archive.get(page().hash) == page()
    assert archive.get(digest(b"another page")) is None


def test_damaged_page_is_missing(archive: PageArchive) -> None:
    archive.put(page())
    archive.put(page(b"other bytes"))
    other = archive.conn.execute("SELECT body FROM copies WHERE hash = ?", (digest(b"other bytes"),)).fetchone()[0]
    for body in (other, other[:-1], b"no zstd"):
        archive.conn.execute("UPDATE copies SET body = ? WHERE hash = ?", (body, page().hash))
        assert archive.get(page().hash) is None


@pytest.mark.parametrize(
    ("ends", "days_kept"),
    [
        ([7], 7),
        ([7, 3], 7),  # the later end counts
        ([3, 7], 7),
        ([3, None], 99),  # kept for good from now on
        ([None, 3], 99),
    ],
)
def test_page_is_kept_until_its_last_end(archive: PageArchive, ends: list[int | None], days_kept: int) -> None:
    for end in ends:
        archive.put(page(), until=None if end is None else NOW + end * DAY)
    for day in (2, 3, 4, 6, 7):
        archive.prune_watched(NOW + day * DAY)
        assert (archive.get(page().hash) is not None) is (day <= days_kept), day
    archive.prune_watched(NOW + 8 * DAY)
    assert (archive.get(page().hash) is not None) is (days_kept > 8)


def test_pages_before_a_time_are_deleted_and_counted(archive: PageArchive) -> None:
    for age in (0, 1, 2):
        archive.put(page(f"{age}".encode(), at=NOW - age * DAY))
    assert archive.prune(NOW - DAY) == 1
    assert [archive.get(digest(f"{age}".encode())) is not None for age in (0, 1, 2)] == [True, True, False]


def test_missing_or_foreign_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no page was kept"):
        PageArchive.open(tmp_path / "none.db", create=False)
    (tmp_path / "text.db").write_text("no database, but long enough to be read as one " * 30, encoding="utf-8")
    with pytest.raises(StoreError, match="move it away"):
        PageArchive.open(tmp_path / "text.db")
