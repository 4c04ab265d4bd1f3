"""Every item of a feed becomes one article: shared links, changed links, refused pages, missing titles."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store import open_store
from pipeline.store.desk import article
from tests.command import tumen
from tests.cycle.test_scenarios import TEXT, Place, wait_for
from tests.world.server import Answer, Hostile

NOTE = "The ministry announces that the railway talks go on in Busan next week."


@pytest.fixture
def place(tmp_path: Path, config_folder: Path) -> Iterator[Place]:
    with Hostile() as server:
        made = Place(server, config_folder, tmp_path / "tumen.db")
        made.watch("/feed")
        yield made


def publish(place: Place, *items: str) -> None:
    body = "".join(f"<item>{item}</item>" for item in items)
    place.server.answers["/feed"] = Answer(
        body=f'<rss version="2.0"><channel><title>T</title>{body}</channel></rss>'.encode()
    )


def item(link: str, guid: str = "", title: str = "", text: str = NOTE) -> str:
    named = f"<title>{title}</title>" if title else ""
    identified = f'<guid isPermaLink="false">{guid}</guid>' if guid else ""
    return f"{named}<link>{link}</link>{identified}<description><![CDATA[{text}]]></description>"


def test_new_notice_with_the_link_of_an_old_one_is_an_article_of_its_own(place: Place) -> None:
    publish(place, item("/notices", "n1", "Sports day of the ministry", TEXT))
    place.run()
    publish(
        place,
        item("/notices", "n2", "Gas pipeline through Wonsan", "Another text."),
        item("/notices", "n1", "Sports day of the ministry", TEXT),
    )
    place.run("--force")
    assert place.rows("SELECT title, revision FROM articles ORDER BY id") == [
        ("Sports day of the ministry", 1),
        ("Gas pipeline through Wonsan", 1),
    ]


def test_item_with_a_new_link_at_each_poll_stays_one_article(place: Place) -> None:
    for number in range(3):
        publish(place, item(f"/go?k=token{number}", "w-9", "Harbour survey agreed", TEXT))
        place.run("--force")
    assert place.rows("SELECT count(*) FROM articles") == [(1,)]
    assert place.rows("SELECT published_url LIKE '%token2' FROM entries") == [(1,)]


def dated(at: str, authors: str = "A. Reporter") -> str:
    return f"<pubDate>{at}</pubDate><dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>{authors}</dc:creator>"


def test_corrected_date_and_author_of_a_feed_reach_the_article_without_a_request(place: Place) -> None:
    page = f"<html><head><title>Harbour survey agreed</title></head><body><article>{TEXT}</article></body></html>"
    place.server.answers["/d"] = Answer(body=page.encode(), headers={"Content-Type": "text/html"})
    stored = item("/d", "g", "Harbour survey agreed")
    publish(place, stored + dated("Mon, 05 Oct 2026 08:00:00 GMT"))
    place.run()
    publish(place, stored + dated("Mon, 05 Oct 2026 06:30:00 GMT", "B. Correspondent"))
    place.run("--force")
    corrected = [("2026-10-05T06:30:00Z", '["B. Correspondent"]')]
    assert place.rows("SELECT published, authors FROM articles") == corrected
    assert place.rows("SELECT published, authors FROM entries") == corrected
    assert place.rows("SELECT count(*) FROM fetches WHERE kind = 'page'") == [(1,)]


def test_refused_page_gives_an_article_that_the_page_renews(place: Place) -> None:
    place.server.answers["/1"] = Answer(status=403, body=b"Forbidden")
    publish(place, item("/1", "g", "Envoys survey the harbour"))
    place.run()
    assert place.rows("SELECT method, text FROM articles") == [("feed", NOTE)]
    assert place.rows("SELECT state, reason LIKE 'pending page: %' FROM entries") == [("failed", 1)]
    page = f"<html><head><title>Envoys survey the harbour</title></head><body><article>{TEXT}</article></body></html>"
    place.server.answers["/1"] = Answer(body=page.encode(), headers={"Content-Type": "text/html"})
    make_due(place)
    place.run()
    assert place.rows("SELECT method <> 'feed', revision FROM articles") == [(1, 2)]
    assert place.rows("SELECT state FROM entries") == [("flagged",)]


def test_message_without_title_whose_page_is_missing_becomes_an_article(place: Place) -> None:
    place.server.answers["/m/5"] = Answer(status=410)
    publish(place, item("/m/5"))
    place.run()
    make_due(place)
    place.run()
    assert place.rows("SELECT title FROM articles") == [(NOTE,)]


def test_history_shows_why_entries_are_not_stored(place: Place) -> None:
    twice = item("/1", "g", "Envoys survey the harbour", TEXT)
    publish(place, twice, twice, "")
    place.run()
    shown = tumen("feeds", "history", "Feed /feed", "--db", place.database).stdout
    assert "1 of the entries repeat another entry. 1 of the entries are empty." in shown


def make_due(place: Place) -> None:
    """Let the time of the next try pass."""
    conn = sqlite3.connect(place.database)
    with conn:
        conn.execute("UPDATE entries SET next_try_at = '2020-01-01T00:00:00Z' WHERE state = 'failed'")
    conn.close()


def test_check_of_a_feed_counts_the_items_that_share_a_link(place: Place) -> None:
    publish(place, item("/n", "1", "Sports day"), item("/n", "2", "Gas pipeline", "Other."), item("/3", "3", "Visas"))
    shown = tumen("feeds", "check", "--config", place.folder).stdout
    assert "3 entries, 2 share a link" in shown


def test_53_link_of_another_scheme_is_stored_with_its_reason(place: Place) -> None:
    publish(place, item("ftp://news.example/report.pdf", "f", "Report of the ministry"))
    place.run()
    assert place.rows("SELECT state, published_url, reason FROM entries") == [
        (
            "flagged",
            "ftp://news.example/report.pdf",
            "The feed links to ftp://news.example/report.pdf, which is not fetched.",
        )
    ]
    assert place.rows("SELECT text, published_url FROM articles") == [(NOTE, "")]
    publish(place, item("ftp://[news.example/x", "g", "Another report"))
    assert place.run("--force")[0] == 0


def test_60_new_entries_come_before_the_backlog(place: Place) -> None:
    links = [f"/old/{number}" for number in range(6)]
    publish(place, *(item(link, title=f"Old notice {link}") for link in links))
    place.run()  # each page is missing, so that all wait
    make_due(place)
    publish(place, item("/new", title="New notice"), *(item(link, title=f"Old notice {link}") for link in links))
    place.server.log.clear()
    place.server.answers |= {link: Answer(status=404, wait=0.3) for link in links}
    place.run("--force")
    pages = [path for path in place.server.paths() if path.startswith(("/old", "/new"))]
    assert pages.index("/new") < 5
    assert len(pages) == 7


def test_124_killed_run_keeps_the_wait_that_a_host_asked_for(place: Place) -> None:
    place.server.answers["/feed"] = Answer(status=429, headers={"Retry-After": "3600"})
    with Hostile() as slow:
        (place.folder / "tumen.toml").write_text(
            f'[fetch]\nallow_private = ["127.0.0.1:{place.server.port}", "127.0.0.1:{slow.port}"]\n'
        )
        (place.folder / "feeds.toml").write_text(
            f'[[feed]]\nname = "A"\nurl = "{place.server.url("/feed")}"\nlanguage = "en"\n'
            f'[[feed]]\nname = "B"\nurl = "{slow.url("/hang")}"\nlanguage = "en"\n'
        )
        process = place.start()
        try:
            wait_for(lambda: place.database.exists() and place.server.log)
            wait_for(lambda: place.rows("SELECT 1 FROM hosts WHERE barred_until IS NOT NULL"))
        finally:
            process.kill()
            process.communicate()
    place.watch("/feed")
    place.server.log.clear()
    place.run("--force")
    assert place.server.paths() == []


def test_desk_shows_when_the_page_of_an_article_is_tried_again(place: Place) -> None:
    place.server.answers["/1"] = Answer(status=403)
    publish(place, item("/1", "g", "Envoys survey the harbour"))
    place.run()
    conn = open_store(place.database)
    try:
        view = article(conn, 1)
    finally:
        conn.close()
    assert view is not None
    assert view.article["method"] == "feed"
    assert view.article["pending_page"] > view.article["fetched_at"]


def test_feed_above_its_size_limit_is_read_as_far_as_it_goes(place: Place) -> None:
    publish(place, *(item(f"ftp://a.example/{number}", f"g{number}", f"Notice {number}") for number in range(40)))
    watched = (place.folder / "feeds.toml").read_text()
    (place.folder / "feeds.toml").write_text(f"{watched}max_feed_bytes = 2048\n")
    status, _ = place.run()
    [(stored,)] = place.rows("SELECT count(*) FROM articles")
    assert status == 0
    assert isinstance(stored, int)
    assert 5 < stored < 15
    [(problem, limit)] = place.rows("SELECT problem, max_feed_bytes FROM feeds")
    assert "larger than 2,048 bytes" in str(problem)
    assert limit == 2048
    shown = tumen("feeds", "check", "--config", place.folder).stdout
    assert "max_feed_bytes" in shown
    (place.folder / "feeds.toml").write_text(watched)
    place.run("--force")
    assert place.rows("SELECT count(*) FROM articles") == [(40,)]
    assert place.rows("SELECT problem, max_feed_bytes FROM feeds") == [(None, None)]
