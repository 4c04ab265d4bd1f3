"""Which entries are one item: a table of documents polled one after the other, and histories of invented feeds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.feeds.entries import link_of, make_entry
from pipeline.feeds.identity import keyed
from pipeline.feeds.same_item import look_up_of, same_item
from pipeline.model import FeedUpdate, KeyedFeed, KnownEntry, ParsedEntry, ParsedFeed
from tests.feeds.build import fetched, poll, remember, state
from tests.feeds.histories import play

SITE = "https://news.example"
A, B, C = "Министры обсудили газопровод", "Порт открыли после ремонта", "Учения флота отложены"
Row = tuple[str, str, str, str]  # link, GUID, title, text


def entry(row: Row) -> ParsedEntry:
    link, guid, title, text = row
    return make_entry(identifier=guid, link=link_of(link.replace("S/", f"{SITE}/"), (SITE,)), title=title, summary=text)


def polls(*documents: list[Row]) -> tuple[list[FeedUpdate], list[KnownEntry]]:
    """Poll the documents one after the other; return the updates and what is stored."""
    feed, known, updates = state(), [], []  # type: ignore[var-annotated]
    for number, rows in enumerate(documents):
        parsed = ParsedFeed(title="", entries=tuple(map(entry, rows)), format="rss20")
        update = poll(feed, fetched(b"%d" % number), parsed, known)
        known = remember(update, known)
        feed = update.state
        updates.append(update)
    return updates, known


@pytest.mark.parametrize(
    ("documents", "stored", "revised"),
    [
        pytest.param([[("S/n", "1a", A, "a"), ("S/n", "2b", B, "b")]], 2, 0, id="one link, two GUIDs"),
        pytest.param([[("S/n", "1a", A, "a")], [("S/n", "2b", B, "b")]], 2, 0, id="one link, one item at a time"),
        pytest.param(
            [[("S/n", "1a", A, "a")], [("S/n", "1a", A, "a"), ("S/n", "2b", B, "b")]], 2, 0, id="a link becomes shared"
        ),
        pytest.param([[("S/n", "1a", "Уведомление", "a"), ("S/n", "2b", "Уведомление", "b")]], 2, 0, id="one title"),
        pytest.param([[("S/l#post-1", "", A, "a"), ("S/l#post-2", "", B, "b")]], 2, 0, id="fragments"),
        pytest.param([[("S/l#post-1", "", A, "a")], [("S/l#post-2", "", B, "b")]], 2, 0, id="fragments, one by one"),
        pytest.param([[("S/#/news/55", "", A, "a")], [("S/#/news/56", "", B, "b")]], 2, 0, id="hash routes"),
        pytest.param([[("S/", "S/a/1", A, "a"), ("S/", "S/a/2", B, "b")]], 2, 0, id="home page as link"),
        pytest.param([[("S/", "", A, "a")], [("S/", "", B, "b")]], 2, 0, id="home page as link, without GUID"),
        pytest.param([[("N/A", "v1", A, "a"), ("N/A", "v2", B, "b")]], 2, 0, id="no real link"),
        pytest.param([[("", "", A, "a"), ("", "", A, "b"), ("", "", A, "a")]], 2, 0, id="no link, no GUID"),
        pytest.param([[("", "old", A, "a")], [("", "new", A, "a")]], 1, 0, id="new id, same words"),
        pytest.param([[("S/moskow", "9", A, "a")], [("S/moscow", "9", A, "b")]], 1, 1, id="corrected slug, new text"),
        pytest.param([[("S/moskow", "9", A, "a")], [("S/moscow", "9", B, "a")]], 1, 1, id="corrected slug, new title"),
        pytest.param([[("S/go?k=1", "9", A, "a")], [("S/go?k=2", "9", A, "a")]], 1, 0, id="click token"),
        pytest.param([[("S/go?k=1", "", A, "a")], [("S/go?k=2", "", A, "a")]], 1, 0, id="click token without GUID"),
        pytest.param([[("http://news.example/a", "", A, "a")], [("S/a", "", A, "b")]], 1, 1, id="http, then https"),
        pytest.param([[("https://www.news.example/a", "", A, "a")], [("S/a", "", A, "a")]], 1, 0, id="www"),
        pytest.param(
            [[("S/1", "N/A", A, "a"), ("S/2", "N/A", B, "b")], [("S/3", "N/A", C, "c")]], 3, 0, id="one GUID for all"
        ),
        pytest.param(
            [[("S/1", "1", A, "a"), ("S/2", "2", B, "b")],
             [("S/3", "1", C, "c"), ("S/1", "2", A, "a"), ("S/2", "3", B, "b")]],
            3, 0, id="counted GUIDs",
        ),
        pytest.param([[("S/1", "7", A, "a")], [("S/2", "7", B, "b")]], 2, 0, id="GUID used again for another item"),
        pytest.param(
            [[("S/c1", f"{SITE}/c1#1", f"{A} сегодня", "b"), ("S/c1", f"{SITE}/c1#0", A, "a")],
             [("S/c1", f"{SITE}/c1#2", B, "c")]],
            1, 1, id="version as fragment of the GUID",
        ),
        pytest.param([[("S/газ", "1a", A, "a"), ("S/%D0%B3%D0%B0%D0%B7", "2b", B, "b")]], 1, 0, id="two spellings"),
        pytest.param([[("S/1#xtor=1", "", A, "a")], [("S/1#xtor=2", "", B, "b")]], 1, 1, id="tracking fragment"),
        pytest.param([[("S/1", "1a", A, "a")], [("S/1", "1a", B, "b")]], 1, 1, id="same link and GUID, all words new"),
        pytest.param([[("S/1", "", A, "a")], [("S/1", "", B, "b")]], 1, 1, id="same link without GUID, all words new"),
    ],
)  # fmt: skip
def test_items_after_some_polls(documents: list[list[Row]], stored: int, revised: int) -> None:
    updates, known = polls(*documents)
    assert (len(known), sum(intent.revised for update in updates for intent in update.entries)) == (stored, revised)
    again = polls(*documents, documents[-1])[0][-1]
    assert again.entries == ()


def test_item_that_shares_its_link_gets_a_key_of_its_own() -> None:
    _, known = polls([("S/n", "1a", A, "a"), ("S/n", "2b", B, "b")])
    assert [one.identity for one in known] == [f"{SITE}/n#1a", f"{SITE}/n#2b"]


def test_permalink_guid_replaces_a_link_to_the_home_page() -> None:
    updates, known = polls([("S/", f"{SITE}/a/1", A, "a"), ("S/", f"{SITE}/a/2", B, "b")])
    assert [one.identity for one in known] == [f"{SITE}/a/1", f"{SITE}/a/2"]
    assert [intent.entry.url for intent in updates[0].entries] == [f"{SITE}/a/1", f"{SITE}/a/2"]


def test_entry_of_another_feed_is_told_apart_if_it_has_the_home_page_as_link() -> None:
    _, known = polls([("S/", "1", A, "a")])
    other = [KnownEntry(id=known[0].id, identity=f"{SITE}/", url=f"{SITE}/", title=B, in_feed=False)]
    parsed = ParsedFeed(title="", entries=(entry(("S/", "1", A, "a")),), format="rss20")
    [intent] = poll(state(), fetched(), parsed, other).entries
    assert intent.known is None


def test_left_out_entries_are_counted_in_the_note() -> None:
    updates, _ = polls([("S/1", "", A, "a"), ("S/1", "", A, "a"), ("", "x", "", "")])
    assert updates[0].note == "1 of the entries repeat another entry. 1 of the entries are empty."


def test_items_that_share_a_link_are_counted() -> None:
    rows = [("S/n", "1a", A, "a"), ("S/n", "2b", B, "b"), ("S/3", "3c", C, "c")]
    document = keyed(ParsedFeed(title="", entries=tuple(map(entry, rows))))
    assert (same_item(document, (), "x").apart, same_item(document, (), "x").repeated) == (2, 0)


def test_thousands_of_items_with_one_key_take_linear_time() -> None:
    rows = [("S/n", "N/A", f"{A} {number}", f"{number}") for number in range(2000)]
    _, known = polls(rows, rows)
    assert len(known) == 2000


@pytest.mark.parametrize("block", range(4))
def test_no_item_of_an_invented_feed_is_lost_or_doubled(block: int) -> None:
    for seed in range(block * 40, block * 40 + 40):
        name, pieces, right, rows = play(seed)
        assert (right, rows) == (pieces, pieces), f"history {seed}: {name}"


@pytest.mark.parametrize(
    ("row", "identities", "guids"),
    [
        (("S/1", "id 1", A, ""), {f"{SITE}/1", f"{SITE}/1#id%201"}, {"id 1"}),
        (("S/1#top", "id 1", A, ""), {f"{SITE}/1", f"{SITE}/1#top"}, {"id 1"}),
        (("", "id 1", A, ""), {"Paper#id 1"}, {"id 1"}),
        (("S/1", "http without an address", A, ""), {f"{SITE}/1"}, {"http without an address"}),
    ],
)
def test_stored_items_are_looked_up_under_every_key_that_they_may_have(
    row: Row, identities: set[str], guids: set[str]
) -> None:
    document = keyed(ParsedFeed(title="", entries=(entry(row), entry(row)), format="rss20"))
    keys = look_up_of(document, "Paper")
    digest = document.entries[0].digest
    assert identities <= set(keys.identities)
    assert any(key.endswith(f"#{digest}") for key in keys.identities)
    assert guids == set(keys.guids)
    assert keys.digests == (digest,)
    assert len(keys.identities) == len(set(keys.identities))


def test_guid_that_is_an_address_is_looked_up_with_both_schemes() -> None:
    (one,) = keyed(ParsedFeed(title="", entries=(entry(("S/1", "", A, "")),), format="rss20")).entries
    document = KeyedFeed(feed=ParsedFeed(title="", entries=()), entries=(replace(one, guid="https://cms.example/p?1"),))
    assert {"https://cms.example/p?1", "http://cms.example/p?1"} <= set(look_up_of(document, "Paper").guids)
