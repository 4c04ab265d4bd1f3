"""Finds every concept of the lexicon in a text, in all languages at once and in one pass.

In: the lexicon's surfaces, then any string. Out: hits with offsets into the string as given. Of two hits, one inside
the other, the longer counts.

There are two matchers that find the same: ``compiled``, where Tumen was installed with a C compiler, and ``automaton``
in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from pipeline.flagging.catalogue import Catalogue, Group
from pipeline.flagging.hits import Hits, spans_of
from pipeline.flagging.native import in_python


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
        pure: in Python; None: only where nothing was compiled.

    Attributes:
        hits: finds all hits in any string, sorted by place, with numbers for concepts: what scoring works on. Never
            more than 200 of one concept.
    """

    def __init__(
        self,
        concepts: Sequence[str],
        groups: Sequence[Group],
        names: Collection[str] | None = None,
        *,
        pure: bool | None = None,
    ) -> None:
        self.concepts = tuple(concepts)
        are_names = bytes(names is None or concept in names for concept in self.concepts)
        catalogue = Catalogue(groups)
        self.hits: Callable[[str], Hits]
        if in_python(pure):
            from pipeline.flagging.automaton import Automata

            self.hits = Automata(catalogue, are_names).hits
        else:
            from pipeline.flagging.compiled import Trie

            self.hits = Trie(catalogue, are_names).hits

    def find(self, text: str) -> list[Hit]:
        """Find all hits, sorted by place."""
        return [Hit(concept=self.concepts[c], start=start, end=end) for start, end, c in spans_of(self.hits(text))]
