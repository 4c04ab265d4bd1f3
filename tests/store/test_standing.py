"""What stands for an article after the verdicts and notes of a team."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.store import flagged, reviews
from tests.store.build import new_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 30, 7, tzinfo=UTC)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Five articles on “pipelines”; the topic “railways” has none."""
    conn = new_store(tmp_path / "tumen.db")
    conn.executescript(
        "INSERT INTO configs VALUES ('c', 't');"
        "INSERT INTO feeds (name, url, asked_url, language, kind, added_at) VALUES ('n', 'u', 'u', 'en', 'daily', 't');"
        "INSERT INTO topics (id, title, position) VALUES ('pipelines', 'Pipelines', 1), ('railways', 'Railways', 2);"
    )
    for number in range(1, 6):
        conn.execute(
            "INSERT INTO articles (id, title, relevant, topics, feed_id, sorted_at, url, published_url, method,"
            " content_hash, first_seen_at, fetched_at, text) VALUES (?, 't', 1, '[\"pipelines\"]', 1, 't', ?, 'u',"
            " 'feed', 'h', 't', 't', 'x')",
            (number, f"https://a.invalid/{number}"),
        )
        conn.execute(
            "INSERT INTO flags (article_id, topic, score, revision, config_version, sorted_at, flagged_at)"
            " VALUES (?, 'pipelines', 0.8, 1, 'c', 't', 't')",
            (number,),
        )
    yield conn
    conn.close()


def give(conn: sqlite3.Connection, article: int, analyst: str, verdict: Any, **more: Any) -> reviews.Stored:
    token = f"token-{conn.execute('SELECT count(*) FROM reviews').fetchone()[0]}-{article}-{analyst}"
    new = reviews.NewVerdict(
        **{"article": article, "analyst": analyst, "verdict": verdict, "revision": 1, "token": token} | more
    )
    return reviews.put(conn, new, NOW)


def note(conn: sqlite3.Connection, article: int, analyst: str, text: str) -> None:
    token = f"note-{conn.execute('SELECT count(*) FROM notes').fetchone()[0]}"
    assert reviews.put_note(conn, reviews.NewNote(article=article, analyst=analyst, note=text, token=token), NOW)


def topics(conn: sqlite3.Connection, article: int) -> set[str]:
    return {row[0] for row in conn.execute("SELECT topic FROM standing_topics WHERE article_id = ?", (article,))}


def recount(log: list[tuple[str, int, str, str]]) -> dict[int, tuple[str | None, str | None]]:
    """Return verdict and note of each article by a plain reading of the log, newest last."""
    found: dict[int, tuple[str | None, str | None]] = {}
    for article in range(1, 6):
        newest: dict[tuple[str, str], tuple[int, str]] = {}
        for at, (kind, number, analyst, value) in enumerate(log):
            if number == article:
                newest[kind, analyst] = (at, value)
        verdicts = [entry for (kind, _), entry in newest.items() if kind == "verdict" and entry[1] != "withdrawn"]
        notes = [entry for (kind, _), entry in newest.items() if kind == "note" and entry[1]]
        if verdicts or notes:
            found[article] = (max(verdicts)[1] if verdicts else None, max(notes)[1] if notes else None)
    return found


@pytest.mark.parametrize("seed", range(8))
def test_standing_equals_a_recount_of_any_history(conn: sqlite3.Connection, seed: int) -> None:
    rng, log = random.Random(seed), []
    for step in range(120):
        article, analyst = rng.randint(1, 5), rng.choice("abc")
        if rng.random() < 0.3:
            text = rng.choice(("", f"note {step}"))
            note(conn, article, analyst, text)
            log.append(("note", article, analyst, text))
            continue
        verdict, text = (
            rng.choice(("relevant", "not_relevant", "escalate", "withdrawn")),
            rng.choice(("", f"with {step}")),
        )
        if give(conn, article, analyst, verdict, note=text).refusal is None:
            log.append(("verdict", article, analyst, verdict))
            if text:
                log.append(("note", article, analyst, text))
    stands = {row[0]: (row[1], row[2]) for row in conn.execute("SELECT article_id, verdict, note FROM standing")}
    assert stands == recount(log)
    by_definition = conn.execute("SELECT * FROM standing_from_log ORDER BY 1").fetchall()
    assert [tuple(row) for row in conn.execute("SELECT * FROM standing ORDER BY 1")] == [*map(tuple, by_definition)]
    queue = {row[0]: row[1] for row in conn.execute("SELECT id, verdict FROM articles WHERE verdict IS NOT NULL")}
    assert queue == {article: verdict for article, (verdict, _) in stands.items() if verdict}


