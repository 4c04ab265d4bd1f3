"""``tumen backfill`` as its user sees it: results, ledger, merge, bad input; the same for any number of workers."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline import processing
from pipeline.backfill import engines, merge, plan, runs, task
from pipeline.backfill.jobs import Job, Period
from pipeline.cli.backfill import command
from pipeline.demo.articles import load_articles
from pipeline.errors import BadValue, NotFound, TumenError, Unavailable
from pipeline.settings import load_settings
from pipeline.store import brief, cycle_lock, flagged, open_store, outbox
from pipeline.store.values import to_text
from tests.backfill import made
from tests.cycle.test_failures import in_namespace, mounts, one_line

CAPTURES = made.demo_pages()
RELEVANT = sum(article.relevant and not article.later and not article.missing for article in load_articles())
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class InProcess:
    """An engine without processes."""

    def run(self, jobs: Sequence[Job], tick: object) -> engines.Reports:
        for job in jobs:
            yield job, task.process_file(job)


@pytest.fixture
def warcs(tmp_path: Path) -> Path:
    folder = tmp_path / "warcs"
    for part in range(3):
        made.write(folder / f"part-{part}.warc.gz", CAPTURES[part::3])
    return folder


def read(
    database: Path, folder: Path, engine: engines.Engine | None = None, period: Period | None = None
) -> runs.Summary:
    settings = load_settings(None)
    conn = open_store(database)
    try:
        work = runs.plan(conn, plan.find_files([folder]), settings, period or Period(), database.parent / "results")
        return runs.read(conn, work, settings, engine or InProcess(), lambda: NOW)
    finally:
        conn.close()


def store(database: Path) -> merge.Merged:
    from pipeline import shipped

    conn = open_store(database)
    try:
        return merge.merge(conn, shipped.CONFIG, lambda: NOW)
    finally:
        conn.close()


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    conn = sqlite3.connect(database)
    try:
        return [tuple(row) for row in conn.execute(query)]
    finally:
        conn.close()


def kept(folder: Path) -> list[tuple[object, ...]]:
    """Everything in all result files."""
    return sorted(row for path in folder.glob("*.sqlite") for row in rows(path, "SELECT * FROM articles"))


def test_relevant_articles_are_read_merged_and_marked(tmp_path: Path, warcs: Path) -> None:
    database = tmp_path / "t.db"
    summary = read(database, warcs)
    assert (summary.files, summary.counts.pages, summary.counts.damaged) == (3, len(CAPTURES), 0)
    assert RELEVANT * 0.9 <= summary.counts.relevant <= len(CAPTURES)
    merged = store(database)
    assert merged.new == summary.counts.kept
    articles = rows(
        database, "SELECT origin, first_seen_at, fetched_at < '2018-07-02', sorted_at < '2018-07-02' FROM articles"
    )
    assert set(articles) == {("archive", to_text(NOW), 1, 1)}
    assert len(articles) == merged.new
    assert rows(database, "SELECT count(*) FROM flags WHERE flagged_at IS NOT NULL")[0][0]
    assert rows(database, "SELECT count(*) FROM archived_articles")[0][0] == merged.new
    assert {row[0] for row in rows(database, "SELECT enabled FROM feeds")} == {0}


def test_archived_articles_raise_no_alert_and_stay_out_of_brief_and_atom_feed(tmp_path: Path, warcs: Path) -> None:
    database = tmp_path / "t.db"
    read(database, warcs)
    store(database)
    conn = open_store(database)
    assert not outbox.flagged(conn, "2018-01-01T00:00:00Z", ["desk"])
    assert not brief.articles(conn, "2018-01-01T00:00:00Z")
    latest = flagged.latest(conn, None, limit=50)
    assert latest is not None
    assert latest[1] == []
    conn.close()


def test_second_run_reads_nothing_and_second_merge_stores_nothing(tmp_path: Path, warcs: Path) -> None:
    database = tmp_path / "t.db"
    read(database, warcs)
    store(database)
    articles = rows(database, "SELECT * FROM articles")
    assert read(database, warcs).files == 0
    assert store(database).files == 0
    made.write(warcs / "more.warc.gz", CAPTURES[:3])
    assert read(database, warcs).files == 1
    again = store(database)
    assert (again.new, again.revised) == (0, 0)
    assert rows(database, "SELECT * FROM articles") == articles


def test_result_without_a_row_in_the_ledger_is_adopted(tmp_path: Path, warcs: Path) -> None:
    """As after kill -9 between the renaming of a result and the writing of its row."""
    database = tmp_path / "t.db"
    counts = read(database, warcs).counts
    conn = open_store(database)
    conn.execute("DELETE FROM archive_files")
    conn.close()
    assert read(database, warcs).files == 0
    assert store(database).new == counts.kept


def test_later_capture_with_another_text_is_a_revision_in_any_order_of_files(tmp_path: Path) -> None:
    first = next(capture for capture in CAPTURES if b"State Duma" in capture.body)
    later = replace(
        first,
        body=first.body.replace(b"Lionel Marsh", b"Lionel Marshall"),
        captured_at=first.captured_at + timedelta(days=1),
    )
    folder = tmp_path / "warcs"
    made.write(folder / "b.warc.gz", [first])
    made.write(folder / "a.warc.gz", [later])
    database = tmp_path / "t.db"
    read(database, folder)
    merged = store(database)
    assert (merged.new, merged.revised) == (1, 1)
    assert "Marshall" in str(rows(database, "SELECT text FROM articles"))
    assert "Marshall" not in str(rows(database, "SELECT text FROM revisions"))


def test_article_of_a_feed_is_not_changed_by_its_archived_page(tmp_path: Path, warcs: Path) -> None:
    database = tmp_path / "t.db"
    read(database, warcs)
    store(database)
    conn = open_store(database)
    conn.execute("UPDATE articles SET origin = 'feed', text = 'of the feed', content_hash = ''")
    conn.execute("UPDATE archive_files SET merged_at = NULL")
    conn.close()
    assert store(database).new == 0
    assert set(rows(database, "SELECT text FROM articles")) == {("of the feed",)}


def test_stories_join_articles_of_one_time_only(tmp_path: Path) -> None:
    first = next(capture for capture in CAPTURES if b"State Duma" in capture.body)
    soon = replace(first, url="https://other.example/a/20180630", captured_at=first.captured_at + timedelta(hours=2))
    years = timedelta(days=1500)
    old = replace(
        first,
        url="https://third.example/a/1",
        body=first.body.replace(f"{first.captured_at:%Y}".encode(), f"{first.captured_at - years:%Y}".encode()),
        captured_at=first.captured_at - years,
    )
    made.write(tmp_path / "warcs" / "a.warc.gz", [first, soon, old])
    database = tmp_path / "t.db"
    read(database, tmp_path / "warcs")
    store(database)
    stories = {row[0]: row[1] for row in rows(database, "SELECT published_url, story_id FROM articles")}
    assert stories[first.url] == stories[soon.url] is not None
    assert stories[old.url] is None


def test_period_leaves_out_captures_and_articles_of_other_days(tmp_path: Path, warcs: Path) -> None:
    day = max(capture.captured_at for capture in CAPTURES).replace(hour=0, minute=0, second=0)
    period = Period(start=day, end=day + timedelta(days=1))
    database = tmp_path / "t.db"
    counts = read(database, warcs, period=period).counts
    assert 0 < counts.kept < RELEVANT
    assert counts.outside
    store(database)
    times = {str(row[0])[:10] for row in rows(database, "SELECT sorted_at FROM articles")}
    assert times == {f"{day:%Y-%m-%d}"}


@pytest.mark.alone
@pytest.mark.parametrize("processes", [1, 2, 4])
def test_pool_gives_the_same_result_with_any_number_of_workers(tmp_path: Path, warcs: Path, processes: int) -> None:
    read(tmp_path / "one" / "t.db", warcs)
    summary = read(tmp_path / "many" / "t.db", warcs, engines.PoolEngine(processes, 1024))
    assert summary.files == 3
    assert kept(tmp_path / "one" / "results") == kept(tmp_path / "many" / "results") != []


@pytest.mark.alone
def test_dask_gives_the_same_result(tmp_path: Path, warcs: Path) -> None:
    read(tmp_path / "one" / "t.db", warcs)
    summary = read(tmp_path / "many" / "t.db", warcs, engines.DaskEngine(None, 2))
    assert summary.files == 3
    assert kept(tmp_path / "one" / "results") == kept(tmp_path / "many" / "results") != []


@pytest.mark.alone
@pytest.mark.parametrize("victim", ["command", "worker"])
def test_after_kill_nothing_is_lost_or_doubled(tmp_path: Path, warcs: Path, victim: str) -> None:
    read(tmp_path / "one" / "t.db", warcs)
    results = tmp_path / "many" / "results"
    words = ["backfill", warcs, "--db", tmp_path / "many" / "t.db", "--results", results, "--workers", "1"]
    with subprocess.Popen([sys.executable, "-m", "pipeline", *map(str, words)], stdout=subprocess.DEVNULL) as run:
        while run.poll() is None and not any(results.glob("*.journal")):
            time.sleep(0.01)
        os.kill(run.pid if victim == "command" else writer_of(next(results.glob("*.part"))), signal.SIGKILL)
        assert run.wait(100) == (-signal.SIGKILL if victim == "command" else 0)
    read(tmp_path / "many" / "t.db", warcs)
    assert kept(tmp_path / "one" / "results") == kept(results) != []
    assert not list(results.glob("*.part"))
    assert store(tmp_path / "many" / "t.db").new == store(tmp_path / "one" / "t.db").new


def writer_of(part: Path) -> int:
    """The process that writes a part, which names it."""
    return int(part.name.removesuffix(".part").rpartition("-")[2])


def test_page_that_ends_its_worker_twice_is_left_out(
    tmp_path: Path, warcs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Stands for the end of the process."""

    original = processing.read_page
    deaths = []

    def deadly(entry, *words, **more):  # type: ignore[no-untyped-def]
        if "duma" in entry.url:
            deaths.append(entry.url)
            raise Killed
        return original(entry, *words, **more)

    monkeypatch.setattr(processing, "read_page", deadly)
    database = tmp_path / "t.db"
    for _ in range(2):
        with pytest.raises(Killed):
            read(database, warcs)
    summary = read(database, warcs)
    assert len(set(deaths)) == 1
    assert summary.counts.failed == 1
    assert summary.counts.kept
    assert not list((tmp_path / "results").glob("*.part"))
    assert not list((tmp_path / "results").glob("*.journal"))


