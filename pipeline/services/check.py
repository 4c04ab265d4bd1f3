"""Check of one feed for ``tumen feeds check``: fetches and parses it, stores nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from msgspec.structs import replace as replace_struct

from pipeline.cycle.list_reader import byte_limit
from pipeline.feeds.children import choose, merge
from pipeline.feeds.problems import problem_of_body
from pipeline.feeds.same_item import same_item
from pipeline.fetch import Fetcher
from pipeline.model import Fetched, FetchFailed, NotModified, Outcome, ParsedFeed, Request, Seen, Source
from pipeline.processing.feed_document import parse_feed, read_list
from pipeline.processing.pool import Workers
from pipeline.text.zones import home_timezone

_VALIDATORS = (("ETag", "etag"), ("Last-Modified", "last-modified"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The result of a check.

    Attributes:
        validators: which of ETag and Last-Modified the server sends.
        robots: whether robots.txt allows the page of an entry, "" when this was not checked.
        apart: items that share their link with another item.
        repeated: entries that repeat another entry.
        problem: one or more sentences, "" when all is well.
    """

    name: str
    status: int | None
    entries: int = 0
    apart: int = 0
    repeated: int = 0
    newest: datetime | None = None
    encoding: str = ""
    validators: tuple[str, ...] = ()
    problem: str = ""
    robots: str = ""

    def line(self) -> str:
        """Return the result as one line of text."""
        figures = ""
        if self.entries:
            newest = f"newest {self.newest:%Y-%m-%d %H:%M}Z" if self.newest else "no dates"
            validators = "+".join(self.validators) or "no validators"
            shared = f"{self.apart} share a link" if self.apart else ""
            repeated = f"{self.repeated} repeat another" if self.repeated else ""
            parts = (shared, repeated, newest, self.encoding or "–", validators, self.robots)
            figures = ", ".join((f"{self.entries:>4} entries", *filter(None, parts)))
        return f"{self.status or '–':>3}  {self.name:<34} {figures} {self.problem}".rstrip()


async def check_feed(source: Source, fetcher: Fetcher, workers: Workers, now: datetime) -> Checked:
    """Fetch and parse one feed, and check robots.txt for the page of its first entry."""
    if source.via != "feed":
        return await check_list(source, fetcher, workers, now)
    outcome = await fetcher.get(Request(url=source.url, kind="feed", max_bytes=source.max_feed_bytes))
    if not isinstance(outcome, Fetched):
        return Checked(name=source.name, status=status_of(outcome), problem=failure_of(outcome))
    zone = source.timezone or home_timezone(source.home)
    with fetcher.budget.hold(outcome.body):
        document = await parse_feed(outcome, workers, timezone=zone, now=now)
    if isinstance(document, FetchFailed):
        return Checked(name=source.name, status=outcome.status, problem=document.reason)
    items = same_item(document, (), source.name)
    page = next((entry.url for entry in document.feed.entries if entry.url), None)
    objection = await fetcher.objection(page) if page else None
    robots = "pages allowed by robots.txt" if page and not objection else ""
    checked = summarise(source.name, outcome, document.feed, objection=objection or "", robots=robots)
    return replace(checked, apart=items.apart, repeated=items.repeated)


async def check_list(source: Source, fetcher: Fetcher, workers: Workers, now: datetime) -> Checked:
    """Fetch and read a source that is no feed, as if nothing of it were known; of an index also one sitemap."""
    outcome = await fetcher.get(Request(url=source.url, kind="feed", max_bytes=byte_limit(source)))
    if not isinstance(outcome, Fetched):
        return Checked(name=source.name, status=status_of(outcome), problem=failure_of(outcome))
    # Of a sitemap all addresses are counted, of the other kinds the entries.
    seen = Seen(learn=source.via == "sitemap", pattern=source.pattern or "", given=source.pattern is not None)
    with fetcher.budget.hold(outcome.body):
        found = await read_list(outcome, workers, source, seen, now=now)
    if isinstance(found, FetchFailed):
        return Checked(name=source.name, status=outcome.status, problem=found.reason)
    if found.children:
        children, _ = merge((), found.children, now)
        child = choose(children)[0]
        checked = await check_list(replace_struct(source, url=child.url), fetcher, workers, now)
        remark = f"An index of {len(children):,} sitemaps; {child.url} was read."
        return replace(checked, problem=f"{remark} {checked.problem}".rstrip())
    checked = summarise(source.name, outcome, found.document.feed)
    if source.via != "sitemap" or checked.entries:
        return checked
    problem = found.document.feed.problem or ""
    return replace(checked, entries=len(found.keys) // 8, problem=problem)


def failure_of(outcome: FetchFailed | NotModified) -> str:
    """Return why a first request gave no document."""
    if isinstance(outcome, FetchFailed):
        return outcome.reason
    return "The server answers “not modified” to a request without conditions."


def status_of(outcome: Outcome) -> int | None:
    """Return the HTTP status of an outcome."""
    return 304 if isinstance(outcome, NotModified) else outcome.status


def summarise(name: str, outcome: Fetched, parsed: ParsedFeed, *, objection: str = "", robots: str = "") -> Checked:
    """Summarise a response that was parsed.

    Args:
        name: the name of the source.
        outcome: the response.
        parsed: its document.
        objection: why the page of an entry would not be requested, "" when it would.
        robots: what robots.txt says, when it allows the page.
    """
    problems = [problem_of_body(outcome) or parsed.problem or "", objection]
    if outcome.moved_to:
        problems.append(f"The feed has moved to {outcome.moved_to}.")
    if parsed.alternates:
        problems.append(f"The page names a feed: {parsed.alternates[0]}")
    if not parsed.entries and not parsed.problem:
        problems.append("The feed is valid but has no entries.")
    return Checked(
        name=name,
        status=outcome.status,
        entries=len(parsed.entries),
        newest=max((entry.published for entry in parsed.entries if entry.published), default=None),
        encoding=parsed.encoding,
        validators=tuple(name for name, header in _VALIDATORS if header in outcome.headers),
        problem=" ".join(problem for problem in problems if problem),
        robots=robots,
    )
