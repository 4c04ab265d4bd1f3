"""Decisions about an entry after its page was requested: the table of cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cycle.decide_page import (
    GiveUp,
    PageDecision,
    ProcessPage,
    Retry,
    Unprocessable,
    UseFeedText,
    Wait,
    decide_page,
    longest_delay,
    needs_page,
)
from pipeline.feeds.problems import POST
from pipeline.model import (
    ArticleId,
    EntryId,
    FailureKind,
    FeedId,
    Fetched,
    FetchFailed,
    NotModified,
    Outcome,
    ParsedEntry,
    QueuedEntry,
)
from pipeline.settings import CycleSettings, Settings
from pipeline.settings.fetch import FetchSettings

URL = "https://a.example/1"
SETTINGS = CycleSettings(retry_minutes=15, tries=6, feed_text_characters=1500)
HOUR = timedelta(hours=1)


def entry(
    *,
    url: str = URL,
    content: str = "",
    title: str = "Envoys meet",
    attempts: int = 0,
    fragment: str = "",
    article: ArticleId | None = None,
) -> QueuedEntry:
    return QueuedEntry(
        id=EntryId(1),
        feed=FeedId(1),
        source="S",
        language="en",
        home=None,
        identity=URL,
        digest="0",
        url=url + fragment,
        entry=ParsedEntry(id="1", url=url, title=title, content=content),
        first_seen_at=datetime(2026, 11, 24, tzinfo=UTC),
        attempts=attempts,
        article=article,
    )


def failed(kind: FailureKind, retry_after: timedelta | None = None) -> FetchFailed:
    return FetchFailed(url=URL, kind=kind, reason="No.", retry_after=retry_after)


def page(body: bytes) -> Fetched:
    return Fetched(url=URL, status=200, headers={}, body=body)


FULL = page(b"<p>Text</p>")


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.parametrize(
    ("url", "content", "needed"),
    [(URL, "", True), (URL, "x" * 1499, True), (URL, "x" * 1500, False), ("", "", False)],
    ids=["link alone", "short feed text", "whole text in the feed", "no link"],
)
def test_page_is_requested_unless_the_feed_has_the_text_or_there_is_no_link(
    url: str, content: str, needed: bool
) -> None:
    assert needs_page(entry(url=url, content=content), SETTINGS) is needed


@pytest.mark.parametrize(
    ("attempts", "outcome", "decision"),
    [
        (0, FULL, ProcessPage(FULL)),
        (0, page(b" \n"), Retry(1, minutes(15), "The page is empty.")),
        (0, NotModified(url=URL, headers={}), Retry(1, minutes(15), "The page is empty.")),
        (0, failed("status"), Retry(1, minutes(15), "No.")),
        (1, failed("timeout"), Retry(2, minutes(60), "No.")),
        (4, failed("dns"), Retry(5, minutes(15 * 256), "No.")),
        (5, failed("dns"), UseFeedText("No.", failed=True)),
        (0, failed("rate_limited", HOUR), Retry(1, HOUR, "No.")),
        (2, failed("rate_limited", HOUR), Retry(3, minutes(240), "No.")),
        (0, failed("gone"), Retry(1, minutes(15), "No.")),
        (1, failed("gone"), UseFeedText("No.", failed=True)),
        (1, failed("blocked"), Retry(2, minutes(60), "No.")),
        (2, failed("blocked"), UseFeedText("No.", failed=True)),
        (0, failed("robots"), UseFeedText("No.")),
        (0, failed("bad_url"), GiveUp("No.")),
        (0, failed("forbidden_address"), GiveUp("No.")),
        (3, failed("deferred", HOUR), Wait(HOUR, "No.")),
        (3, failed("deferred"), Wait(minutes(15), "No.")),
        (0, Unprocessable("Too slow."), Retry(1, minutes(15), "Too slow.")),
        (5, Unprocessable("Too slow."), UseFeedText("Too slow.", failed=True)),
    ],
)
def test_decision_after_a_request(attempts: int, outcome: Outcome | Unprocessable, decision: PageDecision) -> None:
    assert decide_page(entry(attempts=attempts), outcome, SETTINGS) == decision


def test_entry_that_needs_no_page_becomes_an_article_of_its_feed_text() -> None:
    assert decide_page(entry(content="x" * 200), None, SETTINGS) == UseFeedText()


def test_entry_with_neither_link_nor_text_is_given_up() -> None:
    assert isinstance(decide_page(entry(url=""), None, SETTINGS), GiveUp)


def test_entry_without_link_and_with_any_text_becomes_an_article() -> None:
    assert decide_page(entry(url="", content="Short."), None, SETTINGS) == UseFeedText()


def test_page_that_several_items_share_is_not_requested() -> None:
    shared = entry(fragment="#notice-5")
    assert not needs_page(shared, SETTINGS)
    assert isinstance(decide_page(shared, None, SETTINGS), UseFeedText)


def test_page_of_an_entry_without_a_title_is_requested_though_the_feed_has_the_text() -> None:
    text = "The envoys met in Busan. " * 80
    assert needs_page(entry(content=text, title="The envoys met in Busan."), SETTINGS)


FORBIDDEN = FetchFailed(url=URL, kind="status", reason="No.", status=403)


@pytest.mark.parametrize("failure", [FORBIDDEN, failed("blocked")], ids=["status 403", "bot wall"])
def test_refused_page_gives_an_article_of_the_feeds_text_at_once(failure: FetchFailed) -> None:
    pending = decide_page(entry(content="Short."), failure, SETTINGS)
    assert pending == Retry(1, minutes(15), "pending page: No.", feed_text=True)


@pytest.mark.parametrize("kind", ["timeout", "not_found", "status"])
def test_page_that_fails_twice_gives_an_article_of_the_feeds_text(kind: FailureKind) -> None:
    pending = decide_page(entry(content="Short.", attempts=1), failed(kind), SETTINGS)
    assert pending == Retry(2, minutes(60), "pending page: No.", feed_text=True)


@pytest.mark.parametrize(
    ("refused", "failure"),
    [
        (entry(), FORBIDDEN),
        (entry(content="Short.", article=ArticleId(7)), FORBIDDEN),
        (entry(content="Short."), failed("timeout")),
    ],
    ids=["no text in the feed", "article exists", "page is only slow"],
)
def test_article_of_the_feeds_text_waits_in_other_cases(refused: QueuedEntry, failure: FetchFailed) -> None:
    assert decide_page(refused, failure, SETTINGS) == Retry(1, minutes(15), "No.")


@pytest.mark.parametrize(
    "address", ["https://a.example/", "https://www.a.example", "https://a.example/ko/", "https://a.example/index.php"]
)
def test_135_redirect_to_the_front_page_counts_as_not_there(address: str) -> None:
    front = Fetched(url=address, status=200, headers={}, body=b"<p>Eight other headlines</p>")
    first = decide_page(entry(content="Short."), front, SETTINGS)
    assert isinstance(first, Retry)
    assert first.feed_text
    assert address in first.reason
    assert isinstance(decide_page(entry(attempts=1), front, SETTINGS), UseFeedText)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (URL, "https://a.example/2"),
        (URL, "https://a.example/?id=1"),
        ("https://a.example/", "https://a.example/"),
        ("https://a.example/?id=1", "https://a.example/?id=1"),
    ],
)
def test_135_page_that_answers_from_another_address_is_read(asked: str, answered: str) -> None:
    page = Fetched(url=answered, status=200, headers={}, body=b"<p>Text</p>")
    assert decide_page(entry(url=asked), page, SETTINGS) == ProcessPage(page)


@pytest.mark.parametrize("link", ["javascript:open(1)", "FILE:///etc/passwd", "data:text/html,x"])
def test_53_entry_that_links_to_a_program_or_a_local_file_is_given_up(link: str) -> None:
    linked = ParsedEntry(id="1", url="", title="T", written=link, content="x")
    decision = decide_page(replace(entry(url=""), entry=linked), None, SETTINGS)
    assert decision == GiveUp(f"The feed links to {link}, which is not fetched.")


def test_53_link_of_another_scheme_is_named_as_reason() -> None:
    linked = replace(
        entry(url="", content="Short."), entry=ParsedEntry(id="1", url="", title="T", written="ftp://a/b", content="x")
    )
    assert decide_page(linked, None, SETTINGS) == UseFeedText("The feed links to ftp://a/b, which is not fetched.")


@pytest.mark.parametrize(
    ("minutes", "tries", "retry_after", "longest"),
    [
        (15, 6, 3600, timedelta(minutes=15 * 4**4)),
        (15, 3, 3600, timedelta(days=1)),
        (15, 3, 200_000, timedelta(seconds=200_000)),
        (0.1, 100, 3600, timedelta(days=14)),  # the bounds of the settings
        (525_600, 100, 3600, timedelta(days=14)),
    ],
)
def test_longest_delay_is_that_of_retries_of_the_server_or_a_day(
    minutes: float, tries: int, retry_after: int, longest: timedelta
) -> None:
    settings = Settings(
        folder=Path(),
        sources=(),
        cycle=CycleSettings(retry_minutes=15, tries=tries),
        fetch=FetchSettings(max_retry_after_seconds=retry_after),
    )
    assert longest_delay(settings) == longest


def test_post_with_text_of_its_own_needs_no_page() -> None:
    post = entry(content="Short.")
    assert needs_page(post, SETTINGS)
    assert not needs_page(replace(post, entry=replace(post.entry, content_source=POST)), SETTINGS)