# ------------------------------------------------------------------------------------------------ bad input


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


@pytest.mark.parametrize(
    ("words", "kind", "reason"),
    [
        (["missing.warc.gz"], NotFound, "does not exist"),
        (["empty"], NotFound, "no WARC file"),
        (["list.txt"], BadValue, "Download them first"),
        (["a", "b"], BadValue, "is named 2 times"),
        (["a", "--from", "2018-07-01", "--to", "2018-06-01"], BadValue, "--to is before --from"),
    ],
)
def test_wrong_arguments_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], kind: type[TumenError], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    made.write(tmp_path / "a" / "x.warc.gz", CAPTURES[:1])
    made.write(tmp_path / "b" / "x.warc.gz", CAPTURES[:1])
    (tmp_path / "list.txt").write_text("https://data.example/x.warc.gz\n")
    error = run(*words, "--db", tmp_path / "t.db").exception
    assert isinstance(error, kind)
    assert reason in str(error)
    assert not (tmp_path / "t.db").exists()


def test_wrong_date_names_the_form() -> None:
    result = run("a", "--from", "June")
    assert result.exit_code == 2
    assert "2018-06-21" in result.output


def test_bad_file_among_good_ones_is_named_and_the_others_are_read(tmp_path: Path, warcs: Path) -> None:
    (warcs / "letter.warc.gz").write_bytes(b"a letter " * 1000)
    summary = read(tmp_path / "t.db", warcs)
    assert summary.files == 3
    assert summary.problems == [f"{warcs.resolve() / 'letter.warc.gz'}: has no readable WARC record."]
    again = read(tmp_path / "t.db", warcs)
    assert (again.files, len(again.problems)) == (0, 1)


