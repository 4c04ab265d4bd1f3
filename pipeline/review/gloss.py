"""Glosses: what a Russian or Korean title names, in English, in the order of the title.

In: a title and its language. Out: names of concepts. The lexicon is loaded once, in the background, because it takes a
second; until then pages have no glosses.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from pipeline.errors import ConfigError
from pipeline.flagging.lexicon_index import matcher_of
from pipeline.flagging.matcher import Matcher
from pipeline.review import configured
from pipeline.settings.lexicon import load_concepts
from pipeline.settings.places import find_folder
from pipeline.store.values import short_name

_log = logging.getLogger(__name__)
_MOST = 8  # concepts of one gloss


class Glossary:
    """The lexicon, ready to explain titles."""

    def __init__(self, matcher: Matcher, names: Mapping[str, str]) -> None:
        self._matcher = matcher
        self._names = {concept: short_name(name) for concept, name in names.items()}
        self.gloss = functools.lru_cache(maxsize=5_000)(self._gloss)

    def _gloss(self, title: str) -> tuple[str, ...]:
        hits = self._matcher.find(title)
        outer = [hit for hit in hits if not any(_inside(hit.start, hit.end, o.start, o.end) for o in hits)]
        outer.sort(key=lambda hit: hit.start)
        return tuple(dict.fromkeys(self._names[hit.concept] for hit in outer))[:_MOST]


def _inside(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Return whether a span lies inside a longer one."""
    return other_start <= start and end <= other_end and end - start < other_end - other_start


@functools.cache
def start() -> Future[Glossary | None]:
    """Start to load the lexicon."""
    return ThreadPoolExecutor(1, "glossary").submit(_load)


def _load() -> Glossary | None:
    try:
        concepts = load_concepts(find_folder(configured.folder(), "concepts"))
    except ConfigError as error:
        _log.warning("titles have no glosses: %s", error)
        return None
    names = {concept.id: concept.name for concept in concepts.values()}
    return Glossary(matcher_of(list(concepts.values())), names)


def of_title(title: str, language: str | None, *, wait: bool = False) -> tuple[str, ...]:
    """Return the English names of what a title names; empty for an English title.

    Args:
        title: the title.
        language: its language.
        wait: wait until the lexicon is loaded.
    """
    if language in (None, "en"):
        return ()
    loading = start()
    glossary = loading.result() if wait or loading.done() else None
    return () if glossary is None else glossary.gloss(title)
