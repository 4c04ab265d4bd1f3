"""Clauses over units: which fire, what they add, on what evidence, and what was missing.

In: a topic, compiled once, and an article's ``Units``. Out: ``Judged``: the sum with its terms. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.flagging.units import PARTS, Level, Units
from pipeline.model import Term
from pipeline.settings.lexicon import Clause, Topic, Within

_EVIDENCE_UNITS = 4
_NEAR = 1.6  # a sum this little below the threshold is a near miss


class Bits:
    """Gives each set of concepts that a clause asks for a bit of its own: what ``Units`` are masks of.

    Args:
        members: the concepts and home countries, as a mask, that a name of a clause stands for.
    """

    def __init__(self, members: Callable[[str], int]) -> None:
        self._members = members
        self.sets: dict[int, int] = {}

    def of(self, names: Collection[str]) -> int:
        """The bit of the set of all concepts that these names stand for; 0 for no names."""
        mask = 0
        for name in names:
            mask |= self._members(name)
        return self.sets.setdefault(mask, 1 << len(self.sets)) if mask else 0

    def by_member(self) -> dict[int, int]:
        """For each concept and home country, as the mask of it alone, the bits of all sets that it is in."""
        found: dict[int, int] = {}
        for members, bit in self.sets.items():
            rest = members
            while rest:
                one = rest & -rest
                found[one] = found.get(one, 0) | bit
                rest ^= one
        return found


class Compiled(NamedTuple):
    """A clause as masks.

    Attributes:
        needs: the bits that must all be set in one unit.
        unless: the bit that must not be set there.
        groups: the bits of ``all``, one an item, then that of ``any``.
        topics: of each of these sets one must be flagged.
        term: what it adds, as it is told.
    """

    clause: Clause
    needs: int
    unless: int
    groups: tuple[int, ...]
    topics: tuple[frozenset[str], ...]
    term: Term


@dataclass(frozen=True, slots=True)
class CompiledTopic:
    """A topic as masks.

    Attributes:
        tests: for each clause the part of the article that it speaks of, what must stand in there, and what must not
            stand anywhere; most articles fail here.
        threshold: what is taken off, as it is told.
    """

    topic: Topic
    clauses: tuple[Compiled, ...]
    tests: tuple[tuple[int, int, int, Compiled], ...]
    threshold: Term


class Fired(NamedTuple):
    """A clause that holds, and in which units."""

    compiled: Compiled
    level: Level | None
    units: list[int]


class Judged(NamedTuple):
    """A topic's sum over an article."""

    topic: CompiledTopic
    total: float
    fired: list[Fired]

    @property
    def flagged(self) -> bool:
        """Whether the sum reaches the threshold."""
        return self.total >= self.topic.topic.threshold

    @property
    def score(self) -> float:
        """The logistic of the sum's distance from the threshold: 0.5 at the threshold."""
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, self.total - self.topic.topic.threshold))))

    @property
    def near(self) -> bool:
        """Whether it was nearly flagged."""
        return self.total > 0 and 0 < self.topic.topic.threshold - self.total <= _NEAR


def compile_topic(topic: Topic, bits: Bits) -> CompiledTopic:
    """Turn names into masks."""
    clauses = tuple(_compile(topic.id, clause, bits) for clause in topic.clause)
    tests = tuple(
        (PARTS.get(one.clause.within, 0), one.needs, bits.of(one.clause.unless_anywhere), one) for one in clauses
    )
    threshold = Term(topic=topic.id, clause="threshold", weight=-topic.threshold)
    return CompiledTopic(topic, clauses, tests, threshold)


