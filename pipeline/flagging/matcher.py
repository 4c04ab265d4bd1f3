"""Finds every concept of the lexicon in a text, in all languages at once and in one pass.

In: the lexicon's surfaces, then any string. Out: hits with offsets into the string as given. Of two hits, one inside
the other, the longer counts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.flagging.automaton import Automata
from pipeline.flagging.catalogue import Catalogue, Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One occurrence of a concept; offsets count code points of the text as given."""

    concept: str
    start: int
    end: int


class Matcher:
    """The lexicon, ready to be found.

    Args:
        concepts: ids, by number.
        groups: their surfaces and exceptions, all in the grammar.
        names: concepts that are names, inside which no other concept is meant; None: all are.

    Attributes:
        hits: finds all hits in any string, sorted by place, with numbers for concepts: what scoring works on. Never
            more than 200 of one concept.
    """

    def __init__(self, concepts: Sequence[str], groups: Sequence[Group], names: Collection[str] | None = None) -> None:
        self.concepts = tuple(concepts)
        are_names = bytes(names is None or concept in names for concept in self.concepts)
        self.hits = Automata(Catalogue(groups), are_names).hits

    def find(self, text: str) -> list[Hit]:
        """Find all hits, sorted by place."""
        return [Hit(concept=self.concepts[c], start=start, end=end) for start, end, c in self.hits(text)]
