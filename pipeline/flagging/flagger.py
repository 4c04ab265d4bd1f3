"""The flagger: lexicon, topics and reference compiled once; an article in, an ``Assessment`` out."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from pipeline import shipped
from pipeline.errors import ConfigError
from pipeline.flagging import rules
from pipeline.flagging.catalogue import Group
from pipeline.flagging.clauses import Clauses, Compiled, Trial
from pipeline.flagging.matcher import Matcher
from pipeline.flagging.passages import PassageSpace
from pipeline.flagging.rules import Judged
from pipeline.flagging.surfaces import GrammarError, all_sure, read_surface
from pipeline.flagging.units import Units
from pipeline.flagging.version import config_version
from pipeline.model import Assessment, Evidence, Field, NearMiss, Reference, Score, Term
from pipeline.settings.lexicon import Concept, Topic, TopicSet, load_concepts, load_topics
from pipeline.settings.places import folder_of
from pipeline.settings.reference import load_reference

_EVIDENCE_UNITS = 4
_EVIDENCE_PER_CLAUSE = 12
_NAMES = frozenset({"country", "place", "trap"})  # inside such a name no other concept is meant

_Hit = tuple[str, str, Field, int, int]  # an ``Evidence`` without topic and clause
_made = tuple.__new__  # as ``Evidence._make``, in half its time


class _Told(NamedTuple):
    """An article, cut and judged.

    Attributes:
        topics: those that are flagged; ``near``: those that nearly are.
        flagged: their scores.
    """

    whole: str
    units: Units
    trial: Trial
    topics: list[Judged]
    near: list[Judged]
    flagged: dict[str, float]
    relevance: Judged


class Flagger:
    """Flags articles. Holds no state but the compiled config; may be shared.

    Attributes:
        topics: in the order of the queue, without ``relevance``.
        concepts: of the lexicon.
        reference: the op-ed's record and digest.
        version: the config version that goes on every flag.
    """

    def __init__(self, concepts: Mapping[str, Concept], topics: TopicSet, reference: Reference, version: str) -> None:
        self.concepts: tuple[Concept, ...] = tuple(concepts.values())
        self.topics: tuple[Topic, ...] = topics.topics
        self.reference = reference
        self.version = version
        self._names = {concept.id: concept.name for concept in self.concepts}
        names = {concept.id for concept in self.concepts if concept.kind in _NAMES}
        self.matcher = Matcher([concept.id for concept in self.concepts], _groups(self.concepts), names)
        self._numbers = {concept.id: 1 << number for number, concept in enumerate(self.concepts)}
        self._homes: dict[str, int] = {}  # likewise, of those that a clause or a group names
        self._groups = {name: _all_of(map(self._bit, members)) for name, members in topics.groups.items()}
        implied = [self._implied(concept.id, concepts) for concept in self.concepts]
        self._clauses = Clauses([*self.topics, topics.relevance], self._members)
        self._rules = [rules.compile_topic(topic, self._clauses) for topic in self.topics]
        self._relevance = rules.compile_topic(topics.relevance, self._clauses)
        meets = self._clauses.meets()
        self._meets = [_all_of(meets.get(self._numbers[name], 0) for name in names) for names in implied]
        self._serving: dict[int, frozenset[int]] = {}  # by a clause's bit the concepts that serve it, once asked for
        self._homes_meet = {home: meets.get(mask, 0) for home, mask in self._homes.items()}
        self._space = PassageSpace(reference.passages, implied)

    @classmethod
    def from_config(cls, config_dir: Path | None = None) -> Self:
        """Load a config folder; what it lacks, and None, means the shipped config.

        Raises:
            ConfigError: names the file and the key, and what was expected.
        """
        folder = config_dir or shipped.CONFIG
        concepts = load_concepts(folder_of(folder, "concepts"))
        topics = load_topics(folder_of(folder, "topics"), concepts)
        own = folder / "reference.toml"
        path = own if own.exists() else shipped.CONFIG / "reference.toml"
        reference = load_reference(path)
        _check_reference(reference, topics.topics, concepts, path)
        return cls(concepts, topics, reference, config_version(folder))

    def flag(self, title: str, text: str, *, language: str | None = None, home: str | None = None) -> Assessment:
        """Say which topics an article is on, how much the desk wants it, and why.

        Args:
            title: the headline.
            text: the article, paragraphs one a line; may be empty.
            language: not needed: all languages are matched at once, as papers mix them.
            home: the source's country, which its texts leave out; counts as hit of ``home:XX`` only.
        """
        told = self._judge(title, text, home)
        return Assessment(
            relevance=told.relevance.score,
            relevant=told.relevance.flagged,
            topics=told.flagged,
            evidence=self._evidence(told),
            terms=_terms([*told.topics, told.relevance]),
            passages=self._space.nearest(told.units.spans) if told.flagged or told.relevance.flagged else (),
            near_misses=tuple([self._near_miss(one, told.units) for one in told.near]),
            config_version=self.version,
        )

    def score(self, title: str, text: str, *, home: str | None = None) -> Score:
        """Do as ``flag``, and say only what, not why: for who compares many articles."""
        told = self._judge(title, text, home)
        return Score(told.relevance.score, told.relevance.flagged, told.flagged)

    def _judge(self, title: str, text: str, home: str | None) -> _Told:
        """Match, cut, and add up the clauses of each topic, then of relevance."""
        whole = f"{title}\n{text}"
        always = self._homes_meet.get(f"home:{home}", 0)
        units = Units(whole, len(title), self.matcher.spans(whole), self._meets, always)
        trial = Trial(self._clauses, units)
        topics: list[Judged] = []
        near: list[Judged] = []
        flagged: dict[str, float] = {}
        holding = trial.holding
        for topic in self._rules:
            if not (holding & topic.bits or topic.needs_none):
                continue
            one = rules.judge(topic, holding, ())
            if one.flagged:
                flagged[topic.topic.id] = one.score
                topics.append(one)
            elif one.near:
                near.append(one)
        return _Told(whole, units, trial, topics, near, flagged, rules.judge(self._relevance, holding, flagged))

    def _members(self, name: str) -> int:
        """The concepts that a name of a clause stands for, as a mask."""
        return self._groups[name] if name in self._groups else self._bit(name)

    def _bit(self, name: str) -> int:
        """A concept or a home country, as a mask."""
        if name.startswith("home:"):
            return self._homes.setdefault(name, 1 << len(self._numbers) + len(self._homes))
        return self._numbers[name]

    def _implied(self, name: str, concepts: Mapping[str, Concept]) -> tuple[str, ...]:
        """The concept itself and all that it implies, directly or not."""
        found: dict[str, None] = {}
        todo = [name]
        while todo:
            one = todo.pop()
            if one not in found:
                found[one] = None
                todo += concepts[one].implies
        return tuple(found)

    def _evidence(self, told: _Told) -> tuple[Evidence, ...]:
        """The hits that each clause stands on, of those that speak for a topic."""
        found: list[Evidence] = []
        hits: dict[int, _Hit] = {}
        for one in [*told.topics, told.relevance] if told.relevance.flagged else told.topics:
            for clause in one.fired:
                if clause.speaks:
                    found += self._evidence_of(clause, told, hits)
        return tuple(found)

    def _evidence_of(self, clause: Compiled, told: _Told, hits: dict[int, _Hit]) -> list[Evidence]:
        """The first hits of the first units; ``hits`` keeps them by place, as they serve several clauses."""
        names, units, whole = clause.names, told.units, told.whole
        serving = self._serving.get(clause.bit)
        if serving is None:
            serving = self._serving[clause.bit] = self._clauses.served_by(clause, self._meets)
        text_at = units.title_length + 1
        found: list[Evidence] = []
        for first, last in told.trial.units_of(clause)[:_EVIDENCE_UNITS]:
            for place, (start, end, concept) in enumerate(units.spans[first:last], first):
                if concept in serving:
                    hit = hits.get(place)
                    if hit is None:
                        name, surface = self.matcher.concepts[concept], whole[start:end]
                        if place < units.title_hits:
                            hit = hits[place] = name, surface, "title", start, end
                        else:
                            hit = hits[place] = name, surface, "text", start - text_at, end - text_at
                    found.append(_made(Evidence, hit + names))
                    if len(found) == _EVIDENCE_PER_CLAUSE:
                        return found
        return found

    def _near_miss(self, judged: Judged, units: Units) -> NearMiss:
        said = rules.missing(judged, units.parts[0], lambda name: self._names.get(name, name))
        return NearMiss(topic=judged.topic.topic.id, score=judged.score, missing=said)


def _all_of(masks: Iterable[int]) -> int:
    """One mask of several."""
    return functools.reduce(operator.or_, masks, 0)


def _terms(judged: Sequence[Judged]) -> tuple[Term, ...]:
    """Every addend of these sums, thresholds first."""
    terms: list[Term] = []
    for one in judged:
        terms.append(one.topic.threshold)
        terms += [clause.term for clause in one.fired]
    return tuple(terms)


def _groups(concepts: Sequence[Concept]) -> list[Group]:
    """All surfaces, then all exceptions.

    Raises:
        ConfigError: one is not in the grammar.
    """
    surfaces = [Group(n, *item) for n, concept in enumerate(concepts) for item in concept.surfaces.items()]
    exceptions = [Group(n, *item, True) for n, concept in enumerate(concepts) for item in concept.exceptions.items()]
    groups = surfaces + exceptions
    by_language: dict[str, list[str]] = {}
    for group in groups:
        by_language.setdefault(group.language, []).extend(group.surfaces)
    if not all(all_sure(language, written) for language, written in by_language.items()):
        for group in sorted(groups, key=lambda group: group.concept):
            _check(group, concepts[group.concept].id)
    return groups


def _check(group: Group, concept: str) -> None:
    for surface in group.surfaces:
        if all_sure(group.language, (surface,)):
            continue
        try:
            read_surface(surface, group.language, inside=group.cancels)
        except GrammarError as error:
            key = f"concept.{concept} › {'except.' if group.cancels else ''}{group.language}"
            raise ConfigError("concepts", key, f"“{surface}” {error}.") from None


def _check_reference(
    reference: Reference, topics: Sequence[Topic], concepts: Mapping[str, Concept], path: Path
) -> None:
    known = {topic.id for topic in topics}
    passages = {passage.id for passage in reference.passages}
    for passage in reference.passages:
        for topic in passage.topics:
            if topic not in known:
                raise ConfigError(path, f"passage {passage.id} › topics", f"there is no topic “{topic}”.")
        for concept in passage.concepts:
            if concept not in concepts:
                raise ConfigError(path, f"passage {passage.id} › concepts", f"there is no concept “{concept}”.")
    for one in topics:
        for name in one.passages:
            if name not in passages:
                raise ConfigError(path, f"topic.{one.id} › passages", f"there is no passage “{name}” in the reference.")
