"""Reading: from an entry and its page to a flagged article. Pure but for the compiled config it keeps.

In: a ``QueuedEntry``, and the page's bytes where there is one. Out: a ``Flagged``, or None when neither gives a title.
Made to run in worker processes: importing this loads nothing, ``preload`` loads all that the first page would.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError
from pipeline.model import Article, Assessment, QueuedEntry, Reference

if TYPE_CHECKING:
    from pipeline.flagging import Flagger
    from pipeline.settings.lexicon import Concept, Topic

__all__ = ["Flagged", "Lexicon", "describe", "preload", "read_feed", "read_page"]

_loaded: dict[str, str] = {}  # version of the config that ``_flagger`` holds, by folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """An article, what flagging says of it, the terms of a search, and the sentences that copies share."""

    article: Article
    assessment: Assessment
    search_terms: str
    sentences: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """What a config holds that the database mirrors."""

    topics: tuple[Topic, ...]
    concepts: tuple[Concept, ...]
    reference: Reference


def preload(folder: str) -> None:
    """Load what the first page needs; called in the fork server, and again in each worker.

    Raises:
        ConfigError: the lexicon, the topics or the reference are wrong.
    """
    from pipeline import extract, feeds
    from pipeline.flagging import config_version
    from pipeline.processing import assemble  # noqa: F401

    feeds.preload()
    extract.preload()
    version = config_version(Path(folder))
    if _loaded.get(folder) != version:  # the fork server may be older than the config
        _flagger.cache_clear()
    _flagger(Path(folder))
    _loaded[folder] = version


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
