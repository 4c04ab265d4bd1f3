"""Feeds, responses and states for the tests of this folder; every sentence is our own."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipeline.feeds.decide import decide
from pipeline.feeds.identity import keyed
from pipeline.model import (
    EntryId,
    FailureKind,
    FeedId,
    FeedState,
    FeedUpdate,
    Fetched,
    FetchFailed,
    KnownEntry,
    NotModified,
    Outcome,
    ParsedEntry,
    ParsedFeed,
    Source,
)
from pipeline.settings.poll import PollSettings
from pipeline.text.urls import with_fragment

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://news.example/rss"
POLICY = PollSettings()

RUSSIAN = "Министры обсудили поставки газа и дорогу к порту на востоке"
KOREAN = "외교부는 두 나라의 철도 협력을 다시 논의한다고 밝혔다"


def rss(
    *items: str, channel: str = "<title>Вестник 소식</title><link>https://news.example/</link>", head: str = ""
) -> str:
    """An RSS 2.0 document of these items."""
    body = "".join(f"<item>{item}</item>" for item in items)
    spaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:yandex="http://news.yandex.ru" xmlns:turbo="http://turbo.yandex.ru"'
        ' xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    )
    return f'{head}<rss version="2.0" {spaces}><channel>{channel}{body}</channel></rss>'


def item(number: int = 1, title: str = RUSSIAN, extra: str = "") -> str:
    """The inside of an RSS item."""
    return f"<title>{title} {number}</title><link>https://news.example/a?idxno={number}</link>{extra}"


def entry(number: int, *, title: str = "", at: datetime | None = None, summary: str = "") -> ParsedEntry:
    """A parsed entry."""
    return ParsedEntry(
        id=f"guid-{number}",
        url=f"https://news.example/a?idxno={number}",
        title=title or f"{RUSSIAN} {number}",
        summary=summary,
        published=at,
    )


def feed(
    *numbers: int, problem: str | None = None, gap: timedelta = timedelta(hours=1), ttl: timedelta | None = None
) -> ParsedFeed:
    """A parsed feed of these entries, the first published at ``NOW``, the others ``gap`` apart."""
    entries = tuple(entry(number, at=NOW - gap * place) for place, number in enumerate(numbers))
    return ParsedFeed(title="Вестник", entries=entries, problem=problem, format="rss20", ttl=ttl)


def state(**changes: object) -> FeedState:
    """A feed that was never polled, with these changes."""
    minutes = changes.pop("interval_minutes", None)
    source = Source(name="Вестник", url=URL, language="ru", interval_minutes=minutes)  # type: ignore[arg-type]
    return FeedState(**({"id": FeedId(1), "source": source, "url": URL} | changes))  # type: ignore[arg-type]


def fetched(body: bytes = b"<rss/>", headers: Mapping[str, str] | None = None, **changes: object) -> Fetched:
    """A 200 of the feed's address."""
    return Fetched(**({"url": URL, "status": 200, "headers": headers or {}, "body": body} | changes))  # type: ignore[arg-type]


def not_modified(headers: Mapping[str, str] | None = None, **changes: object) -> NotModified:
    """A 304 of the feed's address."""
    return NotModified(**({"url": URL, "headers": headers or {}} | changes))  # type: ignore[arg-type]


def failed(kind: FailureKind, retry_after: timedelta | None = None) -> FetchFailed:
    """A request that failed."""
    return FetchFailed(url=URL, kind=kind, reason="The server said no.", retry_after=retry_after)


def poll(
    before: FeedState,
    outcome: Outcome,
    parsed: ParsedFeed | None = None,
    known: Sequence[KnownEntry] = (),
    *,
    at: datetime = NOW,
    seed: int = 1,
    policy: PollSettings = POLICY,
) -> FeedUpdate:
    """Decide on one poll."""
    document = keyed(parsed) if parsed else None
    return decide(before, outcome, document, known, now=at, policy=policy, rng=random.Random(seed))


def remember(update: FeedUpdate, known: Sequence[KnownEntry] = ()) -> list[KnownEntry]:
    """Return the stored entries after an update, as a look-up in the store gives them."""
    stored = {entry.id: entry for entry in known}
    for intent in update.entries:
        number = intent.known or EntryId(len(stored) + 1)
        stored[number] = KnownEntry(
            id=number,
            identity=intent.identity,
            guid=intent.entry.id,
            url=with_fragment(intent.entry.url, intent.entry.fragment),
            title=intent.entry.title,
            digest=intent.digest,
            text_digest=intent.text_digest,
            states=intent.states,
            at=intent.entry.published or NOW,
        )
    shared = {entry.identity.partition("#")[0] for entry in stored.values() if "#" in entry.identity}
    return [replace(entry, shared=entry.identity in shared) for entry in stored.values()]


def wait(update: FeedUpdate, at: datetime = NOW) -> timedelta:
    """Return the time until the next poll."""
    assert update.state.due_at is not None
    return update.state.due_at - at
