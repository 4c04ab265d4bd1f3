"""Lines of a list: an article with what helps to judge its title. Pure, except for the lexicon of the glosses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline.review import gloss, local_time
from pipeline.store import translations
from pipeline.store.queue import QueueFilter, Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the list.

    Attributes:
        day: time whose day heads the line, where the day changes, in lists by time; else "".
        new: first seen since the analyst's last visit.
        divider: the line is the first one that is not new.
        gloss: what the title names, in English.
        english: title of the story's earliest English article.
        translation: machine translation of the title.
        topics: short titles of its topics, with their full titles.
    """

    item: Waiting
    day: str
    new: bool
    divider: bool
    gloss: tuple[str, ...]
    english: str
    translation: translations.Translation | None
    topics: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Helps:
    """English titles by story, and machine translations by article."""

    english: dict[int, str]
    translated: dict[int, translations.Translation]


def lines_of(
    waiting: list[Waiting],
    wanted: QueueFilter,
    titles: dict[str, str],
    helps: Helps,
    *,
    since: str | None,
    zone: ZoneInfo,
    now: datetime,
) -> list[Line]:
    """Return the lines of a list with day headings and the border between new articles and those seen before."""
    by_day = wanted.queue == "flagged" or (wanted.queue == "main" and wanted.sort == "newest")
    lines: list[Line] = []
    day, was_new = "", False
    for item in waiting:
        at = item.seen if wanted.queue == "flagged" else item.at  # what the list is sorted by
        own_day = local_time.to_day(at, zone, now) if by_day else ""
        new = since is not None and item.seen > since
        lines.append(
            Line(
                item=item,
                day=at if own_day != day else "",
                new=new,
                divider=by_day and was_new and not new and not any(line.divider for line in lines),
                gloss=gloss.of_title(item.title, item.language),
                english=helps.english.get(item.story or 0, "") if item.language != "en" else "",
                translation=helps.translated.get(item.id),
                topics=tuple(
                    (short_title(titles.get(topic, topic)), titles.get(topic, topic)) for topic in item.topics
                ),
            )
        )
        day, was_new = own_day, new
    return lines


def short_title(title: str) -> str:
    """Return the start of a topic's title, for a tag: “Pipelines, LNG and power grids” becomes “Pipelines, LNG”."""
    return re.split(r": | and (?=[a-z])", title)[0]