def test_corrected_topics_are_kept_by_later_verdicts_and_go_with_an_undo(conn: sqlite3.Connection) -> None:
    give(conn, 1, "anna", "relevant", topics=("railways",))
    give(conn, 1, "anna", "escalate")
    give(conn, 1, "boris", "relevant")
    assert topics(conn, 1) == {"railways"}
    for analyst in ("anna", "boris"):
        give(conn, 1, analyst, "withdrawn")
    assert topics(conn, 1) == {"pipelines"}


def test_rejected_article_leaves_every_topic_and_feed(conn: sqlite3.Connection) -> None:
    give(conn, 1, "anna", "not_relevant")
    give(conn, 2, "anna", "relevant", topics=("railways",))
    assert topics(conn, 1) == set()
    everything, on_pipelines, on_railways = (
        flagged.latest(conn, topic, limit=10) for topic in (None, "pipelines", "railways")
    )
    assert everything is not None
    assert on_pipelines is not None
    assert on_railways is not None
    assert {row["id"] for row in everything[1]} == {2, 3, 4, 5}
    assert {row["id"] for row in on_pipelines[1]} == {3, 4, 5}
    assert [(row["id"], row["topics"]) for row in on_railways[1]] == [(2, ["railways"])]


def test_undo_needs_a_standing_verdict_of_the_same_analyst(conn: sqlite3.Connection) -> None:
    give(conn, 1, "boris", "relevant")
    assert give(conn, 1, "anna", "withdrawn").refusal == "nothing_to_undo"
    assert give(conn, 1, "boris", "withdrawn").refusal is None
    assert give(conn, 1, "boris", "withdrawn").refusal == "nothing_to_undo"
    assert conn.execute("SELECT count(*) FROM reviews").fetchone()[0] == 2


def test_token_belongs_to_one_article_and_analyst(conn: sqlite3.Connection) -> None:
    first = give(conn, 1, "anna", "relevant", token="one-token")
    assert give(conn, 1, "anna", "relevant", token="one-token").id == first.id
    assert give(conn, 2, "anna", "relevant", token="one-token").refusal == "token_of_other"
    assert give(conn, 1, "boris", "relevant", token="one-token").refusal == "token_of_other"


def test_verdict_of_a_colleague_that_was_not_on_the_screen_is_reported(conn: sqlite3.Connection) -> None:
    theirs = give(conn, 1, "boris", "relevant")
    blind = give(conn, 1, "anna", "not_relevant").overruled
    assert blind is not None
    assert (blind.analyst, blind.verdict) == ("boris", "relevant")
    give(conn, 1, "anna", "withdrawn")
    assert give(conn, 1, "anna", "not_relevant", seen=theirs.id).overruled is None


def test_note_stays_when_its_verdict_is_undone(conn: sqlite3.Connection) -> None:
    give(conn, 1, "anna", "escalate", note="call Seoul")
    give(conn, 1, "anna", "withdrawn")
    assert tuple(conn.execute("SELECT verdict, note FROM standing").fetchone()) == (None, "call Seoul")
    note(conn, 1, "anna", "")
    assert conn.execute("SELECT count(*) FROM standing").fetchone()[0] == 0


def test_note_saved_before_its_verdict_is_on_both_but_once_in_the_notes(conn: sqlite3.Connection) -> None:
    note(conn, 1, "anna", "call Seoul")
    give(conn, 1, "anna", "escalate", note="call Seoul")
    assert conn.execute("SELECT note FROM reviews").fetchone()[0] == "call Seoul", "alerts read it there"
    assert conn.execute("SELECT count(*) FROM notes").fetchone()[0] == 1


