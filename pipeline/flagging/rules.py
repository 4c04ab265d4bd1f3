"""Clauses over units: which fire, what they add, on what evidence, and what was missing.

In: a topic, compiled once, and an article's ``Units``. Out: ``Judged``: the sum with its terms. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.flagging.units import Unit, Units
from pipeline.settings.lexicon import Clause, Topic, Within

_EVIDENCE_UNITS = 4
_NEAR = 1.6  # a sum this little below the threshold is a near miss


@dataclass(frozen=True, slots=True)
class Compiled:
    """A clause as masks."""

    clause: Clause
    groups: tuple[int, ...]
    wanted: int
    unless: int
    anywhere: int
    topics: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Fired:
    """A clause that holds, and in which units."""

    clause: Clause
    units: tuple[Unit, ...]
    wanted: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A topic's sum over an article."""

    topic: Topic
    total: float
    fired: tuple[Fired, ...]

    @property
    def flagged(self) -> bool:
        """Whether the sum reaches the threshold."""
        return self.total >= self.topic.threshold

    @property
    def score(self) -> float:
        """The logistic of the sum's distance from the threshold: 0.5 at the threshold."""
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, self.total - self.topic.threshold))))

    @property
    def near(self) -> bool:
        """Whether it was nearly flagged."""
        return not self.flagged and self.total > 0 and self.total >= self.topic.threshold - _NEAR


def compile_topic(topic: Topic, bit: Callable[[str], int]) -> tuple[Compiled, ...]:
    """Turn names into masks; ``bit`` gives a name's mask."""
    return tuple(_compile(clause, bit) for clause in topic.clause)


def _compile(clause: Clause, bit: Callable[[str], int]) -> Compiled:
    groups: list[int] = []
    topics: list[frozenset[str]] = []
    for item in clause.all:
        names = item.split("|")
        if names[0].startswith("topic:"):
            topics.append(frozenset(name.removeprefix("topic:") for name in names))
        else:
            groups.append(_mask(item, bit))
    if clause.any and clause.any[0].startswith("topic:"):
        topics.append(frozenset(name.removeprefix("topic:") for item in clause.any for name in item.split("|")))
    elif clause.any:
        groups.append(_mask("|".join(clause.any), bit))
    wanted = 0
    for group in groups:
        wanted |= group
    unless = _mask("|".join(clause.unless), bit) if clause.unless else 0
    anywhere = _mask("|".join(clause.unless_anywhere), bit) if clause.unless_anywhere else 0
    return Compiled(clause, tuple(groups), wanted, unless, anywhere, tuple(topics))


def _mask(item: str, bit: Callable[[str], int]) -> int:
    mask = 0
    for name in item.split("|"):
        mask |= bit(name)
    return mask


def judge(topic: Topic, clauses: tuple[Compiled, ...], units: Units, flagged: Mapping[str, float]) -> Judged:
    """Add up the clauses that hold.

    Args:
        topic: whose clauses they are.
        clauses: compiled.
        units: of the article.
        flagged: topics flagged so far, for clauses on topics.
    """
    fired: list[Fired] = []
    total = 0.0
    whole = units.mask
    for compiled in clauses:
        if compiled.anywhere & whole:
            continue
        for group in compiled.groups:
            if not group & whole:
                break
        else:
            found = _fire(compiled, units, flagged)
            if found is not None:
                fired.append(found)
                total += compiled.clause.weight
    return Judged(topic, total, tuple(fired))


def _fire(compiled: Compiled, units: Units, flagged: Mapping[str, float]) -> Fired | None:
    if any(flagged.keys().isdisjoint(names) for names in compiled.topics):
        return None
    clause = compiled.clause
    if not compiled.groups:
        return Fired(clause, (), 0)
    held = _held(compiled, units.by_level[clause.within])
    if clause.within == "focus":
        front = [unit for unit in held if unit.front]
        if not front and len(held) < units.times_further_down:
            return None
        held = front or held
    if len(held) < clause.times:
        return None
    return Fired(clause, tuple(held[:_EVIDENCE_UNITS]), compiled.wanted)


def _held(compiled: Compiled, units: Sequence[Unit]) -> list[Unit]:
    """The units in which every group has a concept, and that have none of ``unless``."""
    held: list[Unit] = []
    for unit in units:
        mask = unit.mask
        if compiled.unless & mask or not unit.hits:
            continue
        for group in compiled.groups:
            if not group & mask:
                break
        else:
            held.append(unit)
    return held


_PLACES: Mapping[Within, str] = {
    "title": "in the title",
    "lead": "in the title or first lines",
    "focus": "in one sentence of the title or lead",
    "sentence": "in one sentence",
    "paragraph": "in one paragraph",
    "article": "in the article",
}


def missing(judged: Judged, clauses: tuple[Compiled, ...], units: Units, name: Callable[[str], str]) -> str:
    """Say what would have flagged it: of the clauses that did not hold, the one that lacked least."""
    held = {fired.clause.id for fired in judged.fired}
    best: tuple[int, float, str] | None = None
    for compiled in clauses:
        clause = compiled.clause
        if (
            clause.weight <= 0
            or clause.id in held
            or not clause.all
            or judged.total + clause.weight < judged.topic.threshold
        ):
            continue
        lacks = [
            item
            for item, group in zip((i for i in clause.all if not i.startswith("topic:")), compiled.groups, strict=False)
            if not group & units.mask
        ]
        words = " and ".join(_words(item, name) for item in (lacks or clause.all))
        said = f"{words} {_PLACES[clause.within]}" if lacks else f"{words}, together {_PLACES[clause.within]}"
        if best is None or (len(lacks), -clause.weight) < best[:2]:
            best = (len(lacks), -clause.weight, said)
    short = f"{judged.topic.threshold - judged.total:.1f} points short"
    return f"{short}; missing: {best[2]}" if best else short


def _words(item: str, name: Callable[[str], str]) -> str:
    names = [name(part) for part in item.split("|")]
    return names[0] if len(names) == 1 else f"{', '.join(names[:4])}{' …' if len(names) > 4 else ''} (one of them)"
