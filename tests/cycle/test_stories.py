"""Stories: a cycle joins articles on one event as it stores them. Whole runs over real sockets."""

from __future__ import annotations

import html
import sqlite3
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from pipeline.store import open_store, stories
from tests.command import tumen
from tests.cycle.test_scenarios import Place
from tests.world.server import Answer, Hostile

NOW = datetime.now(UTC)
PIECE = "\n".join(
    f"Line {word} of the agency's piece tells how the harbour council met and what the envoys said to each other."
    for word in ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
)
OTHER = PIECE.replace("harbour council", "museum of ferries").replace("envoys", "keepers")


def item(link: str, title: str, text: str, hours_ago: float) -> str:
    paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n"))
    return (
        f"<item><title>{html.escape(title)}</title><link>{link}</link>"
        f"<pubDate>{format_datetime(NOW - timedelta(hours=hours_ago))}</pubDate>"
        f"<content:encoded><![CDATA[{paragraphs}]]></content:encoded></item>"
    )


def channel(*items: str) -> Answer:
    return Answer(
        body=(
            '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>T</title>'
            f"{''.join(items)}</channel></rss>"
        ).encode()
    )


@pytest.fixture
def place(tmp_path: Path, config_folder: Path) -> Iterator[Place]:
    with Hostile() as server:
        made = Place(server, config_folder, tmp_path / "tumen.db")
        with (config_folder / "tumen.toml").open("a", encoding="utf-8") as file:
            file.write("[cycle]\nfeed_text_characters = 200\n")
        yield made


def test_copy_joins_its_original_with_the_reason_and_others_stay_alone(place: Place) -> None:
    own_head = PIECE.replace("Line one of the agency's piece", "The night desk adds a first line of its own to it and")
    place.server.answers |= {
        "/copy": channel(item("/b", "What the harbour council said, as our paper heard", own_head, 2)),
        "/agency": channel(item("/a", "Harbour council meets envoys in the old town", PIECE, 3)),
        "/else": channel(item("/c", "Keepers of ferries open a museum near the port", OTHER, 1)),
    }
    place.watch("/copy", "/agency", "/else")
    place.run()
    assert place.rows("SELECT count(*) FROM articles") == [(3,)]
    assert place.rows("SELECT title, articles, sources FROM stories") == [
        ("Harbour council meets envoys in the old town", 2, 2)
    ]
    ((how, why),) = place.rows("SELECT how, why FROM story_members WHERE how <> 'first'")
    assert how == "copy"
    assert str(why).startswith("11 of 1")
    assert "60 min" in str(why)
    assert place.rows("SELECT url LIKE '%/c' FROM articles WHERE story_id IS NULL") == [(1,)]
    place.run("--force")
    assert place.rows("SELECT count(*) FROM story_members") == [(2,)]


def test_later_run_joins_one_event_in_three_languages(place: Place) -> None:
    data = tomllib.loads((Path(__file__).parents[1] / "eval" / "stories.toml").read_text(encoding="utf-8"))["telling"]
    rows = [row for row in data if row["story"] in ("thaad/second-battery", "thaad/upgrade-truck")]
    for at, row in enumerate(rows):
        if row["language"] == "ko":  # else too short for the whole text
            row["text"] += (
                "\n양국 당국자는 다음 주에 다시 만나기로 했으며 자세한 내용은 회의가 끝난 뒤 공개하겠다고 덧붙였다." * 3
            )
        place.server.answers[f"/{at}"] = channel(item(f"/piece{at}", row["title"], row["text"].strip(), 6 - at))

    def watch(several: list[int]) -> None:
        (place.folder / "feeds.toml").write_text(
            "".join(
                f'[[feed]]\nname = "Feed {at}"\nurl = "{place.server.url(f"/{at}")}"\n'
                f'language = "{rows[at]["language"]}"\n'
                + {"ko": 'home = "KR"\n', "ru": 'home = "RU"\n', "en": ""}[rows[at]["language"]]
                for at in several
            ),
            encoding="utf-8",
        )

    watch([0])
    place.run()
    watch(list(range(len(rows))))
    place.run()
    joined = {row[0] for row in place.rows("SELECT title FROM articles WHERE story_id IS NOT NULL")}
    assert joined == {row["title"] for row in rows if row["story"] == "thaad/second-battery"}
    assert place.rows("SELECT count(DISTINCT story_id) FROM articles WHERE story_id IS NOT NULL") == [(1,)]
    assert all("Shares" in str(why) for (why,) in place.rows("SELECT why FROM story_members WHERE how = 'event'"))
    brief = tumen("brief", "--db", place.database)
    assert brief.stdout.count("Also in") == 1


