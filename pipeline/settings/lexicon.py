"""The lexicon: concepts with their surfaces, read from ``concepts/*.toml``.

``docs/editing-topics.md`` describes the format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from pipeline.errors import ConfigError
from pipeline.settings.reader import convert, load, only_keys

LANGUAGES = ("en", "ru", "ko", "ja", "zh")
ID = re.compile(r"[a-z][a-z0-9_]{0,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A person, place, body, weapon, project, treaty or term, with its written forms.

    Attributes:
        surfaces: by language, in the grammar of ``docs/editing-topics.md``.
        implies: concepts that a hit of this one counts for too (Putin implies Russia).
        exceptions: by language, longer literals inside which a surface does not count.
        file: the file that defines it, for messages.
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


def load_concepts(folder: Path) -> dict[str, Concept]:
    """Read every concept.

    Raises:
        ConfigError: names the file and the concept, and what was expected.
    """
    concepts: dict[str, Concept] = {}
    for path in sorted(folder.glob("*.toml")):
        data = load(path)
        only_keys(data, ("concept",), file=path)
        for name, table in named_tables(data, "concept", path):
            if name in concepts:
                message = f"is already in {concepts[name].file.name}; give one of them another id."
                raise ConfigError(path, f"concept.{name}", message)
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


def named_tables(data: Mapping[str, Any], name: str, path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return the tables ``[NAME.ID]`` of a file with their ids.

    Raises:
        ConfigError: something under ``name`` is no table, or an id is not in lower-case letters, digits and _.
    """
    group = data.get(name, {})
    if not isinstance(group, dict):
        raise ConfigError(path, name, f"must be written as tables: [{name}.ID].")
    for key, table in group.items():
        if not ID.fullmatch(key):
            raise ConfigError(path, f"{name}.{key}", "must be lower-case letters, digits and _, such as kim_jong_un.")
        if not isinstance(table, dict):
            raise ConfigError(path, f"{name}.{key}", f"must be written as a table: [{name}.{key}].")
    return list(group.items())
