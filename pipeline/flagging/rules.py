"""Sums over clauses: what a topic's clauses add up to, and what was missing.

In: a topic, and which of its clauses hold in an article. Out: ``Judged``: the sum with its terms. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from pipeline.flagging.clauses import Clauses, Compiled
from pipeline.model import Term
from pipeline.settings.lexicon import Topic, Within

_NEAR = 1.6  # a sum this little below the threshold is a near miss


class CompiledTopic(NamedTuple):
    """A topic with its clauses.

    Attributes:
        needs_none: its threshold is so low that it is flagged with no clause.
        threshold: what is taken off, as it is told.
    """

    topic: Topic
    clauses: tuple[Compiled, ...]
    needs_none: bool
    threshold: Term


class Judged(NamedTuple):
    """A topic's sum over an article.

    Attributes:
        short: what the sum is short of the threshold.
    """

    topic: CompiledTopic
    total: float
    short: float
    fired: list[Compiled]

    @property
    def flagged(self) -> bool:
        """Whether the sum reaches the threshold."""
        return self.short <= 0

    @property
    def score(self) -> float:
        """The logistic of the sum's distance from the threshold: 0.5 at the threshold."""
        return 1.0 / (1.0 + math.exp(max(-30.0, min(30.0, self.short))))

    @property
    def near(self) -> bool:
        """Whether it was nearly flagged."""
        return 0 < self.short <= _NEAR and self.total > 0


def compile_topic(topic: Topic, clauses: Clauses) -> CompiledTopic:
    """Join a topic with its clauses."""
    own = tuple(one for one in clauses.all if one.names[0] == topic.id)
    return CompiledTopic(
        topic, own, topic.threshold <= 0, Term(topic=topic.id, clause="threshold", weight=-topic.threshold)
    )


def judge(topic: CompiledTopic, holding: Iterable[Compiled], flagged: Collection[str]) -> Judged:
    """Add up the clauses that hold.

    Args:
        topic: whose clauses they are.
        holding: those of its clauses that hold in the article, whatever topics they ask for.
        flagged: topics flagged so far, for clauses on topics.
    """
    fired: list[Compiled] = []
    total = 0.0
    for one in holding:
        for names in one.topics:
            if names.isdisjoint(flagged):
                break
        else:
            fired.append(one)
            total += one.weight
    return Judged(topic, total, topic.topic.threshold - total, fired)


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
        whole: the conditions met anywhere in the article.
        name: what people call a concept.
    """
    lacking = [
        ((one.conditions & ~whole).bit_count(), -one.weight, one)
        for one in judged.topic.clauses
        if one.weight >= judged.short and one.weight > 0 and one.clause.all and one not in judged.fired
    ]
    short = f"{judged.short:.1f} points short"
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