def store_two_copies(place: Place) -> None:
    """One article in two papers, stored by one run."""
    place.server.answers |= {
        "/one": channel(item("/a", "Harbour council meets envoys in the old town", PIECE, 3)),
        "/two": channel(item("/b", "Harbour council meets envoys, our paper heard", PIECE, 2)),
    }
    place.watch("/one", "/two")
    place.run()


def test_signatures_are_deleted_after_days_and_stories_stay(place: Place) -> None:
    store_two_copies(place)
    conn = open_store(place.database)
    kept = conn.execute("SELECT count(*) FROM sentences").fetchone()[0]
    stories.forget(conn, sentences_before="2000-01-01T00:00:00Z", signatures_before="2000-01-01T00:00:00Z")
    assert conn.execute("SELECT count(*) FROM signatures").fetchone()[0] == 2
    assert conn.execute("SELECT count(*) FROM sentences").fetchone()[0] == kept > 0
    conn.execute("UPDATE articles SET first_seen_at = '2001-01-01T00:00:00Z' WHERE id = 1")
    stories.forget(conn, sentences_before="2002-01-01T00:00:00Z", signatures_before="2002-01-01T00:00:00Z")
    for table in ("signatures", "signature_keys"):
        assert {row[0] for row in conn.execute(f"SELECT DISTINCT article_id FROM {table}")} == {2}
    assert {row[0] for row in conn.execute("SELECT DISTINCT article_id FROM sentences")} == {2}
    stories.forget(conn, sentences_before="2100-01-01T00:00:00Z", signatures_before="2100-01-01T00:00:00Z")
    assert conn.execute("SELECT count(*) FROM signature_keys").fetchone()[0] == 0
    assert conn.execute("SELECT count(*) FROM sentences").fetchone()[0] == 0
    assert conn.execute("SELECT count(*) FROM story_members").fetchone()[0] == 2
    conn.close()


def test_story_is_an_ordinary_group_in_sql(place: Place) -> None:
    store_two_copies(place)
    conn = sqlite3.connect(place.database)
    found = conn.execute(
        "SELECT s.title, count(*) FROM stories s JOIN articles a ON a.story_id = s.id GROUP BY s.id"
    ).fetchall()
    conn.close()
    assert found == [("Harbour council meets envoys in the old town", 2)]


def test_joining_reads_only_its_story_whatever_statistics_the_planner_has(place: Place) -> None:
    conn = open_store(place.database)
    conn.execute(
        "INSERT INTO feeds (name, url, asked_url, language, kind, added_at) VALUES ('f', 'u', 'u', 'en', 'x', '2026')"
    )
    conn.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
        " INSERT INTO articles (title, text, feed_id, sorted_at, url, published_url, method, content_hash,"
        " first_seen_at, fetched_at)"
        " SELECT 't', 'x', 1, '2026', i, '', 'x', i, '2026', '2026' FROM n"
    )
    conn.execute("ANALYZE")  # records that no article has a story, so that an index on it looks useless
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    other = stories.known(conn, 1)
    assert other is not None
    conn.set_progress_handler(count, 100)
    stories.join(conn, 2, other, how="copy", why="w", now=NOW)
    conn.set_progress_handler(None, 0)
    conn.close()
    assert steps < 30


def test_revision_is_compared_by_its_new_text(place: Place) -> None:
    place.server.answers["/feed"] = channel(item("/a", "Putin and Kim Jong Un sign treaty in Pyongyang", PIECE, 3))
    place.watch("/feed")
    place.run()
    assert "kim_jong_un" in str(place.rows("SELECT title_concepts FROM signatures"))
    place.server.answers["/feed"] = channel(item("/a", "Harbour council meets", OTHER, 3))
    place.run("--force")
    assert "kim_jong_un" not in str(place.rows("SELECT title_concepts FROM signatures"))


def test_cycle_says_who_was_first_and_who_copied(place: Place) -> None:
    text = PIECE.replace("harbour council", "Russian and North Korean military council")
    place.server.answers |= {
        "/one": channel(item("/a", "Russia and North Korea sign a military treaty in Pyongyang", text, 3)),
        "/two": channel(item("/b", "Military treaty of Russia and North Korea, our paper heard", text, 2)),
    }
    place.watch("/one", "/two")
    place.run()
    assert place.rows("SELECT place, basis, relation, certain FROM story_order ORDER BY place") == [
        (1, "published", "first", 1),
        (2, "published", "copied", 1),
    ]
    assert place.rows("SELECT stories FROM affairs") == [(1,)]
    reviewed = place.rows("SELECT reviewed_at FROM story_reviews")
    place.run("--force")
    assert place.rows("SELECT reviewed_at FROM story_reviews") == reviewed
