"""Finds every concept of the lexicon in a text, in all languages at once and in one pass.

In: the lexicon's surfaces, then any string. Out: hits with offsets into the string as given. Of two hits, one inside
the other, the longer wins.

There are two automata, of bytes for texts in Latin and Cyrillic and of strings for all others (``fold``); they differ
in the alphabet only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from pipeline.flagging import automaton
from pipeline.flagging.automaton import HITS_PER_CONCEPT, Span
from pipeline.flagging.catalogue import Catalogue, Group
from pipeline.flagging.fold import Folded, fold

__all__ = ["HITS_PER_CONCEPT", "Hit", "Matcher", "Span", "compiled"]


def compiled() -> bool:
    """Say whether texts are searched by the compiled module; where it was not built, Python does the same, slower."""
    return find_spec("pipeline.flagging._scan") is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One occurrence of a concept; offsets count code points of the text as given."""

    concept: str
    start: int
    end: int


class Matcher:
    """The lexicon as two automata.

    Args:
        concepts: ids, by number.
        groups: their surfaces and exceptions, all in the grammar.
        names: concepts that are names, inside which no other concept is meant; None: all are.
    """

    def __init__(self, concepts: Sequence[str], groups: Sequence[Group], names: Collection[str] | None = None) -> None:
        self.concepts = tuple(concepts)
        self._swallows = [names is None or concept in names for concept in self.concepts]
        catalogue = Catalogue(groups)
        self._narrow = automaton.of_bytes(catalogue)
        self._wide = automaton.of_strings(catalogue)

    def find(self, text: str) -> list[Hit]:
        """Find all hits in any string, sorted by place; at most ``HITS_PER_CONCEPT`` of one concept."""
        return [Hit(concept=self.concepts[c], start=start, end=end) for start, end, c in self.spans(fold(text))]

    def spans(self, folded: Folded) -> list[Span]:
        """Do as ``find``, with numbers for concepts: what scoring works on."""
        one = self._narrow if isinstance(folded.data, bytes) else self._wide
        found = _longest(one.hits(folded), self._swallows)
        starts, ends = folded.starts, folded.ends
        if starts is None or ends is None:
            return found
        return [(starts[start], ends[end - 1], concept) for start, end, concept in found]


def _longest(hits: list[Span], swallows: Sequence[bool]) -> list[Span]:
    """Of hits one inside the other keep the longer where they are of one concept, or where the longer is a name.

    The Sea of Japan speaks of no Japan, and a city's duma of no Duma; but a visit to North Korea is both.
    """
    hits.sort()
    kept: list[Span] = []
    name_start, name_end = 0, -1
    ends: dict[int, int] = {}
    for start, minus_end, concept in hits:
        end = -minus_end
        if end <= name_end and (start != name_start or end != name_end):
            continue
        if concept in ends and end <= ends[concept]:
            continue
        ends[concept] = end
        if end > name_end and swallows[concept]:
            name_start, name_end = start, end
        kept.append((start, end, concept))
    return kept
