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
from pipeline.flagging.clauses import Clauses, Compiled
from pipeline.flagging.hits import Hits, numbers_of
from pipeline.flagging.matcher import Matcher
from pipeline.flagging.passages import PassageSpace
from pipeline.flagging.rules import Judged
from pipeline.flagging.surfaces import GrammarError, all_sure, read_surface
from pipeline.flagging.trial import Trier
from pipeline.flagging.version import config_version
from pipeline.model import Assessment, Evidence, NearMiss, Reference, Score, Term
from pipeline.settings.lexicon import RELEVANCE, Concept, Topic, TopicSet, load_concepts, load_topics
from pipeline.settings.places import folder_of
from pipeline.settings.reference import load_reference

_NAMES = frozenset({"country", "place", "trap"})  # inside such a name no other concept is meant


class _Told(NamedTuple):
    """An article, matched and judged.

    Attributes:
        home: the home country's number; -1: none that a clause asks for.
        evidence: for each clause that holds, by number, the hits that it stands on.
        topics: those that are flagged; ``near``: those that nearly are.
        flagged: their scores.
    """

    hits: Hits
    home: int
    evidence: dict[int, list[Evidence]]
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
        self._numbers = {concept.id: number for number, concept in enumerate(self.concepts)}
        self._homes: dict[str, int] = {}  # likewise, behind them, of those that a clause or a group names
        self._groups = {name: _all_of(map(self._bit, members)) for name, members in topics.groups.items()}
        implied = [self._implied(concept.id, concepts) for concept in self.concepts]
        clauses = Clauses([*self.topics, topics.relevance], self._members)
        self._clauses = clauses.all
        self._rules = [rules.compile_topic(topic, clauses) for topic in self.topics]
        self._relevance = rules.compile_topic(topics.relevance, clauses)
        meets = clauses.meets()
        self._meets = [_all_of(meets.get(self._bit(name), 0) for name in names) for names in implied]
        self._meets += [meets.get(self._bit(home), 0) for home in self._homes]
        self._trier = Trier(clauses, self._meets, self.matcher.concepts)
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
        told = self._judge(title, text, home, explained=True)
        said = [*told.topics, told.relevance] if told.relevance.flagged else told.topics
        return Assessment(
            relevance=told.relevance.score,
            relevant=told.relevance.flagged,
            topics=told.flagged,
            evidence=tuple([hit for one in said for clause in one.fired for hit in told.evidence[clause.number]]),
            terms=_terms([*told.topics, told.relevance]),
            passages=self._space.nearest(told.hits) if said else (),
            near_misses=tuple([self._near_miss(one, told) for one in told.near]),
            config_version=self.version,
        )

    def score(self, title: str, text: str, *, home: str | None = None) -> Score:
        """Do as ``flag``, and say only what, not why: for who compares many articles."""
        told = self._judge(title, text, home, explained=False)
        return Score(told.relevance.score, told.relevance.flagged, told.flagged)

    def _judge(self, title: str, text: str, home: str | None, *, explained: bool) -> _Told:
        """Match, try the clauses, and add up those of each topic, then of relevance."""
        whole = f"{title}\n{text}"
        hits = self.matcher.hits(whole)
        at_home = self._homes.get(f"home:{home}", -1)
        holding, evidence = self._trier.tried(whole, len(title), hits, at_home, explained)
        held: dict[str, list[Compiled]] = {}
        for number in holding:
            one = self._clauses[number]
            held.setdefault(one.names[0], []).append(one)
        topics: list[Judged] = []
        near: list[Judged] = []
        flagged: dict[str, float] = {}
        for topic in self._rules:
            if (own := held.get(topic.topic.id)) or topic.needs_none:
                judged = rules.judge(topic, own or (), ())
                if judged.flagged:
                    flagged[topic.topic.id] = judged.score
                    topics.append(judged)
                elif judged.near:
                    near.append(judged)
        relevance = rules.judge(self._relevance, held.get(RELEVANCE, ()), flagged)
        return _Told(hits, at_home, dict(zip(holding, evidence, strict=False)), topics, near, flagged, relevance)

    def _members(self, name: str) -> int:
        """The concepts that a name of a clause stands for, as a mask."""
        return self._groups[name] if name in self._groups else self._bit(name)

    def _bit(self, name: str) -> int:
        """A concept or a home country, as a mask."""
        if name.startswith("home:"):
            return 1 << self._homes.setdefault(name, len(self._numbers) + len(self._homes))
        return 1 << self._numbers[name]

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

    def _near_miss(self, judged: Judged, told: _Told) -> NearMiss:
        met = {*numbers_of(told.hits)[2::3], told.home} - {-1}
        anywhere = _all_of(self._meets[number] for number in met)
        said = rules.missing(judged, anywhere, lambda name: self._names.get(name, name))
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
            _check(group, concepts[group.concept])
    return groups


def _check(group: Group, concept: Concept) -> None:
    for surface in group.surfaces:
        if all_sure(group.language, (surface,)):
            continue
        try:
            read_surface(surface, group.language, inside=group.cancels)
        except GrammarError as error:
            key = f"concept.{concept.id} › {'except.' if group.cancels else ''}{group.language}"
            raise ConfigError(concept.file, key, f"“{surface}” {error}.") from None


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
