"""The flagger: lexicon, topics, model and reference loaded once; an article in, an ``Assessment`` out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from pipeline import shipped
from pipeline.errors import ConfigError
from pipeline.flagging.features import FeatureSpace, Seed
from pipeline.flagging.lexicon_index import implied_names, matcher_of
from pipeline.flagging.model import Model, Scorer, load_model, probability
from pipeline.flagging.needles import Span
from pipeline.flagging.passages import PassageSpace
from pipeline.flagging.reading import Reading, read
from pipeline.flagging.reasons import Reasons
from pipeline.flagging.version import config_version
from pipeline.model import Assessment, NearMiss, Reference, Score
from pipeline.settings.lexicon import Concept, load_concepts
from pipeline.settings.places import find_file, find_folder
from pipeline.settings.reference import load_reference
from pipeline.settings.topics import Topic, TopicSet, load_topics

_NEAR = 0.15  # probability from which on a topic that is not flagged is a near miss


class _Gate(NamedTuple):
    """What a topic requires and excludes, as numbers of concepts and names of home countries."""

    requires: tuple[frozenset[int | str], ...]
    never: frozenset[int | str]

    def open(self, reading: Reading) -> bool:
        """Whether the topic may be flagged at all."""
        return self.never.isdisjoint(reading.in_title) and all(
            reading.home_item in item or not item.isdisjoint(reading.grades) for item in self.requires
        )


class Scored(NamedTuple):
    """An article, matched and scored.

    Attributes:
        values: its features, by number.
        log_odds: for each topic, and last for relevance.
        flagged: places of the topics that are flagged.
        shut: places of the topics whose ``requires`` or ``never`` excludes them.
    """

    hits: list[Span]
    reading: Reading
    values: Mapping[int, float]
    log_odds: list[float]
    flagged: list[int]
    shut: list[int]


class Flagger:
    """Flags articles. Holds nothing but the loaded config; may be shared between threads.

    Attributes:
        topics: in the order of the queue, without relevance.
        concepts: of the lexicon.
        groups: names for sets of concepts.
        reference: the op-ed's record and digest.
        version: the config version that is stored with every flag.
        model: the weights.
        space: the features.
    """

    def __init__(
        self,
        concepts: Mapping[str, Concept],
        topics: TopicSet,
        reference: Reference,
        version: str,
        model: Callable[[FeatureSpace], Model],
    ) -> None:
        self.concepts: tuple[Concept, ...] = tuple(concepts.values())
        self.topics: tuple[Topic, ...] = topics.topics
        self.topic_set = topics
        self.reference = reference
        self.version = version
        self.matcher = matcher_of(self.concepts)
        self._numbers = {concept: number for number, concept in enumerate(concepts)}
        implied = implied_names(concepts)
        self.implied = [frozenset(self._numbers[name] for name in names) for names in implied]
        self._heads = [*self.topics, topics.relevance]
        self.space = FeatureSpace(self.matcher.concepts, [seed for topic in self._heads for seed in self._seeds(topic)])
        self.model = model(self.space)
        self.scorer = Scorer(self.space, self._heads, self.model)
        self._plan = self.space.plan(self.scorer.features)
        self._gates = [self._gate(topic) for topic in self._heads]
        self._passages = PassageSpace(reference.passages, implied)
        self._reasons = Reasons(self.space, self.scorer, topics, self.concepts, self.implied)

    @classmethod
    def from_config(cls, config_dir: Path | None = None, *, model: Model | None = None) -> Self:
        """Load a config folder; what it lacks, and None, means the shipped config.

        Args:
            config_dir: the folder.
            model: use this model and not the folder's ``model.toml``; for training.

        Raises:
            ConfigError: names the file and the key, and what was expected.
        """
        folder = config_dir or shipped.CONFIG
        concepts = load_concepts(find_folder(folder, "concepts"))
        topics = load_topics(find_folder(folder, "topics"), concepts)
        path = find_file(folder, "reference.toml")
        reference = load_reference(path)
        _check_reference(reference, topics.topics, concepts, path, folder)
        file = find_file(folder, "model.toml")

        def load(space: FeatureSpace) -> Model:
            return model or load_model(file, space, strict=file.parent == folder)

        return cls(concepts, topics, reference, config_version(folder), load)

    def with_model(self, model: Model) -> Self:
        """Return a flagger over the same lexicon and topics with other weights."""
        concepts = {concept.id: concept for concept in self.concepts}
        return type(self)(concepts, self.topic_set, self.reference, self.version, lambda _: model)

    def flag(self, title: str, text: str, *, language: str | None = None, home: str | None = None) -> Assessment:
        """Return the topics of an article, its relevance, and the reasons.

        Args:
            title: the headline.
            text: the article, one paragraph per line; may be empty.
            language: not used: all languages are matched at once, because papers mix them.
            home: the source's country, which its texts leave out.
        """
        return self.assess(title, text, self.scored(title, text, home))

    def assess(self, title: str, text: str, scored: Scored) -> Assessment:
        """Return the topics, the relevance and the reasons of an article that is scored."""
        relevance, relevant = self._relevance(scored)
        sums = self._reasons.sums(scored, [*scored.flagged, len(self.topics)])
        positive = sums if relevant else sums[:-1]
        return Assessment(
            relevance=relevance,
            relevant=relevant,
            topics=self._flags(scored),
            evidence=self._reasons.evidence(f"{title}\n{text}", len(title), scored, positive),
            terms=self._reasons.terms(scored, sums),
            passages=self._passages.nearest(scored.hits) if positive else (),
            near_misses=self._near_misses(scored),
            config_version=self.version,
        )

    def concepts_in(self, scored: Scored) -> list[tuple[str, int]]:
        """Return the name and the start of each hit; offsets count in title, line break and text."""
        return [(self.matcher.concepts[number], start) for start, _, number in scored.hits]

    def score(self, title: str, text: str, *, home: str | None = None) -> Score:
        """Do as ``flag`` without the reasons: for comparing many articles."""
        scored = self.scored(title, text, home)
        return Score(*self._relevance(scored), self._flags(scored))

    def read(self, title: str, text: str, home: str | None) -> tuple[list[Span], Reading]:
        """Match an article and grade its concepts."""
        whole = f"{title}\n{text}"
        hits = self.matcher.hits(whole)
        return hits, read(whole, len(title), hits, self.implied, home)

    def scored(self, title: str, text: str, home: str | None) -> Scored:
        """Match and score an article."""
        hits, reading = self.read(title, text, home)
        values = self.space.values(reading, self._plan)
        log_odds = self.scorer.log_odds(values)
        flagged: list[int] = []
        shut: list[int] = []
        for place in range(len(self.topics)):
            if probability(log_odds[place]) >= self.scorer.cuts[place]:
                (flagged if self._gates[place].open(reading) else shut).append(place)
        return Scored(hits, reading, values, log_odds, flagged, shut)

    def _relevance(self, scored: Scored) -> tuple[float, bool]:
        relevance = probability(scored.log_odds[-1])
        return relevance, relevance >= self.scorer.cuts[-1]

    def _flags(self, scored: Scored) -> dict[str, float]:
        return {self.topics[place].id: probability(scored.log_odds[place]) for place in scored.flagged}

    def _near_misses(self, scored: Scored) -> tuple[NearMiss, ...]:
        found: list[NearMiss] = []
        for place, topic in enumerate(self.topics):
            score = probability(scored.log_odds[place])
            if score >= _NEAR and place not in scored.flagged:
                missing = self._reasons.missing(place, scored, shut=place in scored.shut)
                found.append(NearMiss(topic=topic.id, score=score, missing=missing))
        return tuple(found)

    def _seeds(self, topic: Topic) -> list[Seed]:
        return [
            Seed(
                name=f"{topic.id}.{clause.id}",
                items=tuple(self._set(item) for item in clause.all),
                unless=frozenset().union(*(self._set(item) for item in clause.unless)),
                within=clause.within,
            )
            for clause in topic.seed
        ]

    def _gate(self, topic: Topic) -> _Gate:
        return _Gate(
            requires=tuple(self._set(item) for item in topic.requires),
            never=frozenset().union(*(self._set(item) for item in topic.never)),
        )

    def _set(self, item: str) -> frozenset[int | str]:
        return frozenset(self._numbers.get(name, name) for name in self.topic_set.members(item))


def _check_reference(
    reference: Reference, topics: Sequence[Topic], concepts: Mapping[str, Concept], path: Path, folder: Path
) -> None:
    known = {topic.id for topic in topics}
    passages = {passage.id for passage in reference.passages}
    for passage in reference.passages:
        for topic_id in passage.topics:
            if topic_id not in known:
                raise ConfigError(path, f"passage {passage.id} › topics", f"there is no topic “{topic_id}”.")
        for concept in passage.concepts:
            if concept not in concepts:
                raise ConfigError(path, f"passage {passage.id} › concepts", f"there is no concept “{concept}”.")
    for topic in topics:
        for name in topic.passages:
            if name not in passages:
                message = f"there is no passage “{name}” in {path.name}."
                file = find_folder(folder, "topics") / f"{topic.id}.toml"
                raise ConfigError(file if file.exists() else file.parent, f"topic.{topic.id} › passages", message)
