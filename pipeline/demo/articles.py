"""The demo's articles as values: TOML of our own writing beside this module in, ``DemoArticle`` out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.settings.reader import convert, load, tables

_TEXTS = Path(__file__).parent / "texts"
LANGUAGES = ("en", "ru", "ko")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoArticle:
    """One piece of invented news.

    Attributes:
        id: unique; part of some addresses.
        site: id of the site that publishes it.
        hours: its age when the world begins.
        body: paragraphs with an empty line between them.
        topics: the topics that a reader of the labelling rule would give it.
        relevant: whether an analyst of Russia–Korea relations would want it.
        later: held back until ``World.tick``.
        also: id of another site whose feed carries it too, "" for none.
        tracked: its own feed links it with tracking parameters.
        missing: its feed lists it, but its page answers 404.
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
        """The text, as a reader sees it."""
        return tuple(" ".join(part.split()) for part in self.body.strip().split("\n\n"))


@cache
def load_articles() -> tuple[DemoArticle, ...]:
    """Every article, in the order of the files: English, Russian, Korean.

    Raises:
        ConfigError: somebody edited a text and made a mistake in its table.
    """
    found: list[DemoArticle] = []
    for language in LANGUAGES:
        path = _TEXTS / f"{language}.toml"
        found.extend(
            convert(item, DemoArticle, file=path, key=f"article {item.get('id')}")
            for item in tables(load(path), "article", file=path)
        )
    return tuple(found)
