"""Identity of entries, and which changes are revisions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.feeds.identity import digest_of
from pipeline.model import EntryId, KnownEntry, ParsedEntry, ParsedFeed
from tests.feeds.build import NOW, entry, feed, fetched, poll, remember, state


def both(first: ParsedFeed, second: ParsedFeed) -> list[tuple[bool, bool]]:
    """Return what the second poll stores after the first: (is new, is revised) for each entry."""
    stored = poll(state(), fetched(b"1"), first)
    update = poll(stored.state, fetched(b"2"), second, remember(stored))
    return [(intent.known is None, intent.revised) for intent in update.entries if not intent.known or intent.revised]


def of(*entries: ParsedEntry) -> ParsedFeed:
    return ParsedFeed(title="", entries=entries, format="rss20")


def test_an_entry_without_guid_is_known_by_its_address() -> None:
    bare = replace(entry(1), id="https://news.example/a?idxno=1")
    assert both(of(bare), of(bare)) == []


def test_guid_used_twice_makes_two_entries() -> None:
    one, two = replace(entry(1), id="same"), replace(entry(2), id="same")
    assert len(poll(state(), fetched(), of(one, two)).entries) == 2


def test_another_guid_for_the_same_address_changes_nothing() -> None:
    assert both(of(entry(1)), of(replace(entry(1), id="guid-1-again"))) == []


def test_tracking_parameters_change_nothing() -> None:
    tracked = replace(entry(1), url=entry(1).url + "&utm_source=rss&utm_campaign=7", id="x")
    assert both(of(entry(1)), of(tracked)) == []
    assert len(poll(state(), fetched(), of(entry(1), tracked)).entries) == 1


def test_an_entry_without_address_is_known_by_feed_and_guid() -> None:
    bare = replace(entry(1), url="")
    assert [intent.identity for intent in poll(state(), fetched(), of(bare)).entries] == ["Вестник#guid-1"]
    assert both(of(bare), of(bare)) == []


def test_entry_known_from_another_feed_is_not_revised() -> None:
    known = [KnownEntry(id=EntryId(9), identity=entry(1).url, url=entry(1).url, digest="of other words", in_feed=False)]
    [intent] = poll(state(), fetched(), of(entry(1)), known).entries
    assert (intent.known, intent.revised) == (EntryId(9), False)


def test_an_edited_title_or_text_is_a_revision() -> None:
    edited = replace(entry(1), title="Министры отложили встречу на востоке")
    assert both(of(entry(1)), of(edited)) == [(False, True)]
    longer = replace(entry(1), content="Добавлен второй абзац с новыми словами.")
    assert both(of(entry(1)), of(longer)) == [(False, True)]
    corrected = replace(entry(1, summary="Ранены 12 человек."), summary="Ранены 14 человек.")
    assert both(of(entry(1, summary="Ранены 12 человек.")), of(corrected)) == [(False, True)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Разговор о поезде.  Просмотров: 12", "Разговор о поезде. Просмотров: 1 480"),
        ("기차 이야기 (조회수 12)", "기차 이야기 (조회수 9,480)"),
        ("기차 이야기 댓글 3", "기차 이야기 댓글 14"),
        ("A word on trains. 3 comments", "A word on trains. 12 comments"),
        ("A word on trains. 5 minutes ago", "A word on trains. 2 hours ago"),
        ("기차 이야기 3시간 전", "기차 이야기 5시간 전"),
        ("Разговор о поезде, 5 минут назад", "Разговор о поезде, 25 минут назад"),
    ],
)
def test_change_of_counters_and_blanks_is_not_a_revision(before: str, after: str) -> None:
    assert both(of(entry(1, summary=before)), of(entry(1, summary=after))) == []


def test_counter_after_the_title_is_not_a_revision() -> None:
    assert both(of(entry(1, title="기차 이야기 [3]")), of(entry(1, title="기차 이야기 [24]"))) == []


def test_change_of_dates_is_not_a_revision() -> None:
    assert digest_of(replace(entry(1), published=NOW, published_raw="x")) == digest_of(entry(1))


def test_entry_without_content_is_not_stored() -> None:
    assert poll(state(), fetched(), of(ParsedEntry(id="x", url="", title=""))).entries == ()


def test_the_update_counts_the_documents_entries() -> None:
    assert poll(state(), fetched(), feed(1, 2, 2)).entries_total == 3


@pytest.mark.parametrize("gap", [0, 30, 60, 400])
def test_counters_are_ignored_anywhere_in_a_text(gap: int) -> None:
    between = "слово " * (gap // 6)

    def said(views: int, comments: int, ago: int) -> ParsedEntry:
        text = f"{views} views {between}В 2024 году {between}комментарии: {comments}{between} {ago}분 전{between}."
        return replace(entry(1), content=text)

    assert digest_of(said(7, 12, 3)) == digest_of(said(1204, 9, 51))
    edited = replace(entry(1), content=said(7, 12, 3).content.replace("2024", "2025"))
    assert digest_of(edited) != digest_of(said(7, 12, 3))
