"""The flagger: lexicon, topics and reference compiled once; an article in, an ``Assessment`` out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from pipeline import shipped
from pipeline.errors import ConfigError
from pipeline.flagging import rules
from pipeline.flagging.matcher import Matcher
from pipeline.flagging.passages import PassageSpace
from pipeline.flagging.rules import Fired, Judged
from pipeline.flagging.surfaces import GrammarError, Pattern, read_surface
from pipeline.flagging.units import Units, cut
from pipeline.flagging.version import config_version
from pipeline.model import Assessment, Evidence, NearMiss, Reference, Term
from pipeline.settings.lexicon import (
    Concept,
    Topic,
    TopicSet,
    load_concepts,
    load_topics,
)
from pipeline.settings.places import folder_of
from pipeline.settings.reference import load_reference

HOMES = {"RU": "russia", "KR": "south_korea", "KP": "north_korea", "JP": "japan", "US": "united_states", "CN": "china"}
_EVIDENCE_PER_CLAUSE = 12
_NAMES = frozenset({"country", "place", "trap"})  # inside such a name no other concept is meant


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
        patterns, exceptions = _patterns(self.concepts)
        self.matcher = Matcher(patterns, exceptions, {c.id for c in self.concepts if c.kind in _NAMES})
        self._bits = {concept.id: 1 << number for number, concept in enumerate(self.concepts)}
        self._homes = {f"home:{home}": 1 << (len(self._bits) + n) for n, home in enumerate(sorted(HOMES))}
        self._groups = {name: self._mask_of(members) for name, members in topics.groups.items()}
        self._closure = [self._closure_of(concept.id, concepts) for concept in self.concepts]
        self._closure_ids = [tuple(name for name, bit in self._bits.items() if bit & mask) for mask in self._closure]
        self._rules = [(topic, rules.compile_topic(topic, self._bit)) for topic in self.topics]
        self._relevance = (topics.relevance, rules.compile_topic(topics.relevance, self._bit))
        self._space = PassageSpace(reference.passages)

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
        units = self._units(title, text, home)
        judged: list[Judged] = []
        flagged: dict[str, float] = {}
        for topic, clauses in self._rules:
            one = rules.judge(topic, clauses, units, {})
            judged.append(one)
            if one.flagged:
                flagged[topic.id] = one.score
        relevance = rules.judge(*self._relevance, units, flagged)
        near = tuple(self._near_miss(one, units) for one in judged if one.near)
        told = [one for one in judged if one.flagged]
        return Assessment(
            relevance=relevance.score,
            relevant=relevance.flagged,
            topics=flagged,
            evidence=self._evidence([*told, relevance] if relevance.flagged else told, units, title, text),
            terms=self._terms([*told, relevance]),
            passages=self._space.nearest(self._counts(units)) if flagged or relevance.flagged else (),
            near_misses=near,
            config_version=self.version,
        )

    def _units(self, title: str, text: str, home: str | None) -> Units:
        return cut(
            self.matcher.spans(title),
            text,
            self.matcher.spans(text) if text else (),
            self._closure,
            self._homes.get(f"home:{home}", 0),
        )

    def _bit(self, name: str) -> int:
        if name.startswith("home:"):
            return self._homes[name]
        return self._groups[name] if name in self._groups else self._bits[name]

    def _mask_of(self, names: Sequence[str]) -> int:
        mask = 0
        for name in names:
            mask |= self._homes[name] if name.startswith("home:") else self._bits[name]
        return mask

    def _closure_of(self, name: str, concepts: Mapping[str, Concept]) -> int:
        """The concept's own bit and those of all that it implies, directly or not."""
        mask, todo = 0, [name]
        while todo:
            one = todo.pop()
            if not mask & self._bits[one]:
                mask |= self._bits[one]
                todo += concepts[one].implies
        return mask

    def _counts(self, units: Units) -> Counter[str]:
        counts: Counter[str] = Counter()
        for _, (_, _, number) in units.hits:
            counts.update(self._closure_ids[number])
        return counts

    def _terms(self, judged: Sequence[Judged]) -> tuple[Term, ...]:
        terms: list[Term] = []
        for one in judged:
            terms.append(Term(topic=one.topic.id, clause="threshold", weight=-one.topic.threshold))
            for fired in one.fired:
                clause = fired.clause
                home = any(part.startswith("home:") for item in (*clause.all, *clause.any) for part in item.split("|"))
                terms.append(
                    Term(
                        topic=one.topic.id,
                        clause=clause.id,
                        weight=clause.weight,
                        concepts=clause.all + clause.any,
                        note="the source's home country may stand in" if home else "",
                    )
                )
        return tuple(terms)

    def _evidence(self, judged: Sequence[Judged], units: Units, title: str, text: str) -> tuple[Evidence, ...]:
        found: list[Evidence] = []
        for one in judged:
            for fired in one.fired:
                if fired.clause.weight > 0:
                    found += self._evidence_of(one.topic.id, fired, units, title, text)
        return tuple(found)

    def _evidence_of(self, topic: str, fired: Fired, units: Units, title: str, text: str) -> list[Evidence]:
        found: list[Evidence] = []
        for place in dict.fromkeys(place for unit in fired.units for place in unit.hits):
            field, (start, end, number) = units.hits[place]
            if not self._closure[number] & fired.wanted or len(found) >= _EVIDENCE_PER_CLAUSE:
                continue
            surface = (title if field == "title" else text)[start:end]
            found.append(
                Evidence(
                    concept=self.concepts[number].id,
                    surface=surface,
                    field="title" if field == "title" else "text",
                    start=start,
                    end=end,
                    topic=topic,
                    clause=fired.clause.id,
                )
            )
        return found

    def _near_miss(self, judged: Judged, units: Units) -> NearMiss:
        clauses = next(clauses for topic, clauses in self._rules if topic.id == judged.topic.id)
        said = rules.missing(judged, clauses, units, lambda name: self._names.get(name, name))
        return NearMiss(topic=judged.topic.id, score=judged.score, missing=said)


def _patterns(
    concepts: Sequence[Concept],
) -> tuple[dict[str, list[Pattern]], dict[str, list[Pattern]]]:
    patterns: dict[str, list[Pattern]] = {}
    exceptions: dict[str, list[Pattern]] = {}
    for concept in concepts:
        patterns[concept.id] = _read(concept, concept.surfaces, inside=False)
        if concept.exceptions:
            exceptions[concept.id] = _read(concept, concept.exceptions, inside=True)
    return patterns, exceptions


def _read(concept: Concept, surfaces: Mapping[str, tuple[str, ...]], *, inside: bool) -> list[Pattern]:
    found: list[Pattern] = []
    for language, group in surfaces.items():
        for surface in group:
            try:
                found += read_surface(surface, language, inside=inside)
            except GrammarError as error:
                key = f"concept.{concept.id} › {'except.' if inside else ''}{language}"
                raise ConfigError("concepts", key, f"“{surface}” {error}.") from None
    return found


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
