"""Reading: from an entry and its page to a flagged article. Pure but for the compiled config it keeps.

In: a ``QueuedEntry``, and the page's bytes where there is one. Out: a ``Flagged``, or None when neither gives a title.
Made to run in worker processes: importing this loads nothing, ``preload`` loads all that the first page would.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pipeline.errors import ConfigError
from pipeline.model import Article, Assessment, QueuedEntry, Reference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline.flagging import Flagger
    from pipeline.settings.lexicon import Concept
    from pipeline.settings.topics import Topic

__all__ = ["Flagged", "Lexicon", "Page", "describe", "preload", "read_feed", "read_page", "read_pages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """An article, what flagging says of it, the terms of a search, and the sentences that copies share."""

    article: Article
    assessment: Assessment
    search_terms: str
    sentences: tuple[int, ...]


class Page(NamedTuple):
    """A page and the entry that led to it; see ``read_page``."""

    entry: QueuedEntry
    body: bytes
    url: str
    content_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """What a config holds that the database mirrors."""

    topics: tuple[Topic, ...]
    concepts: tuple[Concept, ...]
    reference: Reference


def preload(folder: Path | None = None) -> None:
    """Load what the first page would: for a server that forks workers.

    Raises:
        ConfigError: the lexicon, the topics or the reference are wrong.
    """
    from pipeline import extract
    from pipeline.processing import assemble  # noqa: F401

    extract.preload()
    if folder is not None:
        _flagger(folder)


def describe(folder: Path) -> Lexicon | ConfigError:
    """What the config holds; or what is wrong with it, as a value, since the reader is in another process."""
    try:
        flagger = _flagger(folder)
    except ConfigError as error:
        return error
    return Lexicon(topics=flagger.topics, concepts=flagger.concepts, reference=flagger.reference)


def read_page(
    entry: QueuedEntry, page: bytes, url: str, *, content_type: str | None, now: datetime, folder: Path
) -> Flagged | None:
    """Read a page and flag the article that it and its entry make.

    Args:
        entry: what the feed said.
        page: the body, decoded from its content encoding and nothing else.
        url: the address that gave it, after redirects.
        content_type: the HTTP header of that name.
        now: the present time.
        folder: the config folder.
    """
    from pipeline import extract
    from pipeline.processing.assemble import from_page
    from pipeline.text.urls import accept_canonical

    extraction = extract.extract(page, url, content_type=content_type)
    canonical = accept_canonical(url, extraction.canonical_url) if extraction.canonical_url else None
    article = from_page(entry, extraction, canonical, now)
    if article is not None and article.method != "feed":
        article = replace(article, page_url=url, page_hash=hashlib.sha256(page).hexdigest())
    return _flag(article, folder)


def read_pages(pages: Sequence[Page], *, now: datetime, folder: Path) -> list[Flagged | None]:
    """``read_page`` of several: what goes between processes together costs less."""
    return [
        read_page(one.entry, one.body, one.url, content_type=one.content_type, now=now, folder=folder) for one in pages
    ]


def read_feed(entry: QueuedEntry, now: datetime, folder: Path) -> Flagged | None:
    """Flag the article that an entry makes without its page."""
    from pipeline.processing.assemble import from_feed

    return _flag(from_feed(entry, now), folder)


def _flag(article: Article | None, folder: Path) -> Flagged | None:
    if article is None:
        return None
    from pipeline.store.search import index_terms
    from pipeline.stories.near_duplicates import fingerprint

    judged = _flagger(folder).flag(article.title, article.text, language=article.language, home=article.home)
    return Flagged(
        article=article,
        assessment=judged,
        search_terms=index_terms(article.title, article.text),
        sentences=fingerprint(article.title, article.text),
    )


@lru_cache(maxsize=2)
def _flagger(folder: Path) -> Flagger:
    from pipeline.flagging import Flagger

    return Flagger.from_config(folder)
