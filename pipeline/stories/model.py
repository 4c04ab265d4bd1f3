"""The learned weights of stories and the tables of how common concepts and words are, from ``config/stories.toml``.

``benchmarks/fit_stories.py`` writes that file. The tables are fixed, so a decision does not depend on which other
articles are in the database.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zlib import crc32

from pipeline import shipped

UNKNOWN_CONCEPT, UNKNOWN_WORD = 6.0, 7.0  # weight of what the tables lack: rarer than all they hold


@dataclass(frozen=True, slots=True)
class StoryModel:
    """Weights of the pair score, and how rare concepts and words are.

    Attributes:
        threshold: mean score (0 to 1) against the members of a story from which on an article joins it.
        within: weights of the features of two articles in one language, by name.
        across: the same for two languages.
        rarity: negative logarithm of the share of articles that have a concept.
        word_rarity: the same for the hash of a word.
        digests: phrases in titles of press reviews and digests, in lower case.
    """

    threshold: float
    within: Mapping[str, float]
    across: Mapping[str, float]
    rarity: Mapping[str, float]
    word_rarity: Mapping[int, float]
    digests: tuple[str, ...]

    def weigh(self, concept: str) -> float:
        """Return the weight of a concept."""
        return self.rarity.get(concept, UNKNOWN_CONCEPT)

    def weigh_all(self, concepts: Iterable[str]) -> float:
        """Return the sum of the weights of concepts."""
        return sum([self.rarity.get(concept, UNKNOWN_CONCEPT) for concept in concepts])

    def weigh_word(self, word: int) -> float:
        """Return the weight of the hash of a word."""
        return self.word_rarity.get(word, UNKNOWN_WORD)


def hash_word(word: str) -> int:
    """Return the hash under which a word is kept."""
    return crc32(word.encode())


@lru_cache(maxsize=1)
def load_model() -> StoryModel:
    """Return the shipped model."""
    return parse_model(tomllib.loads((shipped.CONFIG / "stories.toml").read_text(encoding="utf-8")))


def parse_model(table: Mapping[str, Any]) -> StoryModel:
    """Return the model of a parsed file."""
    return StoryModel(
        threshold=table["threshold"],
        within=table["within"],
        across=table["across"],
        rarity=_rarity(table["concepts"]),
        word_rarity={hash_word(word): weight for word, weight in _rarity(table["words"]).items()},
        digests=tuple(table["digests"]),
    )


def _rarity(lines: Mapping[str, str]) -> dict[str, float]:
    """Return the weight of each word. A line has the words that so many articles in a thousand have."""
    return {word: -math.log(float(share) / 1000) for share, line in lines.items() for word in line.split()}
