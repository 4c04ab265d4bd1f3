"""Topics: what analysts watch, read from ``topics/*.toml``; relevance and groups of concepts stand in the same folder.

``docs/editing-topics.md`` describes the format.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from pipeline.errors import ConfigError
from pipeline.settings.codes import COUNTRIES
from pipeline.settings.lexicon import ID, Concept, named_tables
from pipeline.settings.reader import convert, load, only_keys

Within = Literal["sentence", "front", "article"]

RELEVANCE = "relevance"
MOST_SEEDS = 5
HOME = re.compile(r"home:[A-Z]{2}")
_LARGEST = 20.0  # a weight beyond it makes a probability of 0 or 1
_CLAUSE_ID = re.compile(r"[a-z][a-z0-9-]{0,40}")


class SeedClause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A readable clause: the prior of the topic's model, and all that a topic without labels is flagged by.

    Attributes:
        id: unique in its topic; terms and evidence name it.
        all: concepts or groups, alternatives joined by ``|``; ``home:KR`` means a source whose home is KR.
        unless: the clause does not hold beside these.
        within: the items stand in one sentence, in front (title and lead), or anywhere in the article.
        weight: log-odds added where it holds in the title; less further down.
    """

    id: str
    all: tuple[str, ...]
    unless: tuple[str, ...] = ()
    within: Within = "sentence"
    weight: float = 3.5


class Topic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is watched.

    Attributes:
        order: position in the list of topics.
        colour: for the review page, ``#rrggbb``.
        passages: passages of the reference that the topic represents.
        requires: of each item one concept must occur in the article, or the topic is never flagged.
        never: the topic is never flagged where one of these occurs in the title.
        seed: at most ``MOST_SEEDS`` clauses.
    """

    id: str
    title: str
    seed: tuple[SeedClause, ...]
    description: str = ""
    order: Annotated[int, Meta(ge=-10_000, le=10_000)] = 0
    colour: str = "#777777"
    passages: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSet:
    """All of ``topics/*.toml``.

    Attributes:
        topics: in their order, without relevance.
        groups: names for sets of concepts, each with its concepts.
    """

    topics: tuple[Topic, ...]
    relevance: Topic
    groups: Mapping[str, tuple[str, ...]]

    def members(self, item: str) -> tuple[str, ...]:
        """Return the concepts and homes that an item of a clause stands for: ``north_korea|kims``."""
        names = [member for name in item.split("|") for member in self.groups.get(name, (name,))]
        return tuple(dict.fromkeys(names))


def load_topics(folder: Path, concepts: Mapping[str, Concept]) -> TopicSet:
    """Read every topic, relevance and the groups.

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
        for name, table in named_tables(data, "topic", path):
            if name in topics:
                raise ConfigError(path, f"topic.{name}", "is already in another file; a topic has one file.")
            topics[name] = convert({"id": name, **table}, Topic, file=path, key=f"topic.{name}")
            _check_topic(topics[name], known, path)
    if RELEVANCE not in topics:
        raise ConfigError(folder, f"topic.{RELEVANCE}", "is missing; the queue is sorted by it.")
    rest = [topic for topic in topics.values() if topic.id != RELEVANCE]
    return TopicSet(
        topics=tuple(sorted(rest, key=lambda topic: (topic.order, topic.id))),
        relevance=topics[RELEVANCE],
        groups=groups,
    )


def load_topic_ids(folder: Path) -> frozenset[str]:
    """Return the ids of all topics, for files that name topics. ``load_topics`` reports the mistakes of the folder."""
    ids: set[str] = set()
    for file in sorted(folder.glob("*.toml")):
        with suppress(ConfigError):
            topics = load(file).get("topic")
            ids |= topics.keys() if isinstance(topics, dict) else set()
    return frozenset(ids)


def _groups(files: list[tuple[Path, dict[str, Any]]], concepts: Mapping[str, Concept]) -> dict[str, tuple[str, ...]]:
    """Every group with its concepts; groups inside groups are expanded."""
    written: dict[str, tuple[Path, list[str]]] = {}
    for path, data in files:
        table = data.get("group", {})
        if not isinstance(table, dict):
            raise ConfigError(path, "group", "must be written as a table: [group].")
        for name, members in table.items():
            key = f"group.{name}"
            if not ID.fullmatch(name) or name in concepts or name in written:
                raise ConfigError(path, key, "must have a name that no concept or other group has.")
            if not isinstance(members, list) or not members or not all(isinstance(member, str) for member in members):
                raise ConfigError(path, key, "must be a list of concepts in quotes.")
            written[name] = (path, members)
    known = {*concepts, *written}
    for name, (path, members) in written.items():
        for member in members:
            check_name(member, known, path, f"group.{name}")
    return {name: tuple(_expand(name, written, (), path)) for name, (path, _) in written.items()}


def _expand(name: str, written: Mapping[str, tuple[Path, list[str]]], inside: tuple[str, ...], path: Path) -> list[str]:
    if name in inside:
        raise ConfigError(path, f"group.{name}", "contains itself; remove it from its own members.")
    found: dict[str, None] = {}
    for member in written[name][1]:
        found |= dict.fromkeys(_expand(member, written, (*inside, name), path) if member in written else [member])
    return list(found)


def _check_topic(topic: Topic, known: Collection[str], path: Path) -> None:
    key = f"topic.{topic.id}"
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", topic.colour):
        raise ConfigError(path, f"{key} › colour", "must be written as #rrggbb.")
    if len(topic.seed) > MOST_SEEDS:
        raise ConfigError(path, f"{key} › seed", f"has {len(topic.seed)} clauses; {MOST_SEEDS} are the most.")
    for part, items in (("requires", topic.requires), ("never", topic.never)):
        for item in items:
            for name in item.split("|"):
                check_name(name, known, path, f"{key} › {part}")
    seen: set[str] = set()
    for clause in topic.seed:
        where = f"{key} › seed “{clause.id}”"
        if clause.id in seen:
            raise ConfigError(path, where, "is there twice; each clause needs an id of its own.")
        seen.add(clause.id)
        _check_clause(clause, known, path, where)


def _check_clause(clause: SeedClause, known: Collection[str], path: Path, where: str) -> None:
    if not _CLAUSE_ID.fullmatch(clause.id):
        raise ConfigError(path, f"{where} › id", "must be lower-case letters, digits and hyphens, such as in-korea.")
    if not clause.all:
        raise ConfigError(path, where, "can never hold: “all” is empty.")
    if not (math.isfinite(clause.weight) and 0 < abs(clause.weight) <= _LARGEST):
        raise ConfigError(path, f"{where} › weight", f"must be a number other than 0, at most {_LARGEST:g}.")
    for item in (*clause.all, *clause.unless):
        for name in item.split("|"):
            check_name(name, known, path, where)
    against = {name for item in clause.unless for name in item.split("|")}
    for item in clause.all:
        if against.issuperset(item.split("|")):
            raise ConfigError(path, where, f"can never hold: it needs “{item}”, and “unless” excludes the same.")


def check_name(name: str, known: Collection[str], path: Path, where: str) -> None:
    """Raise ``ConfigError`` for a name that is neither a concept, a group nor a home country."""
    if name not in known and not (HOME.fullmatch(name) and name[5:] in COUNTRIES):
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        raise ConfigError(path, where, f"there is no concept or group “{name}”.{hint}")
