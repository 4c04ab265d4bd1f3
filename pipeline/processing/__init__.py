"""Processing: from an entry and its page to a flagged article. Pure, apart from a cache of the loaded config.

In: a ``QueuedEntry``, and the page's bytes if there is a page. Out: a ``Flagged``, or None if neither gives a title.
Runs in worker processes: importing this module loads nothing heavy; ``preload`` loads everything a page needs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError
from pipeline.model import Article, Assessment, QueuedEntry, Reference, Signature

if TYPE_CHECKING:
    from pipeline.flagging import Flagger
    from pipeline.settings.lexicon import Concept
    from pipeline.settings.topics import Topic

__all__ = [
    "Flagged",
    "Lexicon",
    "article_of_page",
    "describe",
    "flag",
    "flagger_of",
    "preload",
    "read_feed",
    "read_page",
]

_loaded: dict[str, str] = {}  # version of the config that ``flagger_of`` holds, by folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """An article with its assessment, the terms of the search index, and what stories compare it by."""

    article: Article
    assessment: Assessment
    search_terms: str
    sentences: tuple[int, ...]
    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """The part of a config that the database mirrors."""

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
        flagger_of.cache_clear()
    flagger_of(Path(folder))
    _loaded[folder] = version


def describe(folder: Path) -> Lexicon | ConfigError:
    """Return the config, or its error as a value, since the caller is in another process."""
    try:
        flagger = flagger_of(folder)
    except ConfigError as error:
        return error
    return Lexicon(topics=flagger.topics, concepts=flagger.concepts, reference=flagger.reference)


def read_page(
    entry: QueuedEntry, page: bytes, url: str, *, content_type: str | None, now: datetime, folder: Path
) -> Flagged | None:
    """Extract the article from a page and its entry, and flag it.

    Args:
        entry: what the feed gave.
        page: the body, decompressed, otherwise as sent.
        url: address of the page, after redirects.
        content_type: the HTTP header.
        now: the present time.
        folder: the config folder.
    """
    return flag(article_of_page(entry, page, url, content_type=content_type, now=now), folder)


def article_of_page(
    entry: QueuedEntry, page: bytes, url: str, *, content_type: str | None, now: datetime
) -> Article | None:
    """Extract the article from a page and its entry; arguments as for ``read_page``."""
    from pipeline import extract
    from pipeline.processing.assemble import from_page
    from pipeline.text.sites import accept_canonical

    extraction = extract.extract(page, url, content_type=content_type)
    canonical = accept_canonical(url, extraction.canonical_url) if extraction.canonical_url else None
    article = from_page(entry, extraction, canonical, now)
    if article is not None and article.method != "feed":
        article = replace(article, page_url=url, page_hash=hashlib.sha256(page).hexdigest())
    return article


def read_feed(entry: QueuedEntry, now: datetime, folder: Path) -> Flagged | None:
    """Make an article of the feed's own text and flag it."""
    from pipeline.processing.assemble import from_feed

    return flag(from_feed(entry, now), folder)


def flag(article: Article | None, folder: Path) -> Flagged | None:
    """Flag an article and compute what the database and the stories need of it."""
    if article is None:
        return None
    from pipeline.stories import fingerprint, load_model, sign
    from pipeline.text.words import index_terms

    flagger = flagger_of(folder)
    scored = flagger.scored(article.title, article.text, article.home)
    return Flagged(
        article=article,
        assessment=flagger.assess(article.title, article.text, scored),
        search_terms=index_terms(article.title, article.text),
        sentences=fingerprint(article.title, article.text),
        signature=sign(
            article.title,
            article.text,
            article.language,
            flagger.concepts_in(scored),
            year=(article.published or article.first_seen_at).year,
            model=load_model(),
        ),
    )


@lru_cache(maxsize=2)
def flagger_of(folder: Path) -> Flagger:
    """Return the flagger of a config folder, loaded once per process."""
    from pipeline.flagging import Flagger

    return Flagger.from_config(folder)