def test_second_backfill_at_the_same_time_is_refused(tmp_path: Path, warcs: Path) -> None:
    with cycle_lock(tmp_path / "r" / "backfill", "tumen backfill"):
        error = run(warcs, "--db", tmp_path / "t.db", "--results", tmp_path / "r").exception
    assert isinstance(error, TumenError)
    assert error.exit_code == 75
    assert "another run is active" in str(error)


def test_cluster_that_does_not_answer_is_one_line(tmp_path: Path, warcs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_CONNECT_SECONDS", 0.5)
    with pytest.raises(Unavailable, match="no Dask scheduler") as error:
        read(tmp_path / "t.db", warcs, engines.DaskEngine("tcp://127.0.0.1:9", 1))
    assert "\n" not in str(error.value)


@pytest.mark.alone
def test_cluster_with_another_version_of_tumen_is_one_line(
    tmp_path: Path, warcs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "__version__", "99.0.0")  # of this process; workers import their own
    with pytest.raises(Unavailable, match="has Tumen") as error:
        read(tmp_path / "t.db", warcs, engines.DaskEngine(None, 1))
    assert "99.0.0" in str(error.value)
    assert not kept(tmp_path / "results")


@mounts
@pytest.mark.alone
def test_full_disk_is_one_line_and_the_next_run_goes_on(tmp_path: Path, warcs: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["backfill", warcs, "--db", tmp_path / "t.db", "--results", disk, "--workers", "1"]
    done = in_namespace(f"mount -t tmpfs -o size=60k tmpfs {disk}", sys.executable, "-m", "pipeline", *map(str, words))
    one_line(done, "disk is full", str(disk))
    assert read(tmp_path / "t.db", warcs).files == 3


def test_dry_run_prints_plan_and_map_and_reads_nothing(tmp_path: Path, warcs: Path) -> None:
    (warcs / "part-0.warc.gz").rename(warcs / "NEWS-20180629101530-00021.warc.gz")
    result = run(warcs, "--db", tmp_path / "t.db", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "3 files to read" in result.output
    assert "2018-06" in result.output
    assert not list(tmp_path.glob("*/*.sqlite"))


def test_list_of_paths_is_read(tmp_path: Path, warcs: Path) -> None:
    listing = tmp_path / "files.paths"
    listing.write_text("".join(f"warcs/{path.name}\n" for path in warcs.iterdir()))
    assert len(plan.find_files([listing])) == 3
