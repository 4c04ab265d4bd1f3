"""Cuts an article into the units that clauses speak of, and says which concepts stand in each.

In: title and text with their hits. Out: ``Units``: for title, lead, sentences, paragraphs and article a bit mask of
concepts each. A mask test is one machine operation, so hundreds of clauses cost microseconds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.settings.lexicon import Within

Span = tuple[int, int, int]  # start, end, number of the concept

LEAD_CHARACTERS = 450
LONG_CHARACTERS = 3000
_BORDER = re.compile(r"\n+|(?<=[.!?…。])[\"'»”’)]{0,2} {1,2}(?=[^a-zа-я ])|(?<=[다요음함됨])[.] ?(?=\S)")


@dataclass(frozen=True, slots=True)
class Unit:
    """A title, sentence, paragraph, lead or article.

    Attributes:
        mask: a bit for each concept that stands in it, implied ones included.
        hits: places in ``Units.hits`` that lie in it.
        front: it begins in the title or the lead.
    """

    mask: int
    hits: tuple[int, ...]
    front: bool = True


@dataclass(frozen=True, slots=True)
class Units:
    """An article's units, by the words that clauses use; the title counts as a sentence and a paragraph of its own.

    Attributes:
        times_further_down: in so many sentences below the lead must a clause hold to be in focus: a long text names
            much in passing.
    """

    hits: Sequence[tuple[str, Span]]
    by_level: Mapping[Within, Sequence[Unit]]
    mask: int
    times_further_down: int = 2


def cut(title: Sequence[Span], text: str, spans: Sequence[Span], closure: Sequence[int], always: int) -> Units:
    """Cut an article.

    Args:
        title: hits of the title.
        text: the article's text.
        spans: its hits, in their order.
        closure: for each concept's number the mask of itself and all it implies.
        always: concepts that stand in every unit: the home country.
    """
    hits: list[tuple[str, Span]] = [("title", span) for span in title]
    first = len(hits)
    hits += [("text", span) for span in spans]
    head = _unit(range(first), hits, closure, always)
    sentences, paragraphs = [head], [head]
    if spans:
        starts = [span[0] for span in spans]
        sentences += _pieces((match.end() for match in _BORDER.finditer(text)), starts, first, hits, closure, always)
        lines = (place + 1 for place in _newlines(text))
        paragraphs += _pieces(lines, starts, first, hits, closure, always)
        opening = bisect_right(starts, LEAD_CHARACTERS)
    else:
        opening = 0
    lead = _unit(range(first + opening), hits, closure, always)
    whole = _unit(range(len(hits)), hits, closure, always)
    levels: dict[Within, Sequence[Unit]] = {
        "title": (head,),
        "lead": (lead,),
        "focus": sentences,
        "sentence": sentences,
        "paragraph": paragraphs,
        "article": (whole,),
    }
    return Units(hits, levels, whole.mask, 2 if len(text) < LONG_CHARACTERS else 3)


def _newlines(text: str) -> list[int]:
    places, place = [], text.find("\n")
    while place >= 0:
        places.append(place)
        place = text.find("\n", place + 1)
    return places


def _pieces(  # noqa: PLR0917 - the parts of one cut
    borders: object,
    starts: Sequence[int],
    first: int,
    hits: Sequence[tuple[str, Span]],
    closure: Sequence[int],
    always: int,
) -> list[Unit]:
    """The units between borders that have a hit; those without one can fire nothing."""
    units: list[Unit] = []
    done = 0
    for border in borders:  # type: ignore[attr-defined]
        upto = bisect_right(starts, border - 1, done)
        if upto > done:
            units.append(_unit(range(first + done, first + upto), hits, closure, always))
            done = upto
            if done == len(starts):
                return units
    units.append(_unit(range(first + done, first + len(starts)), hits, closure, always))
    return units


def _unit(places: range, hits: Sequence[tuple[str, Span]], closure: Sequence[int], always: int) -> Unit:
    mask = always
    for place in places:
        mask |= closure[hits[place][1][2]]
    return Unit(
        mask, tuple(places), not places or hits[places[0]][0] == "title" or hits[places[0]][1][0] < LEAD_CHARACTERS
    )
