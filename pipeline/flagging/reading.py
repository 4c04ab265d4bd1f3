"""Reading of an article: its sentences, and where in them each concept stands. Pure.

In: an article's text, its hits and the home country of its source. Out: a ``Reading``. Hits in a dateline do not count
(``dateline``). A hit counts for its own concept and for all that the concept implies.

A *grade* says where a sentence or a concept stands: 1.0 in the title, 0.8 in the lead (the first ``LEAD_CHARACTERS`` of
the text), 0.4 further down.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.flagging.dateline import dateline_end
from pipeline.flagging.needles import Span
from pipeline.text.sentences import sentence_ends

LEAD_CHARACTERS = 450
TITLE, LEAD, BODY = 1.0, 0.8, 0.4
REPEATED = 0.2  # added for a concept that stands in several sentences below the lead
_SENTENCES = 3  # as many make a concept "repeated"
_NEVER = 1 << 62


class Sentence(NamedTuple):
    """A sentence that has a hit.

    Attributes:
        grade: of its place.
        first, last: its hits, as a slice of the article's.
    """

    grade: float
    first: int
    last: int


class Reading(NamedTuple):
    """An article's sentences and the grade of each concept in it.

    A set of sentences is an integer with a bit for each, the first sentence the lowest: so concepts that stand together
    are found by one operation. Sentences come in the order of their grades, the highest first.

    Attributes:
        spans: the hits, without those in a dateline.
        sentences: those that have a hit; the title is one, whatever stops it has.
        places: for each concept the set of its sentences.
        concepts: those in the article; ``in_title``: those in the title.
        size: of the text, in characters.
        home: country of the source, or None; ``home_item`` as items of a clause name it, “home:KR”.
        known: answers of ``with_any``, which seed clauses ask for the same concepts again and again.
    """

    spans: Sequence[Span]
    sentences: list[Sentence]
    places: dict[int, int]
    grades: dict[int, float]
    concepts: frozenset[int]
    in_title: frozenset[int]
    size: int
    home: str | None
    home_item: str
    known: dict[frozenset[int | str], int]

    def only_in_title(self, concept: int) -> bool:
        """Whether the title has a concept that the text does not."""
        return concept in self.in_title and self.places[concept] == 1

    def grade_of(self, sentences: int) -> float:
        """The highest grade of a set of sentences that is not empty."""
        return self.sentences[(sentences & -sentences).bit_length() - 1].grade

    def with_any(self, concepts: frozenset[int | str]) -> int:
        """The set of sentences that have one of these concepts."""
        if concepts not in self.known:
            found = 0
            for concept in self.concepts & concepts:
                found |= self.places[concept]
            self.known[concepts] = found
        return self.known[concepts]

    def of_grade(self, least: float) -> int:
        """The set of sentences of this grade or a higher one."""
        return (1 << sum(sentence.grade >= least for sentence in self.sentences)) - 1

    def members(self, sentences: int) -> Iterator[Sentence]:
        """The sentences of a set, in order."""
        return (sentence for number, sentence in enumerate(self.sentences) if sentences >> number & 1)


def read(
    whole: str, title_length: int, spans: Sequence[Span], implied: Sequence[frozenset[int]], home: str | None
) -> Reading:
    """Cut an article into sentences and grade its concepts.

    Args:
        whole: title, line feed and text.
        title_length: of the title, in characters.
        spans: the hits of the whole.
        implied: for each concept's number the numbers of itself and of all that it implies.
        home: country of the source.
    """
    behind = dateline_end(whole, title_length + 1)
    if behind > title_length + 1:
        spans = [hit for hit in spans if not title_length < hit[0] < behind]
    sentences, places = _sentences(whole, title_length, spans, implied) if spans else ([], {})
    grades: dict[int, float] = {}
    for concept, own in places.items():
        grade = sentences[(own & -own).bit_length() - 1].grade
        grades[concept] = grade + REPEATED if grade == BODY and own.bit_count() >= _SENTENCES else grade
    titled = bool(sentences) and sentences[0].grade == TITLE
    in_title = frozenset([concept for concept, own in places.items() if own & 1] if titled else ())
    size = len(whole) - title_length - 1
    return Reading(spans, sentences, places, grades, frozenset(grades), in_title, size, home, f"home:{home}", {})


def _sentences(
    whole: str, title_length: int, spans: Sequence[Span], implied: Sequence[frozenset[int]]
) -> tuple[list[Sentence], dict[int, int]]:
    """The sentences with a hit, and for each concept the set of its sentences."""
    ends = sentence_ends(whole)
    borders = [title_length + 1, *ends[bisect_left(ends, title_length + 2) :], _NEVER]
    lead = title_length + 1 + LEAD_CHARACTERS
    firsts: list[int] = []  # of each sentence its first hit
    grades: list[float] = []
    named: dict[int, int] = {}  # by concept the sentences that have a hit of it
    border = bit = 0
    for number, (start, _, concept) in enumerate(spans):
        if start >= border:
            border = borders[bisect_left(borders, start + 1)]
            bit = 1 << len(firsts)
            firsts.append(number)
            grades.append(TITLE if start < title_length else LEAD if start < lead else BODY)
        named[concept] = named.get(concept, 0) | bit
    places: dict[int, int] = {}
    for concept, own in named.items():
        for each in implied[concept]:
            places[each] = places.get(each, 0) | own
    return list(map(Sentence, grades, firsts, [*firsts[1:], len(spans)])), places
