"""All clauses of all topics as numbers, so that every clause is tried on a sentence at once.

In: the topics. Out: ``Clauses``, and for an article's ``Units`` a ``Trial``: which clauses hold, and where. Pure.

What a concept meets is one number, in which each clause has a field: a bit for each item of ``all`` and one for
``any``, then the clause's own bit, 0 as yet, then a bit for ``unless`` and one for ``unless_anywhere``. A sentence or
an article meets the OR of what its concepts meet. Where all that a clause asks for is met, its field begins with ones
only, and 1 added there carries into the clause's own bit: one addition tries all clauses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from pipeline.flagging.units import Level, Units
from pipeline.model import Term
from pipeline.settings.lexicon import Clause, Topic, Within

_UNLESS, _UNLESS_ANYWHERE = 1, 2  # so far above a clause's own bit
Held = tuple[int, int, int]  # the clauses that hold in a unit, and its hits, from the first to behind the last


class Compiled(NamedTuple):
    """A clause.

    Attributes:
        names: its topic's and its own.
        speaks: it speaks for the topic, and by hits, which are shown.
        bit: its own, which carries what its field holds.
        groups: the conditions of ``all``, one an item, then that of ``any``.
        topics: of each of these sets one must be flagged.
        term: what it adds, as it is told.
    """

    clause: Clause
    names: tuple[str, str]
    weight: float
    speaks: bool
    bit: int
    groups: tuple[int, ...]
    topics: tuple[frozenset[str], ...]
    term: Term


class _Asked(NamedTuple):
    """What a clause asks for, sets of concepts and home countries as masks.

    Attributes:
        groups: of ``all``, one an item, then that of ``any``.
        topics: of each of these sets one must be flagged.
    """

    groups: list[int]
    topics: list[frozenset[str]]
    unless: int
    anywhere: int


class Clauses:
    """Every clause of these topics, in their order.

    Args:
        topics: whose clauses they are.
        members: the concepts and home countries, as a mask, that a name of a clause stands for.

    Attributes:
        of: each topic's clauses, by the bit of each.
        without_units: clauses on topics only, which speak of no part of the article.
        within: for each kind of unit the clauses that speak of it.
        repeated: clauses that must hold in several units.
    """

    def __init__(self, topics: Sequence[Topic], members: Callable[[str], int]) -> None:
        asked = [(topic.id, clause, _read(clause, members)) for topic in topics for clause in topic.clause]
        self._lowest = 0  # of each field
        self._all = 0
        self._sets: dict[int, int] = {}  # for each set of concepts and home countries the conditions that it meets
        self.of: dict[str, dict[int, Compiled]] = {topic.id: {} for topic in topics}
        self.without_units = 0
        self.within: dict[Within, int] = {}
        self.repeated: list[Compiled] = []
        lowest = 1
        for topic, clause, one in asked:
            compiled = self._place(topic, clause, one, lowest)
            self.of[topic][compiled.bit] = compiled
            lowest = compiled.bit << _UNLESS_ANYWHERE + 1

    def _place(self, topic: str, clause: Clause, asked: _Asked, lowest: int) -> Compiled:
        """Give a clause its field."""
        groups = tuple(lowest << n for n in range(len(asked.groups)))
        bit = lowest << len(groups)
        for members, condition in zip(asked.groups, groups, strict=True):
            self._ask(members, condition)
        self._ask(asked.unless, bit << _UNLESS)
        self._ask(asked.anywhere, bit << _UNLESS_ANYWHERE)
        self._lowest |= lowest
        self._all |= bit
        compiled = Compiled(
            clause=clause,
            names=(topic, clause.id),
            weight=clause.weight,
            speaks=clause.weight > 0 and bool(groups),
            bit=bit,
            groups=groups,
            topics=tuple(asked.topics),
            term=_term(topic, clause),
        )
        if not groups:
            self.without_units |= bit
        else:
            self.within[clause.within] = self.within.get(clause.within, 0) | bit
            if clause.times > 1:
                self.repeated.append(compiled)
        return compiled

    def _ask(self, members: int, condition: int) -> None:
        if members:
            self._sets[members] = self._sets.get(members, 0) | condition

    def meets(self) -> dict[int, int]:
        """For each concept and home country, as the mask of it alone, the conditions that it meets."""
        found: dict[int, int] = {}
        for members, conditions in self._sets.items():
            rest = members
            while rest:
                one = rest & -rest
                found[one] = found.get(one, 0) | conditions
                rest ^= one
        return found

    def served_by(self, clause: Compiled, meets: Sequence[int]) -> frozenset[int]:
        """The concepts, by number, of which a hit is evidence for a clause: it meets at least one of its conditions.

        Args:
            clause: one of these.
            meets: for each concept's number the conditions that a hit of it meets.
        """
        conditions = sum(clause.groups)
        return frozenset(number for number, met in enumerate(meets) if met & conditions)

    def possible(self, met: int) -> int:
        """The clauses that may hold somewhere in an article which meets this."""
        return (met + self._lowest) & self._all & ~(met >> _UNLESS_ANYWHERE)

    def holding(self, level: Level, among: int) -> list[Held]:
        """The units in which some of these clauses hold."""
        held: list[Held] = []
        lowest = self._lowest
        for number, met in enumerate(level.met):
            met_all = (met + lowest) & among
            if met_all and (found := met_all & ~(met >> _UNLESS)):
                held.append((found, level.firsts[number], level.firsts[number + 1]))
        return held


class Trial:
    """One article before all clauses.

    Args:
        clauses: to be tried.
        units: of the article.

    Attributes:
        holding: the clauses that hold, whatever topics they ask for.
    """

    def __init__(self, clauses: Clauses, units: Units) -> None:
        self._held: dict[Within, list[Held]] = {}
        self._front = 0  # the clauses in focus by a sentence of title or lead
        self._in_front: list[Held] = []
        possible = clauses.possible(units.parts[0])
        self.holding = possible & clauses.without_units
        for within, speak_of_it in clauses.within.items():
            among = possible & speak_of_it
            if among:
                held = clauses.holding(units.level(within), among)
                if held:
                    self._held[within] = held
                    self.holding |= self._focus(held, units) if within == "focus" else _in_one(held)
        for one in clauses.repeated:
            if self.holding & one.bit and len(self.units_of(one)) < one.clause.times:
                self.holding ^= one.bit

    def units_of(self, one: Compiled) -> list[tuple[int, int]]:
        """The units in which a clause holds: the hits of each, from the first to behind the last."""
        held = self._in_front if self._front & one.bit else self._held[one.clause.within]
        bit = one.bit
        return [(first, last) for found, first, last in held if found & bit]

    def _focus(self, held: Sequence[Held], units: Units) -> int:
        """The clauses that hold in a sentence of title or lead, or in several further down."""
        once = twice = thrice = 0
        for one in held:
            clauses, first, _ = one
            if first < units.lead_hits:
                self._front |= clauses
                self._in_front.append(one)
            thrice |= twice & clauses
            twice |= once & clauses
            once |= clauses
        return self._front | (thrice if units.is_long else twice)


def _in_one(held: Sequence[Held]) -> int:
    found = 0
    for clauses, _, _ in held:
        found |= clauses
    return found


def _read(clause: Clause, members: Callable[[str], int]) -> _Asked:
    groups: list[int] = []
    topics: list[frozenset[str]] = []
    for names in [item.split("|") for item in clause.all] + [_names(clause.any)]:
        if names and names[0].startswith("topic:"):
            topics.append(frozenset(name.removeprefix("topic:") for name in names))
        elif names:
            groups.append(_mask(names, members))
    unless, anywhere = (_mask(_names(items), members) for items in (clause.unless, clause.unless_anywhere))
    return _Asked(groups, topics, unless, anywhere)


def _names(items: Collection[str]) -> list[str]:
    return [name for item in items for name in item.split("|")]


def _mask(names: Collection[str], members: Callable[[str], int]) -> int:
    mask = 0
    for name in names:
        mask |= members(name)
    return mask


def _term(topic: str, clause: Clause) -> Term:
    home = any(name.startswith("home:") for name in _names(clause.all + clause.any))
    return Term(
        topic=topic,
        clause=clause.id,
        weight=clause.weight,
        concepts=clause.all + clause.any,
        note="the source's home country may stand in" if home else "",
    )
