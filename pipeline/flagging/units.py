"""Cuts an article into the units that clauses speak of, and says which conditions of clauses each one meets.

In: title and text in one, with their hits. Out: ``Units``: for title, lead, sentences, paragraphs and article a number
each, whose bits are the conditions met there (``pipeline.flagging.clauses``). Most articles fail every clause as a
whole and are never cut.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.flagging.hits import Span
from pipeline.settings.lexicon import Within
from pipeline.text.sentences import sentence_ends

LEAD_CHARACTERS = 450
LONG_CHARACTERS = 3000
PARTS: dict[Within, int] = {"title": 1, "lead": 2}  # places in ``Units.parts``; the whole is the first
_NEVER = 1 << 62


class Level(NamedTuple):
    """The units of one kind that have a hit, in the order of the text.

    Attributes:
        met: the conditions met in each.
        firsts: the number of each one's first hit, and after the last the number of hits.
    """

    met: list[int]
    firsts: list[int]


class Units:
    """An article, cut up as far as it is asked. The title counts as a sentence and a paragraph of its own.

    Args:
        whole: title, line end and text.
        title_length: of the title, in characters.
        spans: the hits of all that.
        meets: for each concept's number the conditions that a hit of it meets.
        always: the conditions met in every unit: the home country's.

    Attributes:
        whole, spans, title_length: as given.
        parts: the conditions met in the whole, the title and the lead.
        title_hits, lead_hits: how many of the hits are the title's, and the title's and the lead's; they come first.
        is_long: it names much in passing: a clause is in focus by three sentences below the lead, not by two.
    """

    def __init__(self, whole: str, title_length: int, spans: Sequence[Span], meets: Sequence[int], always: int) -> None:
        self.whole = whole
        self.spans = spans
        self.title_length = title_length
        self.title_hits = bisect_left(spans, (title_length,))
        self.lead_hits = bisect_left(spans, (title_length + 1 + LEAD_CHARACTERS,))
        title = always
        for _, _, concept in spans[: self.title_hits]:
            title |= meets[concept]
        lead = title
        for _, _, concept in spans[self.title_hits : self.lead_hits]:
            lead |= meets[concept]
        met = lead
        for _, _, concept in spans[self.lead_hits :]:
            met |= meets[concept]
        self.parts = (met, title, lead)
        self.is_long = len(whole) - title_length - 1 >= LONG_CHARACTERS
        self._meets = meets
        self._always = always
        self._sentences: Level | None = None

    @property
    def sentences(self) -> Level:
        """The sentences with a hit."""
        if self._sentences is None:
            self._sentences = self._cut()
        return self._sentences

    def _cut(self) -> Level:
        """Cut at the ends of sentences; what ends inside the title does not count."""
        ends = sentence_ends(self.whole)
        borders = [*ends[bisect_left(ends, self.title_length + 1) :], _NEVER]
        meets, always = self._meets, self._always
        found: list[int] = []
        firsts: list[int] = []
        border, following, met = -1, 0, 0
        for number, (start, _, concept) in enumerate(self.spans):
            if start >= border:
                if number:
                    found.append(met)
                firsts.append(number)
                met = always
                while border <= start:
                    border = borders[following]
                    following += 1
            met |= meets[concept]
        if firsts:
            found.append(met)
        firsts.append(len(self.spans))
        return Level(found, firsts)

    @property
    def paragraphs(self) -> Level:
        """The paragraphs with a hit: sentences with no line end between them."""
        found: list[int] = []
        firsts: list[int] = []
        before = 0
        sentences = self.sentences
        for first, met in zip(sentences.firsts, sentences.met, strict=False):
            start = self.spans[first][0]
            if found and self.whole.find("\n", before, start) < 0:
                found[-1] |= met
            else:
                found.append(met)
                firsts.append(first)
            before = start
        firsts.append(len(self.spans))
        return Level(found, firsts)

    def level(self, within: Within) -> Level:
        """The units that a clause of this ``within`` speaks of."""
        if within in {"focus", "sentence"}:
            return self.sentences
        if within == "paragraph":
            return self.paragraphs
        part = PARTS.get(within, 0)
        hits = (len(self.spans), self.title_hits, self.lead_hits)[part]
        return Level([self.parts[part]], [0, hits]) if hits else Level([], [0])
