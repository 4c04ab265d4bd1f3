"""When two pages are one article, when an article is revised, and which columns a revision leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.store import articles, transaction
from tests.store.build import NOW, SITE, Rows

SECTION = f"{SITE}/news"


def test_pages_that_all_name_their_section_as_canonical_are_separate_articles(rows: Rows) -> None:
    one, two = (rows.queued(entry) for entry in rows.list_entries("Gas talks", "Railway talks"))
    first = rows.store(one, "About gas.", canonical=SECTION)
    second = rows.store(two, "About rails.", canonical=SECTION)
    assert (second.what, first.id != second.id) == ("new", True)


@pytest.mark.parametrize(
    ("text", "title", "what"),
    [
        ("Same text.", "Same title", "joined"),
        ("Other text.", "Same title", "joined"),
        ("Same text.", "Other title", "new"),  # the digest is of title and text
        ("Other text.", "Other title", "new"),
    ],
)
def test_page_with_a_known_canonical_address_joins_by_title(rows: Rows, text: str, title: str, what: str) -> None:
    one, two = (rows.queued(entry) for entry in rows.list_entries("One", "Two"))
    rows.store(one, "Same text.", title="Same title", canonical=SECTION)
    assert rows.store(two, text, title=title, canonical=SECTION).what == what


def test_page_whose_canonical_address_is_another_articles_own_is_that_article(rows: Rows) -> None:
    one, two = (rows.queued(entry) for entry in rows.list_entries("One", "Two"))
    first = rows.store(one, "Same text.", title="Same title")
    second = rows.store(two, "Same text.", title="Same title", canonical=one.url)
    assert (second.id, second.what) == (first.id, "joined")


def test_second_feed_does_not_overwrite_the_text_of_the_first(rows: Rows) -> None:
    one, two = (rows.queued(entry) for entry in rows.list_entries("One", "Two"))
    first = rows.store(one, "The whole text.", title="Same title", canonical=SECTION)
    again = rows.store(two, "A shorter text.", title="Same title", canonical=SECTION)
    assert (again.id, again.revision, again.what) == (first.id, 1, "joined")
    assert rows.value("SELECT text FROM articles") == "The whole text."
    assert rows.value("SELECT count(*) FROM revisions") == 0


def test_revision_keeps_the_earlier_text_and_the_place_in_time(rows: Rows) -> None:
    (entry,) = (rows.queued(entry) for entry in rows.list_entries("One"))
    first = rows.store(entry, "First text.")
    place = rows.value("SELECT sorted_at FROM articles")
    later = replace(entry, article=first.id, first_seen_at=NOW + timedelta(days=1))
    second = rows.store(later, "Second text.", at=NOW + timedelta(days=1))
    assert (second.id, second.revision, second.what) == (first.id, 2, "revised")
    assert rows.value("SELECT text FROM articles") == "Second text."
    assert rows.value("SELECT sorted_at FROM articles") == place
    assert tuple(rows.conn.execute("SELECT revision, text FROM revisions").fetchone()) == (1, "First text.")


def test_page_that_came_back_empty_does_not_empty_the_article(rows: Rows) -> None:
    (entry,) = (rows.queued(entry) for entry in rows.list_entries("One"))
    first = rows.store(entry, "First text.")
    assert rows.store(replace(entry, article=first.id), "").what == "same"
    assert rows.value("SELECT text FROM articles") == "First text."


def test_change_tells_a_new_text_from_a_new_date_and_from_nothing(rows: Rows) -> None:
    (entry,) = (rows.queued(entry) for entry in rows.list_entries("One"))
    known = rows.store(entry, "Text.").id
    same = rows.article(entry, "Text.")
    assert articles.change(rows.conn, known, same) == "same"
    assert articles.change(rows.conn, known, replace(same, published=NOW)) == "renewed"
    assert articles.change(rows.conn, known, rows.article(entry, "Other.")) == "revised"
    with transaction(rows.conn):
        assert articles.renew(rows.conn, known, replace(same, authors=("Kim",)), NOW).revision == 1
        assert articles.renew(rows.conn, known, rows.article(entry, "Other."), NOW).revision == 2
    assert rows.value("SELECT text FROM articles") == "Other."


def test_slices_of_the_archive_come_by_id_and_by_config(rows: Rows) -> None:
    ids = [rows.piece(title) for title in ("One", "Two", "Three")]
    assert [row.id for row in articles.texts(rows.conn, after=ids[0], limit=1)] == [ids[1]]
    rows.conn.execute("UPDATE articles SET config_version = 'newer' WHERE id = ?", (ids[1],))
    rows.conn.execute("UPDATE articles SET config_version = NULL WHERE id = ?", (ids[2],))
    assert [row.id for row in articles.texts(rows.conn, not_version="newer")] == [ids[0], ids[2]]


def test_article_is_found_by_id_and_by_each_of_its_addresses(rows: Rows) -> None:
    (entry,) = (rows.queued(entry) for entry in rows.list_entries("One"))
    known = rows.store(entry, "Text.", canonical=SECTION).id
    rows.piece("Two")
    for what in (str(known), entry.url, SECTION, entry.identity):
        found = articles.find(rows.conn, what)
        assert found is not None
        assert found.id == known
    for what in ("99999999999999999999999", "https://paper.example/none", "²"):
        assert articles.find(rows.conn, what) is None
