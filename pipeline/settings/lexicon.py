"""Reads the lexicon and the topics: ``concepts/*.toml`` and ``topics/*.toml``.

The format is told in ``docs/editing-topics.md``.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, field

from pipeline.errors import ConfigError
from pipeline.settings.reader import convert, load, only_keys

Within = Literal["title", "lead", "focus", "sentence", "paragraph", "article"]

LANGUAGES = ("en", "ru", "ko", "ja", "zh")
RELEVANCE = "relevance"
MOST_TIMES = 1000  # units in which a clause may have to hold
_ID = re.compile(r"[a-z][a-z0-9_]{0,60}")
_HOME = re.compile(r"home:[A-Z]{2}")
_TOPIC = "topic:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A person, place, body, weapon, project, treaty or term, with its written forms.

    Attributes:
        surfaces: by language, in the grammar of ``docs/editing-topics.md``.
        implies: concepts that a hit of this one counts for too (Putin stands for Russia).
        exceptions: by language, longer literals inside which a surface does not count.
        file: where it stands, for messages.
    """

    id: str
    name: str
    kind: str
    qid: str | None
    surfaces: Mapping[str, tuple[str, ...]]
    implies: tuple[str, ...]
    exceptions: Mapping[str, tuple[str, ...]]
    file: Path


class _ConceptTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"except_": "except"}):
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


