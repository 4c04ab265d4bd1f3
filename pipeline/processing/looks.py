"""A look at a page: reads the kept copy and the new response with the same code, and compares them. Runs in workers.

In: the bytes of both. Out: a ``Reading``: the answer for ``decide_look``, and the new state of the article.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pipeline.edits import compare, digest, judge_version
from pipeline.edits.answers import Same
from pipeline.edits.decide_look import Answer, Changed
from pipeline.model import Article, Change, Extraction, QueuedEntry, Version
from pipeline.processing import Flagged, article_of_page, flag, flagger_of

_VISIBLE = 3_000  # characters of a page without an article that are searched for “not found”


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The bytes of a page."""

    body: bytes
    url: str
    content_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a look found.

    Attributes:
        change: also if it is only cosmetic; None if nothing changed or nothing could be compared.
        old, new: digests of the two versions; "" without a version.
        flagged: the article with its new title and text, if they changed.
        sentences: for the key of each added or dropped sentence, its hash in the table ``sentences``.
        baseline: whether later looks must be compared with this page.
    """

    answer: Answer
    change: Change | None = None
    old: str = ""
    new: str = ""
    flagged: Flagged | None = None
    sentences: Mapping[int, int] | None = None
    baseline: bool = False


def read_look(
    entry: QueuedEntry, stored: Version, kept: Page | None, page: Page, *, now: datetime, folder: Path
) -> Reading:
    """Compare a page with its kept copy.

    Args:
        entry: what the feed gave.
        stored: title and text of the article, for a page without a kept copy.
        kept: the copy; None if there is none, so that the page can only be kept for the next look.
        page: the response.
        now: the present time.
        folder: the config folder.
    """
    from pipeline import extract

    latest = extract.extract(page.body, page.url, content_type=page.content_type)
    earlier = extract.extract(kept.body, kept.url, content_type=kept.content_type) if kept else Extraction()
    old, new = _version(earlier) if kept else stored, _version(latest)
    visible = _visible(page) if len(new.text) < _VISIBLE else ""
    problem = judge_version(old, new, visible, wall=bool(latest.wall and not earlier.wall))
    if problem is not None:
        return Reading(answer=problem)
    if kept is None:
        return Reading(answer=Same(), new=digest(new), baseline=True)
    change = compare(old, new, _concepts(folder))
    reading = Reading(answer=Same(), change=change, old=digest(old), new=digest(new))
    if change is None or change.kind == "cosmetic":
        return reading
    return replace(
        reading,
        answer=Changed(change),
        flagged=_flagged(entry, page, change, now, folder),
        sentences=_hashes(change),
        baseline=True,
    )


def _version(extraction: Extraction) -> Version:
    return Version(extraction.title or "", extraction.text)


def _visible(page: Page) -> str:
    from pipeline.text.charset import decode
    from pipeline.text.html import paragraphs

    return paragraphs(decode(page.body[:200_000], page.content_type).text, _VISIBLE)


def _concepts(folder: Path) -> Callable[[str], frozenset[str]]:
    matcher = flagger_of(folder).matcher
    return lambda sentence: frozenset(hit.concept for hit in matcher.find(sentence))


def _flagged(entry: QueuedEntry, page: Page, change: Change, now: datetime, folder: Path) -> Flagged | None:
    """Return the article of the new page; a changed headline replaces the feed's title."""
    article = article_of_page(entry, page.body, page.url, content_type=page.content_type, now=now)
    if article is None or article.method == "feed":
        return None
    headline = next((part.new for part in change.parts if part.kind == "headline"), "")
    return flag(_with_title(article, headline) if headline else article, folder)


def _with_title(article: Article, title: str) -> Article:
    from pipeline.processing.assemble import content_hash

    return replace(article, title=title, content_hash=content_hash(title, article.text))


def _hashes(change: Change) -> Mapping[int, int]:
    from pipeline.stories import fingerprint

    hashes = {part.key: fingerprint("", part.old or part.new) for part in change.parts if part.kind == "sentence"}
    return {key: found[0] for key, found in hashes.items() if found}