def test_newest_verdict_of_the_analyst_is_found_for_undo(conn: sqlite3.Connection) -> None:
    assert reviews.last_given(conn, "anna") is None
    for at, article in enumerate((3, 1)):
        new = reviews.NewVerdict(article=article, analyst="anna", verdict="relevant", revision=1, token=f"token-{at}")
        reviews.put(conn, new, NOW + timedelta(seconds=at))
    assert reviews.last_given(conn, "anna") == 1
    give(conn, 1, "anna", "withdrawn")
    assert reviews.last_given(conn, "anna") == 3


def test_revision_that_does_not_exist_is_not_stored_as_seen(conn: sqlite3.Connection) -> None:
    give(conn, 1, "anna", "relevant", revision=99)
    assert conn.execute("SELECT revision FROM reviews").fetchone()[0] == 1


@pytest.fixture
def story(conn: sqlite3.Connection) -> sqlite3.Connection:
    """The database with articles 1, 2 and 3 in one story, article 4 in another one, all at their third text."""
    conn.executescript(
        "INSERT INTO stories (id, title, first_seen_at, last_seen_at) VALUES (1, '', '', ''), (2, '', '', '');"
        "UPDATE articles SET revision = 3, story_id = iif(id <= 3, 1, iif(id = 4, 2, NULL));"
    )
    return conn


def verdicts(conn: sqlite3.Connection) -> dict[int, str]:
    return dict(map(tuple, conn.execute("SELECT article_id, verdict FROM standing WHERE verdict IS NOT NULL")))


def test_undo_of_a_story_keeps_what_was_decided_anew_on_one_of_its_articles(story: sqlite3.Connection) -> None:
    give(story, 1, "anna", "not_relevant", story=True)
    assert verdicts(story) == dict.fromkeys((1, 2, 3), "not_relevant")
    give(story, 2, "anna", "relevant")
    undone = give(story, 1, "anna", "withdrawn")
    assert (undone.articles, verdicts(story)) == ((1, 3), {2: "relevant"})


def test_undo_of_a_story_takes_back_no_verdict_of_a_colleague(story: sqlite3.Connection) -> None:
    give(story, 3, "boris", "escalate")
    assert give(story, 1, "anna", "relevant", story=True).articles == (1, 2)
    give(story, 2, "boris", "not_relevant")
    assert give(story, 2, "anna", "withdrawn").articles == (2, 1)
    assert verdicts(story) == {2: "not_relevant", 3: "escalate"}


def test_undo_of_a_single_verdict_concerns_its_article_only(story: sqlite3.Connection) -> None:
    give(story, 1, "anna", "relevant", story=True)
    give(story, 1, "anna", "escalate")
    assert give(story, 1, "anna", "withdrawn").articles == (1,)
    assert verdicts(story) == {2: "relevant", 3: "relevant"}


def test_verdict_on_a_story_concerns_its_relevant_articles_that_wait(story: sqlite3.Connection) -> None:
    story.execute("UPDATE articles SET relevant = 0 WHERE id = 2")
    assert give(story, 1, "anna", "relevant", story=True).articles == (1, 3)
    assert give(story, 5, "anna", "relevant", story=True).articles == (5,), "an article without a story"
    assert verdicts(story) == dict.fromkeys((1, 3, 5), "relevant")


def test_verdict_supersedes_the_one_before_of_the_same_analyst(conn: sqlite3.Connection) -> None:
    for article, analyst in ((1, "boris"), (1, "anna"), (2, "anna"), (1, "boris"), (1, "anna"), (1, "anna")):
        give(conn, article, analyst, "relevant")
    rows = conn.execute("SELECT id, supersedes FROM reviews ORDER BY id")
    assert [tuple(row) for row in rows] == [(1, None), (2, None), (3, None), (4, 1), (5, 2), (6, 5)]


@pytest.mark.parametrize(("seen", "kept"), [(1, 1), (2, 2), (3, 3), (4, 3)])
def test_verdict_is_kept_as_one_on_the_text_that_was_on_the_screen(
    story: sqlite3.Connection, seen: int, kept: int
) -> None:
    give(story, 1, "anna", "relevant", revision=seen, story=True)
    rows = story.execute("SELECT article_id, revision FROM reviews ORDER BY article_id")
    assert [tuple(row) for row in rows] == [(1, kept), (2, 3), (3, 3)], "only one text was on the screen"
