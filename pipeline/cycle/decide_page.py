"""Decision about one entry: what to do after its page was asked for, or when it needs no page. Pure.

In: the entry, and the outcome of its page request. Out: one of five decisions, which ``page_stage`` carries out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from pipeline.feeds.problems import POST
from pipeline.model import Fetched, FetchFailed, NotModified, QueuedEntry
from pipeline.settings import CycleSettings, Settings
from pipeline.text.sentences import headline_of

_REFUSED = {"bad_url", "forbidden_address"}  # the feed links to an address that Tumen does not request
_NO_PUBLICATION = ("javascript:", "vbscript:", "file:", "data:", "about:", "blob:")  # programs and local files
_LONGEST_DELAY = timedelta(days=14)
_FRONT_PAGE = re.compile(r"/?(?:[a-z]{2}/?)?(?:(?:index|main|home|default)(?:\.\w{2,5})?/?)?", re.IGNORECASE)
_FORBIDDEN = (401, 402, 403, 451)
_TRIES = {"gone": 2, "front page": 2, "blocked": 3}  # kinds of failure that further tries seldom mend


@dataclass(frozen=True, slots=True)
class ProcessPage:
    """Extract the article from this page."""

    page: Fetched


@dataclass(frozen=True, slots=True)
class Unprocessable:
    """Outcome of a page that arrived and could not be processed; ``reason`` is a sentence for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after ``delay``; no request was sent, so no try is counted."""

    delay: timedelta
    reason: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after ``delay``; ``attempts`` counts the tries so far, this one included.

    Attributes:
        feed_text: store an article of the feed's text until the page comes.
    """

    attempts: int
    delay: timedelta
    reason: str
    feed_text: bool = False


@dataclass(frozen=True, slots=True)
class UseFeedText:
    """Store the feed's own text instead of the page.

    Attributes:
        reason: why there is no page; None when the feed carries the whole text.
        failed: the page was asked for and failed, which the cycle's report mentions.
    """

    reason: str | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Store nothing: there is neither a page nor a text."""

    reason: str


PageDecision = ProcessPage | Wait | Retry | UseFeedText | GiveUp


def longest_delay(settings: Settings) -> timedelta:
    """Return the longest time until the next try of a page that is ever planned."""
    retries = _delay(settings.cycle.tries - 1, settings.cycle)
    return max(retries, timedelta(seconds=settings.fetch.max_retry_after_seconds), timedelta(days=1))


def _delay(attempts: int, settings: CycleSettings) -> timedelta:
    return min(timedelta(minutes=settings.retry_minutes * 4 ** min(attempts - 1, 10)), _LONGEST_DELAY)


def needs_page(entry: QueuedEntry, settings: CycleSettings) -> bool:
    """Return whether to ask for the entry's page.

    An entry without an address has no page of its own, nor has one that shares its page with other items: the fragment
    of its address tells them apart. If the feed carries the whole text with a title, the page would add nothing.
    """
    if not entry.entry.url or "#" in entry.url:
        return False
    content = entry.entry.content
    if entry.entry.content_source == POST and content:
        return False
    return len(content) < settings.feed_text_characters or entry.entry.title == headline_of(content)


def decide_page(
    entry: QueuedEntry, outcome: Fetched | NotModified | FetchFailed | Unprocessable | None, settings: CycleSettings
) -> PageDecision:
    """Decide what to do with an entry.

    Args:
        entry: the entry, with the number of earlier attempts.
        outcome: of the page request; None when ``needs_page`` says that there is no request.
        settings: number of tries and the first delay.
    """
    match outcome:
        case None:
            return _without_request(entry)
        case Fetched() if _is_front_page_instead(entry, outcome):
            decision = _retry(entry, f"The address leads to {outcome.url}.", settings, tries=_TRIES["front page"])
            return _with_feed_text(entry, decision)
        case Fetched() if outcome.body.strip():
            return ProcessPage(outcome)
        case Fetched() | NotModified():
            return _retry(entry, "The page is empty.", settings)
        case Unprocessable():
            return _retry(entry, outcome.reason, settings)
        case FetchFailed():
            return _after_failure(entry, outcome, settings)


def _is_front_page_instead(entry: QueuedEntry, page: Fetched) -> bool:
    """Return whether a redirect led from an article's address to a front page: the article is not there any more."""
    asked, answered = urlsplit(entry.entry.url), urlsplit(page.url)
    front = _FRONT_PAGE.fullmatch(answered.path) and not answered.query
    return bool(front) and not (_FRONT_PAGE.fullmatch(asked.path) and not asked.query)


def _without_request(entry: QueuedEntry) -> UseFeedText | GiveUp:
    link = entry.entry.written
    refused = f"The feed links to {link[:200]}, which is not fetched." if link and not entry.entry.url else None
    if _has_text(entry) and not link.lower().startswith(_NO_PUBLICATION):
        return UseFeedText(refused)
    if entry.entry.url and entry.entry.title:
        return UseFeedText("Other items of the feed link to the same page, and the feed gives no text.")
    return GiveUp(refused or "The feed gives no address that can be requested, and no text.")


def _has_text(entry: QueuedEntry) -> bool:
    return bool(entry.entry.content or entry.entry.summary)


def _after_failure(entry: QueuedEntry, failure: FetchFailed, settings: CycleSettings) -> PageDecision:
    if failure.kind == "deferred":
        return Wait(failure.retry_after or timedelta(minutes=settings.retry_minutes), failure.reason)
    if failure.kind in _REFUSED:
        return GiveUp(failure.reason)
    if failure.kind == "robots":
        return UseFeedText(failure.reason)
    tries = _TRIES.get(failure.kind, settings.tries)
    decision = _retry(entry, failure.reason, settings, tries=tries, at_least=failure.retry_after)
    refused = failure.kind == "blocked" or failure.status in _FORBIDDEN
    return _with_feed_text(entry, decision) if refused or _failed_before(decision) else decision


def _failed_before(decision: Retry | UseFeedText) -> bool:
    """Return whether the page failed at an earlier try too: then the next one is an hour away and more."""
    return isinstance(decision, Retry) and decision.attempts > 1


def _with_feed_text(entry: QueuedEntry, decision: Retry | UseFeedText) -> Retry | UseFeedText:
    """Store the feed's text while the page is tried again, if there is text and no article yet."""
    if isinstance(decision, UseFeedText) or entry.article is not None or not _has_text(entry):
        return decision
    return replace(decision, reason=f"pending page: {decision.reason}", feed_text=True)


def _retry(
    entry: QueuedEntry,
    reason: str,
    settings: CycleSettings,
    *,
    tries: int | None = None,
    at_least: timedelta | None = None,
) -> Retry | UseFeedText:
    """Retry with a delay that grows four-fold with each try; use the feed's text after the last one."""
    attempts = entry.attempts + 1
    if attempts >= (tries or settings.tries):
        return UseFeedText(reason, failed=True)
    delay = _delay(attempts, settings)
    return Retry(attempts, max(delay, at_least or delay), reason)
