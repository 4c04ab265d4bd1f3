"""Reads the lexicon and the topics: ``concepts/*.toml`` and ``topics/*.toml``. The format is told in ``docs/editing-topics.md``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline import shipped
from pipeline.errors import ConfigError
from pipeline.settings.reader import convert, load, only_keys

Within = Literal["title", "lead", "sentence", "paragraph", "article"]

LANGUAGES = ("en", "ru", "ko", "ja", "zh")
RELEVANCE = "relevance"
_ID = re.compile(r"[a-z][a-z0-9_]{0,60}")
_HOME = re.compile(r"home:[A-Z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A person, place, body, weapon, project, treaty or term, with its written forms.

    Attributes:
        surfaces: by language, in the grammar of ``docs/editing-topics.md``.
        implies: concepts that a hit of this one counts for too (Putin stands for Russia).
        exceptions: by language, longer literals inside which a surface does not count.
    """

    id: str
    name: str
    kind: str
    qid: str | None
    surfaces: Mapping[str, tuple[str, ...]]
    implies: tuple[str, ...]
    exceptions: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _ConceptTable:
    name: str
    kind: str
    qid: str | None = None
    en: tuple[str, ...] = ()
    ru: tuple[str, ...] = ()
    ko: tuple[str, ...] = ()
    ja: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()
    except_: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One weighted condition: every item of ``all`` and one item of ``any`` must stand ``within`` one unit of the text.

    Attributes:
        id: unique in its topic; evidence and terms name it.
        all, any: concepts, alternatives joined by ``|``; ``home:KR`` stands for a source whose home is Korea.
        unless: concepts that keep the clause from firing when they stand in the same unit.
        unless_anywhere: likewise, anywhere in the article.
        within: title, lead (title and the first lines), sentence, paragraph or article.
        weight: what it adds to the topic's sum; may be negative.
        times: units in which it must hold.
    """

    id: str
    weight: float
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    unless_anywhere: tuple[str, ...] = ()
    within: Within = "sentence"
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What is watched: a sum of clauses against a threshold; ``relevance`` is written in the same way.

    Attributes:
        order: place in the queue's list.
        colour: for the review page, ``#rrggbb``.
        passages: passages of the reference that it stands for.
        threshold: the sum at which it is flagged; the score is the logistic of the sum's distance from it.
    """

    id: str
    title: str
    threshold: float
    clause: tuple[Clause, ...]
    description: str = ""
    order: int = 0
    colour: str = "#777777"
    passages: tuple[str, ...] = ()


def folder_of(folder: Path | None, name: str) -> Path:
    """``concepts`` or ``topics`` of a config folder, or the shipped one where the folder has none."""
    own = (folder or shipped.CONFIG) / name
    return own if own.is_dir() else shipped.CONFIG / name


def files_of(folder: Path | None) -> list[Path]:
    """Every file that the flags depend on, in a stable order."""
    found = sorted(folder_of(folder, "concepts").glob("*.toml")) + sorted(folder_of(folder, "topics").glob("*.toml"))
    own = (folder or shipped.CONFIG) / "reference.toml"
    return [*found, own if own.exists() else shipped.CONFIG / "reference.toml"]


def load_concepts(folder: Path) -> dict[str, Concept]:
    """Read every concept.

    Raises:
        ConfigError: names the file and the concept, and what was expected.
    """
    concepts: dict[str, Concept] = {}
    origin: dict[str, Path] = {}
    for path in sorted(folder.glob("*.toml")):
        data = load(path)
        only_keys(data, ("concept",), file=path)
        for name, table in _named_tables(data, "concept", path):
            if name in concepts:
                raise ConfigError(
                    path, f"concept.{name}", f"is already in {origin[name].name}; give one of them another id."
                )
            concepts[name] = _concept(name, table, path)
            origin[name] = path
    if not concepts:
        raise ConfigError(folder, "", "has no concepts; expected files with tables [concept.ID].")
    for concept in concepts.values():
        for target in concept.implies:
            if target not in concepts:
                raise ConfigError(
                    origin[concept.id], f"concept.{concept.id} › implies", f"there is no concept “{target}”."
                )
    return concepts


