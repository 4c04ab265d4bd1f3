"""Polls one feed without storing anything, and says in one line what a person should know of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.fetch import Fetcher
from pipeline.model import Fetched, FetchFailed, ParsedFeed, Request, Source
from pipeline.processing.feed_document import parse_feed
from pipeline.processing.pool import Workers
from pipeline.text.zones import home_timezone


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a feed answered.

    Attributes:
        validators: which of ETag and Last-Modified it offers.
        robots: what robots.txt says to the page of one of its entries, "" when that was not asked.
        problem: one sentence, "" when all is well.
    """

    name: str
    status: int | None
    entries: int
    newest: datetime | None
    encoding: str
    validators: tuple[str, ...]
    problem: str
    robots: str = ""

    def line(self) -> str:
        """The whole in a line."""
        newest = f"newest {self.newest:%Y-%m-%d %H:%M}Z" if self.newest else "no dates"
        told = [
            f"{self.entries:>4} entries",
            newest,
            self.encoding or "–",
            "+".join(self.validators) or "no validators",
            self.robots,
        ]
        figures = ", ".join(part for part in told if part) if self.entries else ""
        return f"{self.status or '–':>3}  {self.name:<34} {figures} {self.problem}".rstrip()


async def check_feed(source: Source, fetcher: Fetcher, workers: Workers, now: datetime) -> Checked:
    """Ask and read one feed, and hear what robots.txt says to the page of its first entry."""
    outcome = await fetcher.get(Request(url=source.url, kind="feed"))
    if not isinstance(outcome, Fetched):
        reason = outcome.reason if isinstance(outcome, FetchFailed) else "It says “not modified” to a first request."
        return _none(source.name, outcome.status if isinstance(outcome, FetchFailed) else 304, reason)
    with fetcher.room.holding(outcome.body):
        parsed = await parse_feed(outcome, workers, timezone=source.timezone or home_timezone(source.home), now=now)
    if isinstance(parsed, FetchFailed):
        return _none(source.name, outcome.status, parsed.reason)
    sample = next((entry.url for entry in parsed.entries if entry.url), None)
    if sample is None:
        return tell(source.name, outcome, parsed)
    objection = await fetcher.objection(sample)
    return tell(source.name, outcome, parsed, objection, robots="" if objection else "pages allowed by robots.txt")


def _none(name: str, status: int | None, problem: str) -> Checked:
    return Checked(name=name, status=status, entries=0, newest=None, encoding="", validators=(), problem=problem)


def tell(name: str, outcome: Fetched, parsed: ParsedFeed, objection: str | None = None, *, robots: str = "") -> Checked:
    """What a feed's answer is worth.

    Args:
        name: the feed's.
        outcome: the answer.
        parsed: what it holds.
        objection: why the page of one of its entries would not be asked for; None when it would.
        robots: what robots.txt says, where it does not object.
    """
    said = [parsed.problem or "", objection or ""]
    if outcome.moved_to:
        said.append(f"It has moved to {outcome.moved_to}.")
    if parsed.alternates:
        said.append(f"The page names a feed: {parsed.alternates[0]}")
    if not parsed.entries and not parsed.problem:
        said.append("It is a feed, and empty.")
    return Checked(
        name=name,
        status=outcome.status,
        entries=len(parsed.entries),
        newest=max((entry.published for entry in parsed.entries if entry.published), default=None),
        encoding=parsed.encoding,
        validators=tuple(
            name for name, key in (("ETag", "etag"), ("Last-Modified", "last-modified")) if key in outcome.headers
        ),
        problem=" ".join(part for part in said if part),
        robots=robots,
    )
