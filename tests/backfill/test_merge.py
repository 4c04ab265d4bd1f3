"""Merge of captures of the same pages at different times, in any order of files."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import shipped
from pipeline.backfill import merge
from pipeline.store import open_store
from tests.backfill import made, test_backfill
from tests.backfill.test_backfill import NOW, rows


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the results of two files; the file that comes first has the later texts."""
    folder = tmp_path_factory.mktemp("archive")
    earlier = made.demo_pages()[:12]
    later = [
        replace(
            page,
            body=page.body.replace(b"</p>", b" This sentence was added.</p>", 1),
            captured_at=page.captured_at + timedelta(days=1),
        )
        for page in earlier
    ]
    made.write(folder / "warcs" / "a.warc.gz", later)
    made.write(folder / "warcs" / "b.warc.gz", earlier)
    test_backfill.read(folder / "tumen.db", folder / "warcs")
    return folder / "tumen.db"


@pytest.fixture
def database(archive: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(archive, tmp_path))


def merged(database: Path, config: Path = shipped.CONFIG) -> merge.Merged:
    conn = open_store(database)
    try:
        return merge.merge(conn, config, lambda: NOW)
    finally:
        conn.close()


def test_later_capture_is_a_revision_whatever_the_order_of_files(database: Path) -> None:
    done = merged(database)
    assert done.new == done.revised > 0
    assert (done.known, done.done) == (0, done.total)
    texts = rows(database, "SELECT text LIKE '%sentence was added%', revision, origin FROM articles")
    assert set(texts) == {(1, 2, "archive")}
    assert rows(database, "SELECT count(*) FROM articles WHERE topics <> '[]'") == [(done.flagged,)]


def test_merge_that_is_repeated_stores_nothing_again(database: Path) -> None:
    first = merged(database)
    assert merged(database) == merge.Merged()
    conn = open_store(database)
    conn.execute("UPDATE archive_files SET merged_at = NULL")  # as after a stop before the last transaction
    conn.close()
    again = merged(database)
    assert (again.known, again.new, again.revised, again.flagged) == (first.total, 0, 0, 0)


def test_articles_read_with_an_earlier_lexicon_are_flagged_anew(database: Path, tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(shipped.CONFIG, config)
    topic = min(config.glob("topics/*.toml"))
    topic.write_text(topic.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    merged(database, config)
    assert rows(database, "SELECT DISTINCT config_version FROM articles") == rows(
        database, "SELECT version FROM configs"
    )
