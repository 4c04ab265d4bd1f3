"""Edits and the direction of stories as people see them: article page, list, Atom feed, brief."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest

from pipeline.edits import describe
from pipeline.model import ArticleId, Change, EditPart
from pipeline.model.directions import Direction, Gap, Placed
from pipeline.store import directions, edits, open_store, transaction
from tests.review.conftest import Served, serving

NOW = datetime.now(UTC)
OLD, NEW = "Some 12 <b>ferries</b> came.", "Some 14 <b>ferries</b> came."


@pytest.fixture(scope="module")
def edited(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A desk whose first article of a story was edited, and another one deleted."""
    with serving(archive, tmp_path_factory.mktemp("edited")) as served:
        conn = open_store(served.database)
        story, first, second = conn.execute(
            "SELECT a.story_id, min(a.id), max(a.id) FROM articles a"
            " WHERE a.story_id IS NOT NULL AND a.relevant = 1 GROUP BY a.story_id HAVING count(*) > 1"
        ).fetchone()
        part = EditPart(kind="fact", old=OLD, new=NEW, facts=("−12", "+14"), key=5)
        with transaction(conn):
            for article, change in ((first, Change(kind="fact", parts=(part,))), (second, Change(kind="gone"))):
                edit = edits.Edit(
                    article=ArticleId(article),
                    feed=1,
                    change=change,
                    seen_at=NOW,
                    since=NOW - timedelta(hours=2),
                    summary=describe(change) if change.parts else "The page is gone (status 404).",
                    flags_lost=["thaad"],
                )
                edits.put(conn, edit)
            conn.execute(
                "INSERT OR REPLACE INTO looks (article_id, entry_id, state, url, started_at, looked_at, reason)"
                " VALUES (?, (SELECT min(id) FROM entries), 'ended', 'u', '', ?, 'A bot wall <answered>.')",
                (first, NOW.isoformat()[:19] + "Z"),
            )
            directions.put(conn, story, _direction(first, second), NOW)
            conn.execute("UPDATE stories SET last_seen_at = ?, sources = 2", (NOW.isoformat()[:19] + "Z",))
        conn.close()
        served.story, served.first, served.second = story, first, second  # type: ignore[attr-defined] # of this module
        yield served


def _direction(first: int, second: int) -> Direction:
    def placed(article: int, relation: str, like: int | None) -> Placed:
        return Placed(
            article=article,
            earliest=NOW - timedelta(hours=3),
            latest=NOW - timedelta(hours=2),
            basis="polled",
            relation=relation,  # type: ignore[arg-type] # one of the literals
            certain=True,
            like=like,
            evidence="Shares 4 sentences.",
        )

    gap = Gap(
        side="RU", told_by="KR", kind="concept", item="thaad", sources=2, article=second, quotation="A <i>quote</i>."
    )
    return Direction(placed=(placed(first, "first", None), placed(second, "copied", first)), gaps=(gap,))


def test_article_shows_what_it_first_said_and_says_now(edited: Served) -> None:
    status, page, _ = edited.get(f"/-/tumen/article/{edited.first}")  # type: ignore[attr-defined] # set by the fixture
    assert status == 200
    assert "Edited after publication" in page
    assert "<del>12</del><ins>14</ins>" in page
    assert "First said" in page
    assert "Now says" in page
    assert "<b>ferries</b>" not in page
    assert "web.archive.org/web/" in page
    assert "Flags lost: " in page
    assert "A bot wall &lt;answered&gt;." in page
    status, page, _ = edited.get(f"/-/tumen/article/{edited.second}")  # type: ignore[attr-defined] # set by the fixture
    assert "Deleted by the publisher" in page


def test_article_shows_who_was_first_and_what_a_side_leaves_out(edited: Served) -> None:
    _, page, _ = edited.get(f"/-/tumen/article/{edited.first}")  # type: ignore[attr-defined] # set by the fixture
    assert "Who reported first" in page
    assert "copy of" in page
    assert "Not in articles from RU" in page
    assert "A &lt;i&gt;quote&lt;/i&gt;." in page


def test_list_of_edits_can_be_filtered_and_has_a_feed(edited: Served) -> None:
    status, page, _ = edited.get("/-/tumen/edits")
    assert status == 200
    assert page.count('class="edits"') == 2
    _, page, _ = edited.get("/-/tumen/edits?kind=gone")
    assert page.count('class="edits"') == 1
    assert edited.get("/-/tumen/edits?kind=cosmetic&before=x")[0] == 200
    _, body, headers = edited.get("/-/tumen/edits.atom")
    assert headers["content-type"].startswith("application/atom+xml")
    feed = feedparser.parse(body)
    assert sorted(entry.title.split(":")[0] for entry in feed.entries) == ["Deleted", "Fact"]
    assert any(f"First said: {OLD}" in entry.summary for entry in feed.entries)


def test_edits_and_directions_are_in_the_readers_language_and_time_zone(edited: Served) -> None:
    seoul = (NOW + timedelta(hours=9)).strftime("%Y-%m-%d %H:%M")
    for path in ("edits", f"article/{edited.first}", f"story/{edited.story}"):  # type: ignore[attr-defined] # set by the fixture
        page = edited.get(f"/-/tumen/{path}", accept_language="ko", cookie="tumen_zone=Asia/Seoul")[1]
        for english in ("First said", "not yet at", "Flags lost", "Who reported", "copy of", "Not in articles", " UTC"):
            assert english not in page, (path, english)
        assert seoul in page or path.startswith("story")


def test_desk_without_edits_says_so(library: Served) -> None:
    assert "No edits were found" in library.get("/-/tumen/edits")[1]


def test_brief_names_edits_and_who_was_first_in_each_form(edited: Served) -> None:
    def brief(form: str) -> str:
        command = [sys.executable, "-m", "pipeline", "brief", "--db", str(edited.database), "--format", form]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    assert "## Edited or deleted after publication" in brief("md")
    assert "## Who reported first, and what is left out" in brief("md")
    assert "Edited or deleted after publication</h2>" in brief("html")
    data = json.loads(brief("json"))
    assert sorted(edit["kind"] for edit in data["edits"]) == ["fact", "gone"]
    own = next(story for story in data["stories"] if story["id"] == edited.story)  # type: ignore[attr-defined] # set by the fixture
    assert own["certain"] is True
    assert own["gaps"]["RU"]


def test_tables_of_edits_and_directions_are_queries_of_datasette(edited: Served) -> None:
    for name in ("edits", "left_out", "first_and_copied"):
        status, _, _ = edited.get(f"/tumen/{name}.json?story={edited.story}")  # type: ignore[attr-defined] # set by the fixture
        assert status == 200
    conn = sqlite3.connect(edited.database)
    assert conn.execute("SELECT count(*) FROM edits").fetchone()[0] == 2
    conn.close()
