"""Judges the flags against labelled items: ``python -m tests.eval.flagging ITEMS.jsonl [--config DIR]``.

In: items as ``tests/eval/README.md`` describes them. Out, on the terminal: precision, recall, F1 and average precision
of relevance, over all and by language and kind; the same for topics, one by one and micro-averaged, by language too.
Items of low label confidence are left out unless ``--with-low``; ``--split open`` takes a part of our own set.
``--misses`` prints each wrong item with its terms.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.flagging import Flagger
from pipeline.flagging.figures import Counts, average_precision, count
from pipeline.model import Assessment


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A labelled item and what the flagger said of it."""

    label: dict[str, Any]
    said: Assessment

    @property
    def wanted(self) -> bool:
        """Whether the label says relevant."""
        return bool(self.label["relevant"])


def judge(flagger: Flagger, labels: Iterable[dict[str, Any]]) -> list[Item]:
    """Flag every item."""
    return [
        Item(
            label=label,
            said=flagger.flag(
                label.get("title") or "", label.get("text") or "", language=label["lang"], home=label.get("home")
            ),
        )
        for label in labels
    ]


def relevance(items: Sequence[Item]) -> tuple[Counts, float]:
    """The figures of relevance, and its average precision."""
    return (
        count((item.wanted, item.said.relevant) for item in items),
        average_precision((item.said.relevance, item.wanted) for item in items),
    )


def topics(items: Iterable[Item], names: Iterable[str]) -> Counts:
    """The figures over pairs of item and topic; pairs that the label calls unsure are left out."""
    names = tuple(names)
    return count(
        (name in item.label["topics"], name in item.said.topics)
        for item in items
        for name in names
        if name not in item.label.get("topics_unsure", ())
    )


def report(items: Sequence[Item], names: Sequence[str]) -> str:
    """The tables, as text."""
    lines = ["relevance               P      R      F1     AP       n  wanted"]
    parts = [("all", list(items))]
    parts += [(lang, [i for i in items if i.label["lang"] == lang]) for lang in ("en", "ru", "ko")]
    kinds = sorted({item.label["kind"] for item in items})
    parts += [(kind, [i for i in items if i.label["kind"] == kind]) for kind in kinds]
    for name, part in parts:
        found, ap = relevance(part)
        wanted = sum(item.wanted for item in part)
        figures = f"{found.precision:6.3f} {found.recall:6.3f} {found.f1:6.3f} {ap:6.3f}"
        lines.append(f"{name:20s} {figures} {len(part):7d} {wanted:7d}")
    lines += ["", "topics                  P      R      F1  wanted"]
    rows = [(name, topics(items, (name,))) for name in names]
    rows.append(("micro", topics(items, names)))
    rows += [(f"micro {name}", topics(part, names)) for name, part in parts[1:]]
    for name, found in rows:
        wanted = found.tp + found.fn
        lines.append(f"{name:20s} {found.precision:6.3f} {found.recall:6.3f} {found.f1:6.3f} {wanted:7d}")
    return "\n".join(lines)


def misses(items: Iterable[Item]) -> str:
    """Each item whose relevance or topics are wrong, with its sum."""
    lines: list[str] = []
    for item in items:
        label, said = item.label, item.said
        lost = [t for t in label["topics"] if t not in said.topics and t not in label.get("topics_unsure", ())]
        more = [t for t in said.topics if t not in label["topics"] and t not in label.get("topics_unsure", ())]
        if item.wanted == said.relevant and not lost and not more:
            continue
        mark = "ok" if item.wanted == said.relevant else "FALSE POSITIVE" if said.relevant else "MISSED"
        lines.append(
            f"{mark} {said.relevance:.2f} {label['lang']} {label['kind']} home={label.get('home')} {label['id']} | "
            f"{label.get('title') or ''} | {(label.get('text') or '')[:140]!r}"
        )
        if lost or more:
            lines.append(f"    topics lost: {', '.join(lost) or '-'}; too many: {', '.join(more) or '-'}")
        lines.append(
            "    "
            + " ".join(
                f"{term.topic}/{term.clause}{term.weight:+.1f}" for term in said.terms if term.clause != "threshold"
            )
        )
    return "\n".join(lines)


def main() -> None:
    """Read the arguments, judge, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.eval.flagging", description=__doc__.partition(":")[0])
    parser.add_argument("items", type=Path, help="labelled items, one JSON object a line")
    parser.add_argument("--config", type=Path, help="config folder; without it the shipped one")
    parser.add_argument("--split", choices=("open", "held"), help="only this part of our own set")
    parser.add_argument("--with-low", action="store_true", help="score items of low label confidence too")
    parser.add_argument("--misses", action="store_true", help="print each wrong item")
    arguments = parser.parse_args()
    labels = [json.loads(line) for line in arguments.items.read_text(encoding="utf-8").splitlines() if line.strip()]
    if arguments.split:
        labels = [label for label in labels if label.get("split") == arguments.split]
    if not arguments.with_low:
        labels = [label for label in labels if label.get("label_confidence") != "low"]
    try:
        flagger = Flagger.from_config(arguments.config)
    except ConfigError as error:
        parser.error(str(error))
    items = judge(flagger, labels)
    if arguments.misses:
        print(misses(items))  # noqa: T201
    print(report(items, [topic.id for topic in flagger.topics]))  # noqa: T201


if __name__ == "__main__":
    main()
