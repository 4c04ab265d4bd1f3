"""The brief: what goes out to readers. ``tumen brief`` and the desk's brief page compose it here.

In: rows of ``pipeline.store.brief`` and a catalogue of messages. Out: a ``Brief`` value in the language of the
catalogue, which ``pipeline.services.brief_formats`` renders. Titles of topics are as in the config.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from pipeline.errors import BadValue
from pipeline.store import brief as rows
from pipeline.store import directions, status
from pipeline.store import edits as page_edits
from pipeline.store.values import to_text
from pipeline.text.catalogue import ENGLISH, Catalogue

Which = Literal["all", "not_rejected", "reviewed"]
WHICH = get_args(Which)
LANGUAGES = {"en": "English", "ru": "Russian", "ko": "Korean", "ja": "Japanese", "zh": "Chinese"}
ESCALATED = "Escalated"
OTHER = "Other"
_SINCE = re.compile(r"(\d{1,4})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 168}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry of the brief: a story or a single article.

    Attributes:
        section: title of the section: “Escalated”, or the topic with the highest score.
        topic: title of the topic with the highest score.
        also: titles of the other topics of the story.
        also_in: the other articles of the story.
        sentence: written by an analyst for the readers.
        note: note on an escalated article.
        left_out: an analyst took it out of the brief.
    """

    article: rows.BriefArticle
    section: str
    topic: str
    also: tuple[str, ...]
    also_in: tuple[rows.BriefArticle, ...]
    sentence: str = ""
    left_out: bool = False

    @property
    def note(self) -> str:
        """Return the note of the article if it is escalated, else nothing: other notes are for the team."""
        noted = next((article for article in (self.article, *self.also_in) if article.verdict == "escalate"), None)
        return (noted.note or "") if noted is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A brief.

    Attributes:
        ordered: True if the items are in an order made by an analyst, without sections.
        quiet: titles of the topics without an article.
        silent: names of the feeds that are silent for longer than usual.
        page_edits: edits and deletions of published pages, found in the period.
        directions: who reported a story first, who copied, what the sources of a country leave out.
        words: the texts of the brief's language.
    """

    start: datetime
    end: datetime
    zone: ZoneInfo
    which: Which
    items: tuple[Item, ...]
    left_out: tuple[Item, ...]
    ordered: bool
    quiet: tuple[str, ...]
    heard: tuple[rows.Heard, ...]
    silent: tuple[str, ...]
    page_edits: tuple[dict[str, Any], ...] = ()
    directions: tuple[dict[str, Any], ...] = ()
    words: Catalogue = ENGLISH

    @property
    def title(self) -> str:
        """Return the title with date, number of articles and period."""
        t = self.words
        articles = sum(1 + len(item.also_in) for item in self.items)
        counted = t.count("{n} article", "{n} articles", articles)
        if articles != len(self.items):
            counted = f"{t.count('{n} story', '{n} stories', len(self.items))}, {counted}"
        only = {"all": t("rejected ones included"), "not_rejected": "", "reviewed": t("reviewed only")}[self.which]
        counted += f" ({only})" if only else ""
        start, end = self.start.astimezone(self.zone), self.end.astimezone(self.zone)
        day = t("{day} {month} {year}", day=end.day, month=t(f"{end:%b}"), year=end.year)
        since = t("{day} {month} {time}", day=start.day, month=t(f"{start:%b}"), time=f"{start:%H:%M}")
        return t(
            "Tumen, {day}: {counted} since {since} {zone}", day=day, counted=counted, since=since, zone=self.zone_name
        )

    @property
    def zone_name(self) -> str:
        """Return the abbreviation of the zone such as “KST”, or its offset such as “UTC+10”."""
        name = self.end.astimezone(self.zone).tzname() or self.zone.key
        return f"UTC{name}" if name[0] in "+-" else name

    def local(self, at: str) -> str:
        """Return a stored time as date and time in the brief's zone."""
        return f"{datetime.fromisoformat(at).astimezone(self.zone):%Y-%m-%d %H:%M}"

    def heading(self, section: str) -> str:
        """Return the heading of a section. Those that are not topics are translated."""
        return self.words(section) if section in (ESCALATED, OTHER) else section

    def sections(self) -> list[tuple[str, list[Item]]]:
        """Return the items by section. A brief in an analyst's order is one section without a title."""
        sections: dict[str, list[Item]] = {}
        for item in self.items:
            sections.setdefault("" if self.ordered else item.section, []).append(item)
        return list(sections.items())

    def coverage(self) -> list[str]:
        """Return sentences that say how many articles the feeds brought, and what is missing."""
        t = self.words
        feeds = sum(heard.feeds for heard in self.heard)
        if not feeds:
            sentences = [t("No feed is enabled.")]
        else:
            counts = ", ".join(f"{self._language(heard.language)} {heard.articles:,}" for heard in self.heard)
            working = feeds - sum(len(heard.failed) for heard in self.heard)
            sentences = [
                t(
                    "New articles: {counts}; {working} of {feeds} feeds work.",
                    counts=counts,
                    working=working,
                    feeds=feeds,
                )
            ]
        sentences += [
            t(
                "Failing: {n} of {feeds} {language} feeds ({names}).",
                n=len(heard.failed),
                feeds=heard.feeds,
                language=self._language(heard.language),
                names=", ".join(heard.failed),
            )
            for heard in self.heard
            if heard.failed
        ]
        if self.silent:
            sentences.append(t("Silent for longer than usual: {names}.", names=", ".join(self.silent)))
        if self.quiet:
            sentences.append(t("No articles on: {topics}.", topics=", ".join(self.quiet)))
        return sentences

    def _language(self, code: str) -> str:
        return self.words(LANGUAGES.get(code, code))


