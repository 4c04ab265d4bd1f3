"""Assembly of an article: which title, text and date count, the feed's or the page's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.model import Article, EntryId, Extraction, FeedId, ParsedEntry, QueuedEntry
from pipeline.processing.assemble import from_feed, from_page

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
TITLE = "Harbour of Rason opens a third pier"
TEXT = "The harbour of Rason opened its third pier on Monday. " * 20


def entry(*, timezone: str | None = None, home: str | None = "KR", language: str = "ko", **given: Any) -> QueuedEntry:
    fields: dict[str, Any] = {"id": "1", "url": "https://n.example/1?from=rss", "title": TITLE}
    parsed = ParsedEntry(**fields | given)
    return QueuedEntry(
        id=EntryId(1),
        feed=FeedId(1),
        source="Paper",
        language=language,
        home=home,
        identity="https://n.example/1",
        digest="",
        url="https://n.example/1",
        entry=parsed,
        first_seen_at=NOW,
        timezone=timezone,
    )


def page(text: str = TEXT, **given: Any) -> Extraction:
    fields: dict[str, Any] = {"text": text, "title": TITLE, "method": "blocks", "quality": 0.9}
    return Extraction(**fields | given)


def article(one: QueuedEntry, extraction: Extraction) -> Article:
    found = from_page(one, extraction, None, NOW)
    assert found is not None
    return found


# ---------------------------------------------------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("announced", "extraction", "method"),
    [
        ("", page(), "blocks"),
        ("A short summary.", page(""), "feed"),
        ("A short summary.", page("Subscribe to read on. " * 20, wall="paywall"), "feed"),
        ("A short summary.", page("The harbour of Rason grew. " * 30, wall="paywall"), "blocks"),  # above 600 letters
        ("The harbour of Rason grew. " * 40, page("The harbour of Rason grew. " * 30, wall="paywall"), "feed"),
        ("The harbour of Rason grew. " * 40, page("The harbour of Rason grew. " * 20, quality=0.4), "feed"),
        ("The harbour of Rason grew. " * 40, page("The harbour of Rason grew. " * 20, quality=0.5), "blocks"),
        ("The harbour of Rason grew. " * 30, page("The harbour of Rason grew. " * 20, quality=0.4), "blocks"),
        ("", page("A recipe for soup with many leeks. " * 20, title="Soup"), "feed"),  # another subject
    ],
)
def test_better_text_of_feed_and_page_is_taken(announced: str, extraction: Extraction, method: str) -> None:
    found = article(entry(summary=announced), extraction)
    assert found.method == method
    assert found.text == (announced.strip() if method == "feed" else extraction.text)


@pytest.mark.parametrize(
    ("title", "text", "same"),
    [
        ("Harbour of Rason opens a third pier", "Rason has a harbour.", True),
        ("Harbour of Rason opens a third pier", "There is a harbour in the south.", False),  # one word of many
        ("New harbour, third pier", "There is a harbour in the south.", True),  # of three words one is enough
        ("New harbour, third pier", "Nothing of the kind.", False),
        ("Harbour news", "Nothing of the kind.", True),  # too short to tell
        ("Порт Раджин открыл третий причал", "В порту Раджина открыт причал.", True),
        ("Порт Раджин открыл третий причал", "Рецепт супа с луком и морковью на каждый день.", False),
        ("나진항 제3부두 개장 기념식 개최", "나진항에서 제3부두 개장 행사가 열렸다.", True),
    ],
)
def test_page_on_another_subject_is_not_used(title: str, text: str, same: bool) -> None:
    found = article(entry(title=title, summary="From the feed."), page(text, title=""))
    assert (found.method == "blocks") is same


def test_longer_of_content_and_summary_is_the_feeds_text() -> None:
    for content, summary in (("A long text of the feed.", "Short."), ("Short.", "A long text of the feed.")):
        found = from_feed(entry(content=content, summary=summary), NOW)
        assert found is not None
        assert found.text == "A long text of the feed."


@pytest.mark.parametrize(("letters", "quality"), [(199, 0.2), (200, 0.8)])
def test_whole_text_of_a_feed_has_a_better_quality_than_a_summary(letters: int, quality: float) -> None:
    found = from_feed(entry(content="x" * letters), NOW)
    assert found is not None
    assert (found.method, found.quality) == ("feed", quality)


def test_text_is_composed_and_its_hash_follows_title_and_text() -> None:
    found = article(entry(), page("\u1112\u1161\u11ab harbour of Rason opens a pier"))
    assert found.text.startswith("\ud55c")
    assert len({article(entry(), page(text)).content_hash for text in (TEXT, TEXT, TEXT + ".")}) == 2
    assert (
        article(entry(title="Rason opens a third pier"), page()).content_hash != article(entry(), page()).content_hash
    )


# ---------------------------------------------------------------------------------------------------------- title


@pytest.mark.parametrize(
    ("announced", "shown", "title"),
    [
        ("Harbour of Rason opens", "Harbour of Rason opens | The Paper", "Harbour of Rason opens"),
        ("Harbour of Rason op…", "Harbour of Rason opens", "Harbour of Rason opens"),
        ("Harbour of Rason op...", "Harbour of Rason opens", "Harbour of Rason opens"),
        ("Harbour of Rason…", "Harbour of Rason", "Harbour of Rason…"),  # its own dots
        ("Harbour of Rason…", "Rason's harbour opens", "Harbour of Rason…"),
        ("", "Harbour of Rason opens", "Harbour of Rason opens"),
        ("", "", "https://n.example/1"),
    ],
)
def test_title_of_the_feed_counts_unless_it_was_cut(announced: str, shown: str, title: str) -> None:
    assert article(entry(title=announced), page(title=shown)).title == title


def test_feed_without_a_title_and_page_gives_no_article() -> None:
    assert from_feed(entry(title=" ", summary="Text."), NOW) is None
    assert from_page(entry(title=""), page(""), None, NOW) is None


# ---------------------------------------------------------------------------------------------------------- date

FEED = datetime(2026, 11, 30, 6, 30, tzinfo=UTC)
PAGE = datetime(2026, 11, 29, 21, 15, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("of_feed", "of_page", "expected"),
    [
        ((FEED, False), (PAGE, False), (FEED, "feed", False)),
        ((FEED, True), (PAGE, False), (PAGE, "page", False)),  # the feed names no zone
        ((FEED, True), (PAGE, True), (FEED, "feed", True)),
        ((None, False), (PAGE, False), (PAGE, "page", False)),
        ((None, False), (PAGE, True), (PAGE.replace(hour=12), "page", True)),  # 21:15 in Seoul
        ((None, False), (MIDNIGHT, True), (MIDNIGHT, "page", True)),  # scenario 57: a date without a time stays
        ((None, False), (None, False), (None, "none", False)),
    ],
)
def test_date_with_a_zone_counts_before_one_without(
    of_feed: tuple[datetime | None, bool], of_page: tuple[datetime | None, bool], expected: object
) -> None:
    one = entry(published=of_feed[0], published_assumed=of_feed[1])
    found = article(one, page(published=of_page[0], published_assumed=of_page[1]))
    assert (found.published, found.published_from, found.published_assumed) == expected


@pytest.mark.parametrize(
    ("timezone", "home", "language", "hour"),
    [
        ("America/New_York", "KR", "ko", 15),  # the source's own zone precedes that of its home
        ("Asia/Vladivostok", "RU", "ru", 0),
        (None, "KR", "en", 1),
        (None, "RU", "ko", 7),
        (None, None, "ko", 1),
        (None, None, "en", 10),
    ],
)
def test_57_time_of_a_page_without_a_zone_is_read_in_the_zone_of_its_source(
    timezone: str | None, home: str | None, language: str, hour: int
) -> None:
    one = entry(timezone=timezone, home=home, language=language)
    found = article(one, page(published=PAGE.replace(hour=10), published_assumed=True))
    assert (found.published, found.published_assumed) == (PAGE.replace(hour=hour), True)


def test_record_of_the_page_is_completed_by_the_feed() -> None:
    one = entry(authors=("A. Feed",), tags=("port", "trade"), summary="Summary.")
    found = article(one, page(authors=("B. Page",), tags=("rason", "port"), section="Economy", site="Paper"))
    assert (found.authors, found.tags) == (("B. Page",), ("rason", "port", "trade"))
    assert (found.section, found.site, found.summary) == ("Economy", "Paper", "Summary.")
    assert article(one, page()).authors == ("A. Feed",)
    assert article(one, page(language="ru")).language == "ru"
    assert article(one, page()).language == "ko"
    assert (found.url, found.published_url) == ("https://n.example/1", "https://n.example/1?from=rss")