def _concept(name: str, table: dict[str, Any], path: Path) -> Concept:
    key = f"concept.{name}"
    read = convert(table, _ConceptTable, file=path, key=key)
    for language in read.except_:
        if language not in LANGUAGES:
            raise ConfigError(path, f"{key} › except.{language}", f"must be one of {', '.join(LANGUAGES)}.")
    if read.qid is not None and not re.fullmatch(r"Q[1-9]\d*", read.qid):
        raise ConfigError(path, f"{key} › qid", "must be a Wikidata id such as Q23, or be left out.")
    return Concept(
        id=name,
        name=read.name,
        kind=read.kind,
        qid=read.qid,
        surfaces={language: getattr(read, language) for language in LANGUAGES if getattr(read, language)},
        implies=read.implies,
        exceptions=read.except_,
    )


def load_topics(folder: Path, concepts: Mapping[str, Concept]) -> tuple[Topic, ...]:
    """Read every topic and the relevance rule, the topics in their order and ``relevance`` last.

    Raises:
        ConfigError: names the file, the topic and the clause, and what was expected.
    """
    topics: dict[str, Topic] = {}
    for path in sorted(folder.glob("*.toml")):
        data = load(path)
        only_keys(data, ("topic",), file=path)
        for name, table in _named_tables(data, "topic", path):
            if name in topics:
                raise ConfigError(path, f"topic.{name}", "stands in another file already; a topic has one.")
            topic = convert({"id": name, **table}, Topic, file=path, key=f"topic.{name}")
            _check_topic(topic, concepts, path)
            topics[name] = topic
    if RELEVANCE not in topics:
        raise ConfigError(folder, f"topic.{RELEVANCE}", "is missing; it says what the queue is sorted by.")
    rest = [topic for topic in topics.values() if topic.id != RELEVANCE]
    return (*sorted(rest, key=lambda topic: (topic.order, topic.id)), topics[RELEVANCE])


def _named_tables(data: Mapping[str, Any], name: str, path: Path) -> list[tuple[str, dict[str, Any]]]:
    group = data.get(name, {})
    if not isinstance(group, dict):
        raise ConfigError(path, name, f"must be written as tables: [{name}.ID].")
    for key, table in group.items():
        if not _ID.fullmatch(key):
            raise ConfigError(path, f"{name}.{key}", "must be lower-case letters, digits and _, such as kim_jong_un.")
        if not isinstance(table, dict):
            raise ConfigError(path, f"{name}.{key}", f"must be written as a table: [{name}.{key}].")
    return list(group.items())


def _check_topic(topic: Topic, concepts: Mapping[str, Concept], path: Path) -> None:
    key = f"topic.{topic.id}"
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", topic.colour):
        raise ConfigError(path, f"{key} › colour", "must be written as #rrggbb.")
    seen: set[str] = set()
    for clause in topic.clause:
        where = f"{key} › clause “{clause.id}”"
        if clause.id in seen:
            raise ConfigError(path, where, "stands there twice; each clause needs an id of its own.")
        seen.add(clause.id)
        if not clause.all and not clause.any:
            raise ConfigError(path, where, "can never fire: it has neither “all” nor “any”.")
        if clause.times < 1:
            raise ConfigError(path, f"{where} › times", "must be 1 or more.")
        for item in (*clause.all, *clause.any, *clause.unless, *clause.unless_anywhere):
            for name in item.split("|"):
                _check_name(name, concepts, path, where)
    if topic.threshold > sum(max(clause.weight, 0.0) for clause in topic.clause):
        raise ConfigError(path, f"{key} › threshold", "can never be reached: the positive weights add up to less.")


def _check_name(name: str, concepts: Mapping[str, Concept], path: Path, where: str) -> None:
    if name not in concepts and not name.startswith("topic:") and not _HOME.fullmatch(name):
        import difflib

        near = difflib.get_close_matches(name, concepts, n=1)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        raise ConfigError(path, where, f"there is no concept “{name}”.{hint}")