def parse_since(text: str) -> timedelta:
    """Parse a period such as ``24h``.

    Raises:
        BadValue: it is not a period.
    """
    found = _SINCE.fullmatch(text)
    if found is None:
        raise BadValue(f"“{text}” is not a period. Expected a number and h, d or w, for example 24h, 3d or 1w.")
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])


def compose(
    conn: sqlite3.Connection,
    now: datetime,
    period: timedelta,
    which: Which = "not_rejected",
    zone: str = "UTC",
    *,
    words: Catalogue = ENGLISH,
) -> Brief:
    """Return the brief of a period that ends now, in the language of the words."""
    start = now - period
    since = to_text(start)
    found = rows.articles(conn, since)
    kept = [article for article in found if _belongs(article, which)]
    titles = rows.topics(conn)
    edits = rows.edits(conn, [article.id for article in kept], since)
    items = _arranged([_item(members, titles, edits) for members in _stories(kept)], list(titles.values()), edits.order)
    covered = {title for item in items for title in (item.topic, *item.also)}
    stories = {item.article.story for item in items if not item.left_out}
    return Brief(
        start=start,
        end=now,
        zone=ZoneInfo(zone),
        which=which,
        items=tuple(item for item in items if not item.left_out),
        left_out=tuple(item for item in items if item.left_out),
        ordered=any(article.id in edits.order for article in kept),
        quiet=tuple(title for title in titles.values() if title not in covered),
        heard=tuple(rows.heard(conn, since)),
        silent=tuple(feed.name for feed in status.silent(conn, now)),
        page_edits=tuple(edit for edit in page_edits.since(conn, since) if _allowed(edit["verdict"], which)),
        directions=tuple(story for story in directions.summaries(conn, since) if story["id"] in stories),
        words=words,
    )


def _belongs(article: rows.BriefArticle, which: Which) -> bool:
    return _allowed(article.verdict, which)


def _allowed(verdict: str | None, which: Which) -> bool:
    if which == "all":
        return True
    return verdict in ("relevant", "escalate") or (which == "not_rejected" and verdict is None)


def _stories(found: Iterable[rows.BriefArticle]) -> list[list[rows.BriefArticle]]:
    """Group articles by story: escalated articles first, then as they come."""
    stories: dict[object, list[rows.BriefArticle]] = {}
    for article in found:
        stories.setdefault(article.story or f"article {article.id}", []).append(article)
    return [sorted(members, key=lambda article: article.verdict != "escalate") for members in stories.values()]


def _item(members: Sequence[rows.BriefArticle], titles: dict[str, str], edits: rows.Edits) -> Item:
    first, *others = members
    scores: dict[str, float] = {}
    for topic, score in (pair for article in members for pair in article.topics):
        scores[topic] = max(score, scores.get(topic, 0.0))
    own = [topic for topic, _ in first.topics] or sorted(scores, key=lambda topic: -scores[topic])
    topic = titles.get(own[0], own[0]) if own else OTHER
    also = [titles.get(other, other) for other in sorted(scores, key=lambda other: -scores[other])]
    return Item(
        article=first,
        section=ESCALATED if first.verdict == "escalate" else topic,
        topic=topic,
        also=tuple(title for title in also if title != topic),
        also_in=tuple(others),
        sentence=next((edits.sentences[article.id] for article in members if article.id in edits.sentences), ""),
        left_out=any(article.id in edits.left_out for article in members),
    )


def _arranged(items: Sequence[Item], topics: Sequence[str], order: Sequence[int]) -> list[Item]:
    """Return items in the analyst's order, then escalated ones, then by topic in the order of the config."""
    place = {article: at for at, article in enumerate(order)}
    sections = {title: at for at, title in enumerate([ESCALATED, *topics])}

    def key(item: Item) -> tuple[int, int]:
        places = [place[article.id] for article in (item.article, *item.also_in) if article.id in place]
        return (min(places, default=len(place)), sections.get(item.section, len(sections)))

    return sorted(items, key=key)
