"""All clauses of all topics as numbers, so that every clause is tried on a sentence at once.

In: the topics. Out: ``Clauses``, which ``trial`` tries on articles. Pure.

What a concept meets is one number, in which each clause has a field: a bit for each item of ``all`` and one for
``any``, then the clause's own bit, 0 as yet, then a bit for ``unless`` and one for ``unless_anywhere``. A sentence or
an article meets the OR of what its concepts meet. Where all that a clause asks for is met, its field begins with ones
only, and 1 added there carries into the clause's own bit: one addition tries all clauses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from pipeline.model import Term
from pipeline.settings.lexicon import Clause, Topic

UNLESS, UNLESS_ANYWHERE = 1, 2  # so far above a clause's own bit


class Compiled(NamedTuple):
    """A clause.

    Attributes:
        number: its place among all.
        names: its topic's and its own.
        speaks: it speaks for the topic, and by hits, which are shown.
        bit: its own, which carries what its field holds.
        groups: the conditions of ``all``, one an item, then that of ``any``; ``conditions``: all of them.
        topics: of each of these sets one must be flagged.
        term: what it adds, as it is told.
    """

    number: int
    clause: Clause
    names: tuple[str, str]
    weight: float
    speaks: bool
    bit: int
    groups: tuple[int, ...]
    conditions: int
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
        all: the clauses, by number.
        lowest: of each field, the lowest bit.
        bits: the clauses' own.
    """

    def __init__(self, topics: Sequence[Topic], members: Callable[[str], int]) -> None:
        self._sets: dict[int, int] = {}  # for each set of concepts and home countries the conditions that it meets
        self.all: list[Compiled] = []
        self.lowest = 0
        self.bits = 0
        lowest = 1
        for topic in topics:
            for clause in topic.clause:
                compiled = self._place(topic.id, clause, _read(clause, members), lowest)
                self.all.append(compiled)
                lowest = compiled.bit << UNLESS_ANYWHERE + 1

    def _place(self, topic: str, clause: Clause, asked: _Asked, lowest: int) -> Compiled:
        """Give a clause its field."""
        groups = tuple(lowest << n for n in range(len(asked.groups)))
        bit = lowest << len(groups)
        for members, condition in zip(asked.groups, groups, strict=True):
            self._ask(members, condition)
        self._ask(asked.unless, bit << UNLESS)
        self._ask(asked.anywhere, bit << UNLESS_ANYWHERE)
        self.lowest |= lowest
        self.bits |= bit
        return Compiled(
            number=len(self.all),
            clause=clause,
            names=(topic, clause.id),
            weight=clause.weight,
            speaks=clause.weight > 0 and bool(groups),
            bit=bit,
            groups=groups,
            conditions=sum(groups),
            topics=tuple(asked.topics),
            term=_term(topic, clause),
        )

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