class Clause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One weighted condition: every item of ``all`` and one item of ``any`` must stand ``within`` one unit of the text.

    Attributes:
        id: unique in its topic; evidence and terms name it.
        all, any: concepts, alternatives joined by ``|``; ``home:KR`` stands for a source whose home is Korea.
        unless: concepts that keep the clause from firing when they stand in the same unit.
        unless_anywhere: likewise, anywhere in the article.
        within: title; lead (title and the first lines); sentence; paragraph; article; or focus: one sentence of the
            title or the lead, or several further down (``pipeline.flagging.units``).
        weight: what it adds to the topic's sum; may be negative.
        times: units in which it must hold.
    """

    id: str
    weight: float
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    unless_anywhere: tuple[str, ...] = ()
    within: Within = "focus"
    times: int = 1


class Topic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSet:
    """All of ``topics/*.toml``.

    Attributes:
        topics: in their order.
        groups: names for sets of concepts, each with its concepts.
    """

    topics: tuple[Topic, ...]
    relevance: Topic
    groups: Mapping[str, tuple[str, ...]]


def load_concepts(folder: Path) -> dict[str, Concept]:
    """Read every concept.

    Raises:
        ConfigError: names the file and the concept, and what was expected.
    """
    concepts: dict[str, Concept] = {}
    for path in sorted(folder.glob("*.toml")):
        data = load(path)
        only_keys(data, ("concept",), file=path)
        for name, table in _named_tables(data, "concept", path):
            if name in concepts:
                said = f"is already in {concepts[name].file.name}; give one of them another id."
                raise ConfigError(path, f"concept.{name}", said)
            concepts[name] = _concept(name, table, path)
    if not concepts:
        raise ConfigError(folder, "", "has no concepts; expected files with tables [concept.ID].")
    for concept in concepts.values():
        for target in concept.implies:
            if target not in concepts:
                raise ConfigError(concept.file, f"concept.{concept.id} › implies", f"there is no concept “{target}”.")
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
        file=path,
    )


def load_topics(folder: Path, concepts: Mapping[str, Concept]) -> TopicSet:
    """Read every topic, the relevance rule and the groups.

    Raises:
        ConfigError: names the file, the topic and the clause, and what was expected.
    """
    files = [(path, load(path)) for path in sorted(folder.glob("*.toml"))]
    for path, data in files:
        only_keys(data, ("topic", "group"), file=path)
    groups = _groups(files, concepts)
    known = {*concepts, *groups}
    topics: dict[str, Topic] = {}
    for path, data in files:
        for name, table in _named_tables(data, "topic", path):
            if name in topics:
                raise ConfigError(path, f"topic.{name}", "stands in another file already; a topic has one.")
            topics[name] = convert({"id": name, **table}, Topic, file=path, key=f"topic.{name}")
            _check_topic(topics[name], known, path)
    if RELEVANCE not in topics:
        raise ConfigError(folder, f"topic.{RELEVANCE}", "is missing; it says what the queue is sorted by.")
    _check_mentions(topics, folder)
    rest = [topic for topic in topics.values() if topic.id != RELEVANCE]
    return TopicSet(
        topics=tuple(sorted(rest, key=lambda topic: (topic.order, topic.id))),
        relevance=topics[RELEVANCE],
        groups=groups,
    )


def _groups(files: list[tuple[Path, dict[str, Any]]], concepts: Mapping[str, Concept]) -> dict[str, tuple[str, ...]]:
    """Every group with its concepts; groups inside groups are opened."""
    written: dict[str, tuple[Path, list[str]]] = {}
    for path, data in files:
        table = data.get("group", {})
        if not isinstance(table, dict):
            raise ConfigError(path, "group", "must be written as a table: [group].")
        for name, members in table.items():
            key = f"group.{name}"
            if not _ID.fullmatch(name) or name in concepts or name in written:
                raise ConfigError(path, key, "must have a name of its own, which no concept or group has already.")
            if not isinstance(members, list) or not members or not all(isinstance(member, str) for member in members):
                raise ConfigError(path, key, "must be a list of concepts in quotes.")
            written[name] = (path, members)
    known = {*concepts, *written}
    opened: dict[str, tuple[str, ...]] = {}
    for name, (path, members) in written.items():
        for member in members:
            _check_name(member, known, path, f"group.{name}")
            if member.startswith(_TOPIC):
                raise ConfigError(path, f"group.{name}", f"may hold concepts and homes only, not “{member}”.")
        opened[name] = tuple(_open(name, written, (), path))
    return opened


def _open(name: str, written: Mapping[str, tuple[Path, list[str]]], inside: tuple[str, ...], path: Path) -> list[str]:
    if name in inside:
        raise ConfigError(path, f"group.{name}", "holds itself; take it out of its own members.")
    found: dict[str, None] = {}
    for member in written[name][1]:
        found |= dict.fromkeys(_open(member, written, (*inside, name), path) if member in written else [member])
    return list(found)


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


def _check_topic(topic: Topic, known: Collection[str], path: Path) -> None:
    key = f"topic.{topic.id}"
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", topic.colour):
        raise ConfigError(path, f"{key} › colour", "must be written as #rrggbb.")
    if not math.isfinite(topic.threshold):
        raise ConfigError(path, f"{key} › threshold", "must be a finite number.")
    seen: set[str] = set()
    for clause in topic.clause:
        where = f"{key} › clause “{clause.id}”"
        if clause.id in seen:
            raise ConfigError(path, where, "stands there twice; each clause needs an id of its own.")
        seen.add(clause.id)
        _check_clause(clause, known, path, where)
    if topic.threshold > sum(max(clause.weight, 0.0) for clause in topic.clause):
        raise ConfigError(path, f"{key} › threshold", "can never be reached: the positive weights add up to less.")


def _check_clause(clause: Clause, known: Collection[str], path: Path, where: str) -> None:
    if not clause.all and not clause.any:
        raise ConfigError(path, where, "can never fire: it has neither “all” nor “any”.")
    if not math.isfinite(clause.weight):
        raise ConfigError(path, f"{where} › weight", "must be a finite number.")
    if not 1 <= clause.times <= MOST_TIMES:
        raise ConfigError(path, f"{where} › times", f"must be from 1 to {MOST_TIMES}.")
    if clause.times > 1 and clause.within in ("title", "lead", "article"):
        raise ConfigError(path, f"{where} › times", f"can never fire: an article has one {clause.within}.")
    for item in (*clause.all, *clause.any, *clause.unless, *clause.unless_anywhere):
        for name in item.split("|"):
            _check_name(name, known, path, where)
    _check_topics(clause, path, where)
    against = {name for item in (*clause.unless, *clause.unless_anywhere) for name in item.split("|")}
    for item in clause.all or (clause.any if len(clause.any) == 1 else ()):
        if against.issuperset(item.split("|")):
            raise ConfigError(path, where, f"can never fire: it needs “{item}”, and “unless” forbids the same.")


def _check_topics(clause: Clause, path: Path, where: str) -> None:
    """A clause asks for topics in items of their own, and forbids none."""
    for item in (*clause.all, "|".join(clause.any)):
        if len({name.startswith(_TOPIC) for name in item.split("|")}) > 1:
            raise ConfigError(path, where, f"asks for a topic or a concept in “{item}”; write a clause for each.")
    for item in (*clause.unless, *clause.unless_anywhere):
        if item.startswith(_TOPIC) or f"|{_TOPIC}" in item:
            raise ConfigError(path, where, f"may not forbid “{item}”: “unless” speaks of concepts only.")
    if clause.unless and all(item.startswith(_TOPIC) for item in (*clause.all, *clause.any)):
        raise ConfigError(path, where, "asks for topics only, which stand in no unit; write “unless_anywhere”.")


def _check_mentions(topics: Mapping[str, Topic], folder: Path) -> None:
    """Only relevance may ask for topics, and only for those that are there."""
    for topic in topics.values():
        for clause in topic.clause:
            for item in (*clause.all, *clause.any):
                for name in item.split("|"):
                    if not name.startswith(_TOPIC):
                        continue
                    where = f"topic.{topic.id} › clause “{clause.id}”"
                    if topic.id != RELEVANCE:
                        raise ConfigError(folder, where, "may not ask for a topic; only relevance may.")
                    if name.removeprefix(_TOPIC) not in topics:
                        raise ConfigError(folder, where, f"there is no topic “{name.removeprefix(_TOPIC)}”.")


def _check_name(name: str, known: Collection[str], path: Path, where: str) -> None:
    if name not in known and not name.startswith(_TOPIC) and not _HOME.fullmatch(name):
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        raise ConfigError(path, where, f"there is no concept or group “{name}”.{hint}")
