"""Reasons for a score: named terms, the hits that carry them, and what a near miss lacks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from pipeline.flagging.features import FeatureSpace, Seed, sentences_with
from pipeline.flagging.model import Scorer
from pipeline.flagging.needles import Span
from pipeline.flagging.reading import LEAD, Reading
from pipeline.flagging.wording import HOME_NAMES, feature_words, place_words
from pipeline.model import Evidence, Field, Term
from pipeline.settings.lexicon import Concept
from pipeline.settings.topics import SeedClause, TopicSet

if TYPE_CHECKING:
    from pipeline.flagging.flagger import Scored

_TERMS = 12  # shown per sum; the rest is one term
_TERMS_WITH_EVIDENCE = 6
_HITS = 4  # per term
_PLACES = {"sentence": "in one sentence", "front": "in title or lead", "article": "in the article"}
_SHOWN = 4  # alternatives of an item that are spelled out

Sums = list[tuple[int, list[tuple[int, float]]]]  # for each head its terms: number of the feature, addend


class _Carrier(NamedTuple):
    """The hits that carry a feature.

    Attributes:
        together: what must stand in one sentence; None where any of ``wanted`` will do.
        wanted: the concepts that the feature, or its seed clause, names.
        concepts: those, and all that imply one of them.
        least: lowest grade of a sentence in which they count.
    """

    together: Seed | None
    wanted: frozenset[int | str]
    concepts: frozenset[int]
    least: float


class Reasons:
    """Explains what a scorer found.

    Args:
        space: the features.
        scorer: the weights; its heads are the topics in their order, and relevance.
        topics: topics and groups.
        concepts: of the lexicon.
        implied: for each concept's number itself and all that it implies.
    """

    def __init__(
        self,
        space: FeatureSpace,
        scorer: Scorer,
        topics: TopicSet,
        concepts: Sequence[Concept],
        implied: Sequence[frozenset[int]],
    ) -> None:
        self._space = space
        self._scorer = scorer
        self._heads = [*topics.topics, topics.relevance]
        self._implied = implied
        self._numbers = {concept.id: number for number, concept in enumerate(concepts)}
        self._names = {concept.id: concept.name.partition(" (")[0] for concept in concepts}
        self._names |= {f"home:{home}": f"a source in {name}" for home, name in HOME_NAMES.items()}
        self._topics = topics
        self._actors = {name: number for number, name in space.actors}
        self._seeds = {seed.name: seed for seed in space.seeds}
        self._descriptions: dict[tuple[int, str], tuple[str, tuple[str, ...]]] = {}  # filled as features occur
        self._carriers: dict[int, _Carrier] = {}  # and these

    def sums(self, scored: Scored, places: Iterable[int]) -> Sums:
        """The terms of these heads, the largest first."""
        return [(place, self._scorer.terms(place, scored.values)) for place in places]

    def terms(self, scored: Scored, sums: Sums) -> tuple[Term, ...]:
        """The addends of these sums, the intercept first and then the largest; small ones as one term."""
        found: list[Term] = []
        for place, addends in sums:
            topic = self._heads[place].id
            found.append(Term(topic=topic, clause="base rate", weight=self._scorer.intercepts[place]))
            for number, weight in addends[:_TERMS]:
                words, concepts = self._description(number, scored)
                found.append(Term(topic=topic, clause=words, weight=weight, concepts=concepts))
            if rest := addends[_TERMS:]:
                weight = sum(weight for _, weight in rest)
                found.append(Term(topic=topic, clause=f"{len(rest)} smaller terms", weight=weight))
        return tuple(found)

    def _description(self, number: int, scored: Scored) -> tuple[str, tuple[str, ...]]:
        """The words of a feature and its concepts."""
        place = place_words(scored.values[number])
        found = self._descriptions.get((number, place))
        if found is None:
            found = feature_words(self._space, number, place, self._names), self._concepts(number)
            self._descriptions[number, place] = found
        return found

    def _concepts(self, number: int) -> tuple[str, ...]:
        """The concepts of a feature, the actor first."""
        family, member = self._space.family(number), self._space.member(number)
        if family == "seed ":
            return ()
        actor = family.removeprefix("front ").removeprefix("long ").removesuffix(" + ")
        actors = (actor,) if actor in self._actors else ()
        return (*actors, *((member,) if member else ()))

    def evidence(self, whole: str, title_length: int, scored: Scored, sums: Sums) -> tuple[Evidence, ...]:
        """The hits that carry the largest positive terms of these sums."""
        found: list[Evidence] = []
        for place, addends in sums:
            carried = 0
            for number, weight in addends:
                if weight <= 0:
                    continue
                hits = self._hits(number, scored)
                if not hits:
                    continue
                clause, _ = self._description(number, scored)
                for start, end, concept in hits:
                    field: Field = "title" if start < title_length else "text"
                    begin = 0 if field == "title" else title_length + 1
                    name, surface = self._space.concepts[concept], whole[start:end]
                    found.append(
                        Evidence(name, surface, field, start - begin, end - begin, self._heads[place].id, clause)
                    )
                carried += 1
                if carried == _TERMS_WITH_EVIDENCE:
                    break
        return tuple(found)

    def _hits(self, number: int, scored: Scored) -> list[Span]:
        """The first hits that carry a feature, in the first sentences where it has its value."""
        if number not in self._carriers:
            self._carriers[number] = self._carrier(number)
        carrier, reading = self._carriers[number], scored.reading
        if carrier.together:
            places = sentences_with(carrier.together, reading)
        else:
            places = reading.with_any(carrier.wanted) & reading.of_grade(carrier.least)
        found: list[Span] = []
        for sentence in islice(reading.members(places), 1 if carrier.together else _HITS):
            hits = reading.spans[sentence.first : sentence.last]
            found += [hit for hit in hits if hit[2] in carrier.concepts]
            if len(found) >= _HITS:
                break
        return found[:_HITS]

    def _carrier(self, number: int) -> _Carrier:
        family, member = self._space.family(number), self._space.member(number)
        concepts = [self._numbers[name] for name in self._concepts(number)]
        seed = self._seeds.get(member) if family == "seed " else None
        if family.removesuffix(" + ") in self._actors:
            seed = Seed("", tuple(frozenset({concept}) for concept in concepts), frozenset(), "sentence")
        wanted = frozenset().union(*seed.items) if seed else frozenset(concepts)
        return _Carrier(
            together=seed if seed and seed.within == "sentence" else None,
            wanted=wanted,
            concepts=frozenset(n for n, implied in enumerate(self._implied) if not wanted.isdisjoint(implied)),
            least=LEAD if family.startswith(("front ", "long ")) else 0.0,
        )

    def missing(self, place: int, scored: Scored, *, shut: bool) -> str:
        """Describe what a near miss lacks: a required concept, or an item of the seed clause that is nearest."""
        topic = self._heads[place]
        if shut:
            lacking = [item for item in topic.requires if not self._occurs(item, scored.reading)]
            if lacking:
                return f"required: {' and '.join(self._words(item) for item in lacking)}"
            return "excluded: the title has a concept that the topic never takes"
        cut = self._scorer.cuts[place]
        short = f"probability below {cut:.2f}"
        clauses = [clause for clause in topic.seed if clause.weight > 0]
        if not clauses:
            return short
        lacks = {clause.id: self._lacks(clause, scored.reading) for clause in clauses}
        best = min(clauses, key=lambda clause: (len(lacks[clause.id]), -clause.weight))
        if lacks[best.id]:
            words = " and ".join(self._words(item) for item in lacks[best.id])
            return f"{short}; missing: {words} {_PLACES[best.within]}"
        words = " and ".join(self._words(item) for item in best.all)
        return f"{short}; missing: {words} together in title or lead"

    def _lacks(self, clause: SeedClause, reading: Reading) -> list[str]:
        return [item for item in clause.all if not self._occurs(item, reading)]

    def _occurs(self, item: str, reading: Reading) -> bool:
        names = self._topics.members(item)
        return reading.home_item in names or any(self._numbers.get(name) in reading.grades for name in names)

    def _words(self, item: str) -> str:
        names = [self._names.get(name, name) for name in self._topics.members(item)]
        return (
            names[0] if len(names) == 1 else f"{', '.join(names[:_SHOWN])}{' …' * (len(names) > _SHOWN)} (one of them)"
        )
