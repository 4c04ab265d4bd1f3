"""Months of invented news on loopback, for ``tests.cycle.soak``: feeds that roll, die, fall silent and come back.

In: a plan (feeds, entries per day, days) and a clock that the caller moves. Out: a process with a port for each pair of
feeds. What a feed shows at a time is a pure function of the plan, so the caller can tell afterwards which entries must
have been stored. Texts are shuffled paragraphs of the demo's articles.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Literal

from pipeline.demo import DemoArticle, load_articles

DAY = 86_400.0
_FEEDS_PER_SITE = 2
_WINDOW_DAYS = 1.4
_HISTORY_DAYS = 20  # before the start: a feed's window is full, and its dates show its rhythm
_MORE_DAYS = 3  # feeds publish on while the last entries are processed
_NO_TEXT_EVERY = 10  # one entry of ten has only a teaser in the feed, and so its page is fetched
_RELEVANT_EVERY = 5
LENGTH = 600  # characters of a whole text
_BUSY_HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 9, 9, 8, 7, 7, 7, 7, 8, 8, 7, 5, 4, 3, 2, 2, 1)
_WEEKEND = 0.5

Way = Literal["error", "missing", "dropped", "page", "silent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time without news of a feed: it does not respond as a feed, or, if ``silent``, publishes nothing."""

    start: float
    end: float
    way: Way


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingFeed:
    """A feed and its history.

    Attributes:
        window: number of entries in its document: those of about thirty hours, a little more than the longest wait
            after a failed poll, and at least fifteen.
        times: publication times of the entries, in seconds since the epoch.
        outages: in order.
    """

    number: int
    language: str
    window: int
    times: tuple[float, ...]
    outages: tuple[Outage, ...]

    def shown(self, now: float) -> range:
        """Return the numbers of the entries in its document."""
        end = bisect_right(self.times, now)
        return range(max(end - self.window, 0), end)

    def outage(self, now: float) -> Outage | None:
        """Return its outage at this time, if there is one."""
        return next((outage for outage in self.outages if outage.start <= now < outage.end), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All events of a soak test. Equal arguments give equal plans.

    Attributes:
        start: seconds since the epoch.
        days: entries published later are not checked, as they may not have been polled yet.
        every: seconds from one cycle to the next, and from the start to the first one.
    """

    start: float
    days: int
    every: float
    feeds: tuple[RollingFeed, ...]

    @classmethod
    def make(cls, *, start: float, days: int, every: float, feeds: int, entries_per_day: float, seed: int = 1) -> Plan:
        """Make a plan: some feeds publish a hundred times more than others, and each dies about once a month.

        Args:
            start: seconds since the epoch, at midnight.
            days: length of the test.
            every: seconds from one cycle to the next.
            feeds: number of feeds.
            entries_per_day: entries of all feeds together on a weekday without outages.
            seed: of the random numbers.
        """
        rng = random.Random(seed)
        weights = [rng.lognormvariate(0, 1) for _ in range(feeds)]
        made = []
        for number, weight in enumerate(weights):
            rate = min(weight / sum(weights) * entries_per_day, 150)
            outages = tuple(_outages(rng, start, days))
            made.append(
                RollingFeed(
                    number=number,
                    language=("en", "ru", "ko")[number % 3],
                    window=max(round(rate * _WINDOW_DAYS), 15),
                    times=tuple(_times(rng, rate, start, days, outages)),
                    outages=outages,
                )
            )
        return cls(start=start, days=days, every=every, feeds=tuple(made))

    def due(self) -> set[str]:
        """Return the path of each entry that a feed showed between the first cycle and the last day."""
        found = set()
        for feed in self.feeds:
            first, end = feed.shown(self.start + self.every).start, feed.shown(self.start + self.days * DAY).stop
            found |= {path_of(feed.number, entry) for entry in range(first, end)}
        return found


def path_of(feed: int, entry: int) -> str:
    """Return the path of an entry's page."""
    return f"/{feed}/{entry}.html"


def _outages(rng: random.Random, start: float, days: int) -> Iterator[Outage]:
    at = rng.uniform(0.1, min(30, days / 2))
    while True:
        length = rng.choice((0.1, 0.5, 1, 3, 8))
        way: Way = rng.choice(("error", "missing", "dropped", "page", "silent"))
        if way == "silent":
            length += 8
        if at + length > days - 1:  # no outage on the last day, so that all entries can be stored
            return
        yield Outage(start=start + at * DAY, end=start + (at + length) * DAY, way=way)
        at += length + rng.uniform(10, 50)


def _times(rng: random.Random, rate: float, start: float, days: int, outages: tuple[Outage, ...]) -> Iterator[float]:
    """Yield publication times hour by hour; nothing is published during an outage."""
    for hour in range(-24 * _HISTORY_DAYS, 24 * (days + _MORE_DAYS)):
        begins = start + hour * 3600
        share = _BUSY_HOURS[hour % 24] / sum(_BUSY_HOURS) * (_WEEKEND if hour // 24 % 7 >= 5 else 1)
        expected = rate * share
        number = int(expected) + (rng.random() < expected % 1)
        for at in sorted(begins + rng.uniform(0, 3600) for _ in range(number)):
            if not any(outage.start <= at < outage.end for outage in outages):
                yield at


class Texts:
    """Invented articles, all different; one of five is about the two countries."""

    def __init__(self) -> None:
        self._articles: dict[tuple[str, bool], list[DemoArticle]] = {}
        for article in load_articles():
            self._articles.setdefault((_language(article.title), article.relevant), []).append(article)

    def of(self, feed: RollingFeed, entry: int) -> tuple[str, list[str]]:
        """Title and paragraphs."""
        rng = random.Random(feed.number * 1_000_003 + entry)
        articles = self._articles[feed.language, entry % _RELEVANT_EVERY == 0]
        title = f"{rng.choice(articles).title} ({feed.number}.{entry})"
        paragraphs = [f"{feed.number}.{entry}"]
        while sum(map(len, paragraphs)) < LENGTH:
            paragraphs.append(rng.choice(rng.choice(articles).paragraphs))
        return title, paragraphs


def _language(title: str) -> str:
    if any("가" <= letter <= "힣" for letter in title):
        return "ko"
    return "ru" if any("а" <= letter <= "я" for letter in title) else "en"


@dataclass(slots=True)
class _Server:
    plan: Plan
    clock: Any
    origins: list[str]
    texts: Texts = field(default_factory=Texts)
    refused: dict[tuple[int, float], set[float]] = field(default_factory=dict)  # times, by feed and outage
    messages: list[str] = field(default_factory=list)
    requests: int = 0

    def respond(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes] | None:
        """Return status, headers and body; None to close the connection."""
        if path == "/counts":
            return self._counts()
        self.requests += 1
        parts = path.strip("/").removesuffix(".html").split("/")
        if not parts[0].isdecimal() or int(parts[0]) >= len(self.plan.feeds):
            return 404, {}, b""
        feed = self.plan.feeds[int(parts[0])]
        return self._feed(feed, headers) if parts[1] == "feed.xml" else self._page(feed, int(parts[1]))

    def _counts(self) -> tuple[int, dict[str, str], bytes]:
        import json

        refused = [[feed, start, len(polls)] for (feed, start), polls in self.refused.items()]
        body = json.dumps({"requests": self.requests, "refused": refused, "messages": self.messages})
        return 200, {"content-type": "application/json"}, body.encode()

    def _feed(self, feed: RollingFeed, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes] | None:
        now = self.clock.value
        outage = feed.outage(now)
        if outage is not None and outage.way != "silent":
            self.refused.setdefault((feed.number, outage.start), set()).add(now)  # one poll may send several requests
            page = b"<!DOCTYPE html><title>Back soon</title><p>We are renewing our pages."
            return {
                "error": (503, {}, b""),
                "missing": (404, {"content-type": "text/html"}, page),
                "dropped": None,
                "page": (200, {"content-type": "text/html"}, page),
            }[outage.way]
        shown = feed.shown(now)
        tag = f'"{shown.start}-{shown.stop}"'
        if headers.get("if-none-match") == tag:
            return 304, {"etag": tag}, b""
        items = "".join(self._item(feed, entry) for entry in reversed(shown))
        head = '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        body = f"{head}<channel><title>Feed {feed.number}</title>{items}</channel></rss>".encode()
        return 200, {"etag": tag, "content-type": "application/rss+xml"}, body

    def _item(self, feed: RollingFeed, entry: int) -> str:
        title, paragraphs = self.texts.of(feed, entry)
        link = f"{self.origins[feed.number // _FEEDS_PER_SITE]}{path_of(feed.number, entry)}"
        full = "" if _needs_page(entry) else f"<content:encoded><![CDATA[{_html(paragraphs)}]]></content:encoded>"
        return (
            f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid>"
            f"<pubDate>{formatdate(feed.times[entry], usegmt=True)}</pubDate>"
            f"<description>{paragraphs[0][:120]}</description>{full}</item>"
        )

    def _page(self, feed: RollingFeed, entry: int) -> tuple[int, dict[str, str], bytes]:
        if entry not in feed.shown(self.clock.value):
            return 404, {}, b""
        title, paragraphs = self.texts.of(feed, entry)
        body = f"<!DOCTYPE html><title>{title}</title><article><h1>{title}</h1>{_html(paragraphs)}</article>"
        return 200, {"content-type": "text/html; charset=utf-8"}, body.encode()


def _needs_page(entry: int) -> bool:
    return entry % _NO_TEXT_EVERY == 0


def _html(paragraphs: list[str]) -> str:
    return "".join(f"<p>{text}</p>" for text in paragraphs)


@contextlib.contextmanager
def rolling(plan: Plan) -> Iterator[tuple[list[str], Any]]:
    """Serve the plan from its own process.

    Yields:
        The address of each feed, and the clock: set its ``value`` to the current time in seconds since the epoch.
    """
    context = multiprocessing.get_context("spawn")
    clock = context.Value("d", plan.start)
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(plan, clock, theirs), daemon=True)
    process.start()
    try:
        origins = ours.recv()
        yield [f"{origins[feed.number // _FEEDS_PER_SITE]}/{feed.number}/feed.xml" for feed in plan.feeds], clock
    finally:
        process.terminate()
        process.join()


def _run(plan: Plan, clock: Any, ready: Any) -> None:
    asyncio.run(_serve(plan, clock, ready))


async def _serve(plan: Plan, clock: Any, ready: Any) -> None:
    server = _Server(plan, clock, [])

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while await _exchange(server, reader, writer):
                pass
        writer.close()

    listeners = []
    for _ in range(0, len(plan.feeds), _FEEDS_PER_SITE):
        listener = await asyncio.start_server(connection, "127.0.0.1", 0)
        listeners.append(listener)
        server.origins.append(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
    ready.send(server.origins)
    await asyncio.Event().wait()


async def _exchange(server: _Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = lines[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:]) if name}
    if method == "POST":
        server.messages.append((await reader.readexactly(int(headers["content-length"]))).decode())
        response: tuple[int, dict[str, str], bytes] | None = (200, {}, b"")
    else:
        response = server.respond(method, path, headers)
    if response is None:
        return False
    status, more, body = response
    head = [f"HTTP/1.1 {status} -", f"content-length: {len(body)}", *(f"{name}: {text}" for name, text in more.items())]
    if status == 304:
        head.pop(1)
    writer.write("\r\n".join([*head, "", ""]).encode() + (b"" if status == 304 else body))
    await writer.drain()
    return headers.get("connection", "").lower() != "close"
