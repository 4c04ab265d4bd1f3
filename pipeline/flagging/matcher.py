"""Finds every concept of the lexicon in a text, in all languages at once and in one pass.

In: the lexicon's surfaces, then any string. Out: hits with offsets into the string as given. One Aho–Corasick
automaton finds the literals in a folded copy; what stands around each decides whether it is a hit. Of two hits, one
inside the other, the longer wins.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, Implementation

from pipeline.flagging.fold import Folded, fold, without_surrogates
from pipeline.flagging.surfaces import Left, Pattern

HITS_PER_CONCEPT = 200

_HANGUL = re.compile("[가-힣]")
_NEAR = 12  # characters either side in which a lone hanja looks for Hangul

Span = tuple[int, int, int]  # start, end, number of the concept


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One occurrence of a concept; offsets count code points of the text as given."""

    concept: str
    start: int
    end: int


class _Rule:
    """A pattern with its concept, ready to be checked at a place."""

    __slots__ = ("cancels", "cased", "concept", "in_korean", "left", "rest")

    def __init__(self, pattern: Pattern, concept: int, cancels: bool) -> None:
        self.left = pattern.left
        self.cased = pattern.cased
        self.in_korean = pattern.in_korean
        self.rest: Callable[[str, int], re.Match[str] | None] | None = None
        if pattern.rest:
            self.rest = lambda lower, end: self._first(pattern.rest, lower, end)
        self.concept = concept
        self.cancels = cancels

    def _first(self, rest: str, lower: str, end: int) -> re.Match[str] | None:
        """Compile what must follow when it is first asked for: most of a lexicon never is in one run."""
        self.rest = _compiled(rest)
        return self.rest(lower, end)


@functools.cache
def _compiled(rest: str) -> Callable[[str, int], re.Match[str] | None]:
    return re.compile(rest).match


class Matcher:
    """The lexicon as one automaton.

    Args:
        patterns: concept id and the patterns that find it.
        exceptions: concept id and the patterns inside which a hit of it does not count.
        names: concepts that are names, inside which no other concept is meant; None: all are.
    """

    def __init__(
        self,
        patterns: Mapping[str, Iterable[Pattern]],
        exceptions: Mapping[str, Iterable[Pattern]] | None = None,
        names: Collection[str] | None = None,
    ) -> None:
        self.concepts: tuple[str, ...] = tuple(patterns)
        self._swallows = [names is None or concept in names for concept in self.concepts]
        number = {concept: index for index, concept in enumerate(self.concepts)}
        rules: dict[str, list[_Rule]] = {}
        for cancels, group in ((False, patterns), (True, exceptions or {})):
            for concept, found in group.items():
                for pattern in found:
                    rules.setdefault(pattern.needle, []).append(_Rule(pattern, number[concept], cancels))
        self._rules = tuple(tuple(group) for group in rules.values())
        self._find = (
            AhoCorasick(list(rules), implementation=Implementation.DFA).find_matches_as_indexes if rules else None
        )

    def find(self, text: str) -> list[Hit]:
        """Find all hits in any string, sorted by place; at most ``HITS_PER_CONCEPT`` of one concept."""
        return [Hit(concept=self.concepts[c], start=start, end=end) for start, end, c in self.spans(text)]

    def spans(self, text: str) -> list[Span]:
        """Do as ``find``, with numbers for concepts: what scoring works on."""
        folded = fold(text)
        found = self._resolve(folded, self._places(folded.lower))
        if folded.starts is None:
            return found
        return [(*folded.span(start, end), concept) for start, end, concept in found]

    def _places(self, lower: str) -> Sequence[tuple[int, int, int]]:
        if self._find is None:
            return ()
        try:
            return self._find(lower, overlapping=True)
        except UnicodeEncodeError:
            return self._find(without_surrogates(lower), overlapping=True)

    def _resolve(  # noqa: C901 - the hot loop
        self, folded: Folded, places: Sequence[tuple[int, int, int]]
    ) -> list[Span]:
        lower, cased, rules = folded.lower, folded.cased, self._rules
        hits: list[Span] = []
        cancelled: list[Span] = []
        counts = [0] * len(self.concepts)
        for needle, start, end in places:
            before = lower[start - 1]
            for rule in rules[needle]:
                left = rule.left
                if left == Left.NO_LETTER:
                    if before.isalnum() and before < "\u1100":
                        continue
                elif left == Left.NO_HANGUL and "가" <= before <= "힣":
                    continue
                if rule.cased is not None and not cased.startswith(rule.cased, start):
                    continue
                stop = end
                if rule.rest is not None:
                    after = rule.rest(lower, end)
                    if after is None:
                        continue
                    stop = after.end()
                if rule.in_korean and not _HANGUL.search(lower, max(0, start - _NEAR), stop + _NEAR):
                    continue
                if rule.cancels:
                    cancelled.append((start, stop, rule.concept))
                elif counts[rule.concept] < HITS_PER_CONCEPT:
                    counts[rule.concept] += 1
                    hits.append((start, stop, rule.concept))
        if cancelled:
            hits = _without(hits, cancelled)
        return _longest(hits, self._swallows)


def _without(hits: list[Span], cancelled: list[Span]) -> list[Span]:
    """Drop each hit that lies inside an exception of its own concept."""
    by_concept: dict[int, list[Span]] = {}
    for span in cancelled:
        by_concept.setdefault(span[2], []).append(span)
    return [
        hit for hit in hits if not any(span[0] <= hit[0] and hit[1] <= span[1] for span in by_concept.get(hit[2], ()))
    ]


def _longest(hits: list[Span], swallows: Sequence[bool]) -> list[Span]:
    """Of hits one inside the other keep the longer where they are of one concept, or where the longer is a name.

    The Sea of Japan speaks of no Japan, and a city's duma of no Duma; but a visit to North Korea is both.
    """
    hits.sort(key=lambda hit: (hit[0], -hit[1], hit[2]))
    kept: list[Span] = []
    name_end = -1
    name: tuple[int, int] = (0, 0)
    ends: dict[int, int] = {}
    for hit in hits:
        start, end, concept = hit
        if end <= ends.get(concept, -1) or (end <= name_end and (start, end) != name):
            continue
        ends[concept] = end
        if swallows[concept] and end > name_end:
            name_end, name = end, (start, end)
        kept.append(hit)
    return kept
