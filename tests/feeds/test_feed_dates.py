"""Dates of feed entries: which element counts, and in which zone it is read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.feeds import parse
from tests.feeds.build import NOW, URL, item, rss


def test_the_language_of_the_feed_gives_the_zone() -> None:
    def of(language: str, timezone: str | None = None) -> datetime | None:
        channel = f"<title>a</title><language>{language}</language>"
        document = rss(item(extra="<pubDate>2026-11-23 15:00:00</pubDate>"), channel=channel)
        return parse(document.encode(), URL, timezone=timezone, now=NOW).entries[0].published

    assert of("ko-KR") == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert of("ru") == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert of("ja") == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert of("en-us") == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert of("en", "Asia/Vladivostok") == datetime(2026, 11, 23, 5, tzinfo=UTC)
    assert of("ko", "No/Such_Zone") == datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_publication_date_goes_before_update_date_unless_it_is_unreadable() -> None:
    def of(published: str, updated: str) -> tuple[str, datetime | None]:
        extra = f"<pubDate>{published}</pubDate><dc:date>{updated}</dc:date>"
        found = parse(rss(item(extra=extra)).encode(), URL, now=NOW).entries[0]
        return found.published_raw, found.published

    good, later = "Mon, 23 Nov 2026 07:00:00 GMT", "2026-11-23T08:00:00Z"
    assert of(good, later) == (good, datetime(2026, 11, 23, 7, tzinfo=UTC))
    assert of("soon", later) == (later, datetime(2026, 11, 23, 8, tzinfo=UTC))
    assert of("soon", "later") == ("soon", None)


@pytest.mark.parametrize("text", ["Thu, 01 Jan 1970 00:00:00 GMT", "1995-12-31", "Mon, 23 Nov 2099 10:00:00 +0300"])
def test_implausible_date_is_kept_as_text_only(text: str) -> None:
    entry = parse(rss(item(extra=f"<pubDate>{text}</pubDate>")).encode(), URL, now=NOW).entries[0]
    assert (entry.published, entry.published_raw) == (None, text)
