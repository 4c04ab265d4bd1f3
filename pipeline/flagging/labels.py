"""Labelled items: what the model is trained on and judged by, read from JSON lines.

In: files or folders of ``*.jsonl``, one item per line; ``tests/eval/README.md`` describes the fields. A line with
``id`` and ``topics`` only (and ``set``, the name of the file it corrects) overrides the topics of that item: labels can
be corrected without the text. Out: ``LabelledItem``.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError

LOW_CONFIDENCE = 0.3  # weight of an item whose label is borderline


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledItem:
    """An item and its label.

    Attributes:
        set: name of the file it comes from; sets are left out as a whole.
        stream: it was drawn from a real stream, so it counts for the base rate.
        unsure: topics that are neither learned nor scored.
        sure: relevance is scored; not for labels of low confidence.
        weight: in training.
        story: items about one event, never split between training and test.
    """

    id: str
    set: str
    title: str
    text: str
    home: str | None
    language: str
    kind: str
    relevant: bool
    topics: frozenset[str]
    unsure: frozenset[str] = frozenset()
    sure: bool = True
    weight: float = 1.0
    stream: bool = False
    story: str = ""


def read_labels(paths: Iterable[Path], topics: Collection[str], *, stream: Collection[Path] = ()) -> list[LabelledItem]:
    """Read labelled files, corrections applied.

    Args:
        paths: files or folders.
        topics: known topic ids.
        stream: those of the paths that are samples of a real stream.

    Raises:
        ConfigError: names the file and the line, and what was expected.
    """
    items: list[LabelledItem] = []
    corrections: dict[tuple[str, str], dict[str, Any]] = {}
    for path in _files(paths):
        real = any(path == one or one in path.parents for one in stream)
        for number, line in enumerate(_lines(path), 1):
            if not line.strip():
                continue
            row = _row(line, path, number)
            if "relevant" not in row and "title" not in row and "topics" in row:
                _topics(row, topics, path, number)
                corrections[str(row.get("set", "")), str(row.get("id"))] = row
            elif "relevant" in row:
                items.append(_item(row, topics, path, number, stream=real))
    corrected = [_corrected(item, corrections) for item in items]
    _check(corrected)
    return corrected


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        if not inside:
            raise ConfigError(path, "", "has no .jsonl file.")
        found += inside
    return found


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise ConfigError(path, "", f"cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise ConfigError(path, "", "is not UTF-8; save the file as UTF-8.") from None


def _row(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        raise ConfigError(path, f"line {number}", "is not JSON; each line must be one object.") from None
    if not isinstance(row, dict):
        raise ConfigError(path, f"line {number}", "must be a JSON object with the fields of an item.")
    return row


def _item(row: dict[str, Any], topics: Collection[str], path: Path, number: int, *, stream: bool) -> LabelledItem:
    where = f"line {number}"
    for key in ("id", "title"):
        if not isinstance(row.get(key) or "", str) or not (row.get(key) or row.get("text")):
            raise ConfigError(path, where, f"needs “{key}” as text.")
    if row["relevant"] not in (0, 1):
        raise ConfigError(path, where, f"“relevant” must be 0 or 1, not {row['relevant']!r}.")
    labelled, unsure = _topics(row, topics, path, number)
    low = row.get("label_confidence") == "low"
    name = f"{path.stem}-{row['stream']}" if isinstance(row.get("stream"), str) else path.stem
    return LabelledItem(
        id=str(row["id"]),
        set=name,
        title=row.get("title") or "",
        text=row.get("text") or "",
        home=row.get("home") or None,
        language=str(row.get("lang") or ""),
        kind=str(row.get("kind") or ""),
        relevant=bool(row["relevant"]),
        topics=labelled,
        unsure=unsure,
        sure=not low,
        weight=LOW_CONFIDENCE if low else 1.0,
        stream=stream,
        story=str(row.get("story_id") or f"{name}/{row['id']}"),
    )


def _topics(
    row: dict[str, Any], topics: Collection[str], path: Path, number: int
) -> tuple[frozenset[str], frozenset[str]]:
    found: list[frozenset[str]] = []
    for key in ("topics", "topics_unsure"):
        names = row.get(key) or []
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ConfigError(path, f"line {number}", f"“{key}” must be a list of topic ids.")
        for name in names:
            if name not in topics:
                raise ConfigError(path, f"line {number}", f"there is no topic “{name}” in config/topics.")
        found.append(frozenset(names))
    return found[0], found[1]


def _corrected(item: LabelledItem, corrections: dict[tuple[str, str], dict[str, Any]]) -> LabelledItem:
    row = corrections.get((item.set, item.id)) or corrections.get(("", item.id))
    if row is None:
        return item
    return replace(item, topics=frozenset(row["topics"]), unsure=frozenset(row.get("topics_unsure") or ()))


def _check(items: Sequence[LabelledItem]) -> None:
    """Raise for labels that contradict each other: one text, relevant and not."""
    seen: dict[tuple[str, str, str | None], LabelledItem] = {}
    for item in items:
        first = seen.setdefault((item.title, item.text, item.home), item)
        if first.relevant != item.relevant and first.sure and item.sure:
            where = f"{first.set} {first.id} and {item.set} {item.id}"
            problem = "have the same text and contradicting labels; correct one of them."
            raise ConfigError(Path(f"{item.set}.jsonl"), where, problem)
