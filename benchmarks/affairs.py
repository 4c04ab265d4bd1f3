"""Figures of affairs, the level above events: ``python -m benchmarks.affairs``.

The labelled affairs of ``tests/eval/story_affairs.toml`` are moved so that so many of them happen in the same days,
since affairs that are weeks apart are no test. Their events with at least two articles are given, as stories are; pairs
of events in one affair are judged. The threshold was chosen on this set, so the figures are not out of sample.
"""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime
from itertools import combinations
from pathlib import Path

from pipeline.flagging import Flagger
from pipeline.stories import load_model, sign
from pipeline.stories.affairs import Outline, find_affair, outline

_FILE = Path(__file__).parents[1] / "tests" / "eval" / "story_affairs.toml"
_DAY = 86_400.0


def events() -> list[tuple[int, Outline]]:
    """Return each event with the number of its affair; times count from the affair's first article."""
    flagger, model = Flagger.from_config(), load_model()
    found: list[tuple[int, Outline]] = []
    for affair, table in enumerate(tomllib.loads(_FILE.read_text(encoding="utf-8"))["affair"]):
        times: dict[str, list[float]] = defaultdict(list)
        concepts: dict[str, Counter[str]] = defaultdict(Counter)
        for event, language, _, time, title, text in table["tellings"]:
            at = datetime.fromisoformat(f"2026-{time}Z")
            hits = flagger.concepts_in(flagger.scored(title, text, None))
            times[event].append(at.timestamp())
            concepts[event].update(sign(title, text, language, hits, year=at.year, model=model).concepts)
        start = min(min(own) for own in times.values())
        for event, own in times.items():
            if event != "-" and len(own) > 1:
                shares = {concept: count / len(own) for concept, count in concepts[event].items()}
                found.append((affair, outline(len(found), shares, min(own) - start, max(own) - start, model)))
    return found


def group(items: list[tuple[int, Outline]]) -> dict[int, int]:
    """Place the events one by one, and return the affair of each."""
    affairs: dict[int, list[Outline]] = {}
    placed: dict[int, int] = {}
    for _, story in sorted(items, key=lambda item: item[1].first):
        kinship = find_affair(story, affairs)
        affair = kinship.affair if kinship else story.id
        affairs.setdefault(affair, []).append(story)
        placed[story.id] = affair
    return placed


def main() -> None:
    items = events()
    print("| affairs in the same days | precision | recall | pairs |\n| --- | --- | --- | --- |")
    for at_once in (1, 3, 5):
        moved = [
            (affair, replace(one, first=one.first + shift, last=one.last + shift))
            for affair, one in items
            if (shift := affair // at_once * 40 * _DAY) is not None
        ]
        placed = group(moved)
        pairs = [(a[0] == b[0], placed[a[1].id] == placed[b[1].id]) for a, b in combinations(moved, 2)]
        right = sum(same and joined for same, joined in pairs)
        joined, same = sum(joined for _, joined in pairs), sum(same for same, _ in pairs)
        print(f"| {at_once} | {right / max(joined, 1):.2f} | {right / max(same, 1):.2f} | {same} |")


if __name__ == "__main__":
    main()
