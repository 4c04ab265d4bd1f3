"""What becomes of an entry after its page was requested: the table of decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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
    needs_page,
)
from pipeline.model import (
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
from pipeline.settings import CycleSettings

URL = "https://a.example/1"
SETTINGS = CycleSettings(retry_minutes=15, tries=6, feed_text_characters=1500)
HOUR = timedelta(hours=1)


def entry(*, url: str = URL, content: str = "", attempts: int = 0) -> QueuedEntry:
    return QueuedEntry(
        id=EntryId(1),
        feed=FeedId(1),
        source="S",
        language="en",
        home=None,
        identity=URL,
        digest="0",
        url=url,
        entry=ParsedEntry(id="1", url=url, title="Envoys meet", content=content),
        first_seen_at=datetime(2026, 11, 24, tzinfo=UTC),
        attempts=attempts,
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
    assert isinstance(decide_page(entry(url="", content="x" * 199), None, SETTINGS), GiveUp)
