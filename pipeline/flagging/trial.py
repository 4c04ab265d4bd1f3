"""Tries all clauses on an article, and tells on which hits each one stands.

In: the clauses; then an article and its hits. Out: the clauses that hold.

A clause holds in a unit of its kind: the title, the lead, a sentence, a paragraph or the whole. One of focus must hold
in a sentence of title or lead, or in several further down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from pipeline.flagging.clauses import UNLESS, UNLESS_ANYWHERE, Clauses, Compiled
from pipeline.flagging.hits import Hits, spans_of
from pipeline.flagging.units import Level, Units
from pipeline.model import Evidence
from pipeline.settings.lexicon import Within

_EVIDENCE_UNITS = 4  # of one clause
_EVIDENCE_HITS = 12
_KINDS: tuple[Within, ...] = get_args(Within)

_made = tuple.__new__  # as ``Evidence._make``, in half its time
_Held = tuple[int, int, int]  # the clauses that hold in a unit, and its hits, from the first to behind the last
Tried = tuple[list[int], list[list[Evidence]]]


class Trier:
    """All clauses, ready to be tried on any article.

    Args:
        clauses: to be tried.
        concepts: their names, by number.
        meets: for each concept's number, and those of the home countries behind them, the conditions that it meets.
    """

    def __init__(self, clauses: Clauses, meets: Sequence[int], concepts: Sequence[str]) -> None:
        self._clauses = clauses
        self._meets = meets
        self._concepts = concepts
        self._numbers = {one.bit: one.number for one in clauses.all}
        self._without_units = sum(one.bit for one in clauses.all if not one.groups)
        self._within = {
            kind: sum(one.bit for one in clauses.all if one.groups and one.clause.within == kind) for kind in _KINDS
        }
        self._serving: dict[int, set[int]] = {}  # by clause the concepts that meet a condition of it, once asked for
        self._repeated = [one for one in clauses.all if one.groups and one.clause.times > 1]

    def tried(self, whole: str, title_length: int, hits: Hits, home: int, explained: bool, /) -> Tried:
        """Try them.

        Args:
            whole: title, line end and text.
            title_length: of the title, in characters.
            hits: of all that.
            home: the number of the home country, which is met everywhere; -1: none that a clause asks for.
            explained: evidence is wanted, too.

        Returns:
            The numbers of the clauses that hold, whatever topics they ask for, in order; and the evidence of each that
            speaks for its topic: the first hits of its first units.
        """
        units = Units(whole, title_length, spans_of(hits), self._meets, self._meets[home] if home >= 0 else 0)
        met = units.parts[0]
        possible = (met + self._clauses.lowest) & self._clauses.bits & ~(met >> UNLESS_ANYWHERE)
        holding = possible & self._without_units
        held: dict[Within, list[_Held]] = {}
        for kind, speak_of_it in self._within.items():
            if among := possible & speak_of_it:
                held[kind] = self._held(units.level(kind), among)
                if kind == "focus":
                    holding |= _in_focus(held[kind], units)
                else:
                    holding |= _in_one(held[kind])
        for one in self._repeated:
            if holding & one.bit and len(_units_of(one, held, units)) < one.clause.times:
                holding ^= one.bit
        numbers = sorted(self._numbers[bit] for bit in _bits_of(holding))
        if not explained:
            return numbers, []
        return numbers, [self._evidence(self._clauses.all[number], held, units) for number in numbers]

    def _held(self, level: Level, among: int) -> list[_Held]:
        """The units in which some of these clauses hold."""
        held: list[_Held] = []
        lowest = self._clauses.lowest
        for number, met in enumerate(level.met):
            met_all = (met + lowest) & among
            if met_all and (found := met_all & ~(met >> UNLESS)):
                held.append((found, level.firsts[number], level.firsts[number + 1]))
        return held

    def _evidence(self, one: Compiled, held: dict[Within, list[_Held]], units: Units) -> list[Evidence]:
        """The first hits of the first units that meet one of its conditions."""
        found: list[Evidence] = []
        if not one.speaks:
            return found
        serving = self._serving.get(one.number)
        if serving is None:
            serving = {number for number, met in enumerate(self._meets) if met & one.conditions}
            self._serving[one.number] = serving
        for first, last in _units_of(one, held, units)[:_EVIDENCE_UNITS]:
            for start, end, concept in units.spans[first:last]:
                if concept in serving:
                    field, begin = ("title", 0) if start < units.title_length else ("text", units.title_length + 1)
                    hit = self._concepts[concept], units.whole[start:end], field, start - begin, end - begin
                    found.append(_made(Evidence, hit + one.names))
                    if len(found) == _EVIDENCE_HITS:
                        return found
        return found


def _in_one(held: Sequence[_Held]) -> int:
    """The clauses that hold in any of these units."""
    found = 0
    for clauses, _, _ in held:
        found |= clauses
    return found


def _in_focus(held: Sequence[_Held], units: Units) -> int:
    """The clauses that hold in a sentence of title or lead, or in several further down."""
    front = once = twice = thrice = 0
    for clauses, first, _ in held:
        if first < units.lead_hits:
            front |= clauses
        thrice |= twice & clauses
        twice |= once & clauses
        once |= clauses
    return front | (thrice if units.is_long else twice)


def _units_of(one: Compiled, held: dict[Within, list[_Held]], units: Units) -> list[tuple[int, int]]:
    """The units in which a clause holds, by their hits; of focus those in front, if there are any."""
    if not one.groups:
        return []
    found = [(first, last) for clauses, first, last in held[one.clause.within] if clauses & one.bit]
    if one.clause.within == "focus" and found and found[0][0] < units.lead_hits:
        return [unit for unit in found if unit[0] < units.lead_hits]
    return found


def _bits_of(mask: int) -> list[int]:
    """Each bit by itself."""
    found: list[int] = []
    while mask:
        found.append(mask & -mask)
        mask ^= found[-1]
    return found
