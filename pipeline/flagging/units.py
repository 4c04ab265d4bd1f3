"""Cuts an article into the units that clauses speak of, and says what clauses ask for stands in each.

In: title and text in one, with their hits. Out: ``Units``: for title, lead, sentences, paragraphs and article a bit
mask each, with a bit for every set of concepts that some clause asks for. A mask test is one machine operation, so
hundreds of clauses cost microseconds; and most articles fail every clause as a whole and are never cut.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from pipeline.flagging.matcher import Span
from pipeline.flagging.sentences import line_ends, sentence_ends
from pipeline.settings.lexicon import Within

LEAD_CHARACTERS = 450
LONG_CHARACTERS = 3000
PARTS: dict[Within, int] = {"title": 1, "lead": 2}  # places in ``Units.parts``; the whole is the first
_NEVER = 1 << 62


class Level(NamedTuple):
    """The units of one kind that have a hit, in the order of the text.

    Attributes:
        masks: what stands in each.
        firsts: the number of each one's first hit, and after the last the number of hits.
    """

    masks: list[int]
    firsts: list[int]


class Units:
    """An article, cut up as far as it is asked. The title counts as a sentence and a paragraph of its own.

    Args:
        whole: title, line end and text.
        title_length: of the title, in characters.
        spans: the hits of all that.
        masks: for each concept's number the bits that it sets.
        always: bits set in every unit: the home country's.

    Attributes:
        spans, title_length: as given.
        parts: masks of the whole, the title and the lead.
        title_hits, lead_hits: how many of the hits are the title's, and the title's and the lead's; they come first.
        times_further_down: in so many sentences below the lead must a clause hold to be in focus: a long text names
            much in passing.
    """

    def __init__(self, whole: str, title_length: int, spans: Sequence[Span], masks: Sequence[int], always: int) -> None:
        self.spans = spans
        self.title_length = title_length
        self.title_hits = bisect_left(spans, (title_length,))
        self.lead_hits = bisect_left(spans, (title_length + 1 + LEAD_CHARACTERS,))
        title = always
        for _, _, concept in spans[: self.title_hits]:
            title |= masks[concept]
        lead = title
        for _, _, concept in spans[self.title_hits : self.lead_hits]:
            lead |= masks[concept]
        mask = lead
        for _, _, concept in spans[self.lead_hits :]:
            mask |= masks[concept]
        self.parts = (mask, title, lead)
        self._whole = whole
        self._masks = masks
        self._always = always

    @property
    def times_further_down(self) -> int:
        """See above."""
        return 2 if len(self._whole) - self.title_length - 1 < LONG_CHARACTERS else 3

    @cached_property
    def sentences(self) -> Level:
        """The sentences with a hit."""
        return self._cut(sentence_ends(self._whole))

    @cached_property
    def fronts(self) -> int:
        """How many of the sentences begin in the title or the lead."""
        return bisect_left(self.sentences.firsts, self.lead_hits)

    def level(self, within: Within) -> Level:
        """The units that a clause of this ``within`` speaks of."""
        if within in {"focus", "sentence"}:
            return self.sentences
        if within == "paragraph":
            return self._cut(line_ends(self._whole))
        part = PARTS.get(within, 0)
        hits = (len(self.spans), self.title_hits, self.lead_hits)[part]
        return Level([self.parts[part]], [0, hits]) if hits else Level([], [0])

    def _cut(self, ends: Sequence[int]) -> Level:
        """The units between these ends; what ends inside the title does not count."""
        borders = [*ends[bisect_left(ends, self.title_length + 1) :], _NEVER]
        found: list[int] = []
        firsts: list[int] = []
        border, following, mask = -1, 0, 0
        for number, (start, _, concept) in enumerate(self.spans):
            if start >= border:
                if number:
                    found.append(mask)
                firsts.append(number)
                mask = self._always
                while border <= start:
                    border = borders[following]
                    following += 1
            mask |= self._masks[concept]
        if firsts:
            found.append(mask)
        firsts.append(len(self.spans))
        return Level(found, firsts)