def _compile(topic: str, clause: Clause, bits: Bits) -> Compiled:
    groups: list[int] = []
    topics: list[frozenset[str]] = []
    for item in clause.all:
        names = item.split("|")
        if names[0].startswith("topic:"):
            topics.append(frozenset(name.removeprefix("topic:") for name in names))
        else:
            groups.append(bits.of(names))
    one_of = [name for item in clause.any for name in item.split("|")]
    if one_of and one_of[0].startswith("topic:"):
        topics.append(frozenset(name.removeprefix("topic:") for name in one_of))
    elif one_of:
        groups.append(bits.of(one_of))
    needs = 0
    for group in groups:
        needs |= group
    home = any(part.startswith("home:") for item in (*clause.all, *clause.any) for part in item.split("|"))
    term = Term(
        topic=topic,
        clause=clause.id,
        weight=clause.weight,
        concepts=clause.all + clause.any,
        note="the source's home country may stand in" if home else "",
    )
    unless = bits.of([name for item in clause.unless for name in item.split("|")])
    return Compiled(clause, needs, unless, tuple(groups), tuple(topics), term)


def judge(topic: CompiledTopic, units: Units, flagged: Mapping[str, float]) -> Judged:
    """Add up the clauses that hold.

    Args:
        topic: whose clauses they are.
        units: of the article.
        flagged: topics flagged so far, for clauses on topics.
    """
    fired: list[Fired] = []
    total = 0.0
    parts = units.parts
    whole = parts[0]
    for part, needs, anywhere, compiled in topic.tests:
        if parts[part] & needs == needs and not whole & anywhere:
            found = _fire(compiled, units, flagged)
            if found is not None:
                fired.append(found)
                total += compiled.clause.weight
    return Judged(topic, total, fired)


def _fire(compiled: Compiled, units: Units, flagged: Mapping[str, float]) -> Fired | None:
    clause, needs, unless, _, topics, _ = compiled
    for names in topics:
        if flagged.keys().isdisjoint(names):
            return None
    if not needs:
        return Fired(compiled, None, [])
    level = units.level(clause.within)
    held = [n for n, mask in enumerate(level.masks) if mask & needs == needs and not mask & unless]
    if clause.within == "focus" and held:
        if held[0] < units.fronts:
            held = [n for n in held if n < units.fronts]
        elif len(held) < units.times_further_down:
            return None
    if len(held) < clause.times:
        return None
    return Fired(compiled, level, held[:_EVIDENCE_UNITS])


_PLACES: Mapping[Within, str] = {
    "title": "in the title",
    "lead": "in the title or first lines",
    "focus": "in one sentence of the title or lead",
    "sentence": "in one sentence",
    "paragraph": "in one paragraph",
    "article": "in the article",
}


def missing(judged: Judged, whole: int, name: Callable[[str], str]) -> str:
    """Say what would have flagged it: of the clauses that did not hold, the one that lacked least.

    Args:
        judged: the topic's sum.
        whole: what stands anywhere in the article.
        name: what people call a concept.
    """
    held = {fired.compiled.clause.id for fired in judged.fired}
    threshold = judged.topic.topic.threshold
    lacking = [
        (sum(not group & whole for group in compiled.groups), -compiled.clause.weight, compiled)
        for compiled in judged.topic.clauses
        if compiled.clause.all
        and compiled.clause.id not in held
        and 0 < compiled.clause.weight >= threshold - judged.total
    ]
    short = f"{threshold - judged.total:.1f} points short"
    if not lacking:
        return short
    _, _, best = min(lacking, key=lambda one: one[:2])
    items = (item for item in best.clause.all if not item.startswith("topic:"))
    lacks = [item for item, group in zip(items, best.groups, strict=False) if not group & whole]
    words = " and ".join(_words(item, name) for item in (lacks or best.clause.all))
    together = "" if lacks else ", together"
    return f"{short}; missing: {words}{together} {_PLACES[best.clause.within]}"


def _words(item: str, name: Callable[[str], str]) -> str:
    names = [name(part) for part in item.split("|")]
    return names[0] if len(names) == 1 else f"{', '.join(names[:4])}{' …' if len(names) > 4 else ''} (one of them)"
