"""Articles of the demo: reads the TOML files in ``texts/`` (our own writing) into ``DemoArticle`` values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.settings.reader import convert, load, tables

_TEXTS = Path(__file__).parent / "texts"
LANGUAGES = ("en", "ru", "ko")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoArticle:
    """One invented article.

    Attributes:
        id: unique; part of some URLs.
        site: id of the site that publishes it.
        hours: age in hours when the world starts.
        body: paragraphs separated by empty lines.
        topics: the topics that the labelling rule gives it.
        relevant: True if an analyst of Russia–Korea relations wants it.
        later: True if it is unpublished until ``World.tick``.
        also: id of another site whose feed lists it too, or "".
        tracked: True if its own feed links it with tracking parameters.
        missing: True if its feed lists it but its page returns 404.
    """

    id: str
    site: str
    section: str
    title: str
    author: str
    hours: float
    summary: str
    body: str
    topics: tuple[str, ...]
    relevant: bool
    later: bool = False
    also: str = ""
    tracked: bool = False
    missing: bool = False

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """Return the paragraphs as a reader sees them."""
        return tuple(" ".join(part.split()) for part in self.body.strip().split("\n\n"))


@cache
def load_articles() -> tuple[DemoArticle, ...]:
    """Load every article, in the order of the files: English, Russian, Korean.

    Raises:
        ConfigError: a text file has a mistake in one of its tables.
    """
    articles: list[DemoArticle] = []
    for language in LANGUAGES:
        path = _TEXTS / f"{language}.toml"
        articles.extend(
            convert(item, DemoArticle, file=path, key=f"article {item.get('id')}")
            for item in tables(load(path), "article", file=path)
        )
    return tuple(articles)
