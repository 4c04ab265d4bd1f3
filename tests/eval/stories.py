"""Judges how articles are joined into stories: ``python -m tests.eval.stories``.

In: ``stories.toml``, tellings of invented events in three languages, with other events on the same subjects in the same
days. Out: precision and recall over the pairs of articles within the time; ``--misses`` prints each wrong pair.
Thresholds were set on these very tellings.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from zlib import crc32

from pipeline.flagging import Flagger
from pipeline.model import Signature
from pipeline.stories import WINDOW, RecentArticles, Similarity, compare, sign

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Telling:
    """An article with its label."""

    story: str
    title: str
    signature: Signature


def tellings(flagger: Flagger) -> list[Telling]:
    """The labelled articles."""
    rows = tomllib.loads((_HERE / "stories.toml").read_text(encoding="utf-8"))["telling"]
    return [
        _telling(
            flagger, at, row["story"], row["title"], row["text"].strip(), row["language"], row["at"], row["source"]
        )
        for at, row in enumerate(rows, 1)
    ]


def _telling(
    flagger: Flagger, at: int, story: str, title: str, text: str, language: str, when: str, source: str
) -> Telling:
    said = flagger.flag(title, text, language=language, home={"ko": "KR", "ru": "RU"}.get(language))
    signature = sign(
        at,
        source=crc32(source.encode()),
        at=datetime.fromisoformat(when).timestamp(),
        language=language,
        title=title,
        text=text,
        evidence=((one.concept, one.field, one.start) for one in said.evidence),
    )
    return Telling(story, title, signature)


def pairs(told: Iterable[Telling], kinds: dict[str, str]) -> list[tuple[Telling, Telling, Similarity]]:
    """Every pair within the time, with its likeness."""
    told = list(told)
    recent = RecentArticles(kinds)
    for one in told:
        recent.add(one.signature)
    near = WINDOW.total_seconds()
    return [
        (one, other, compare(one.signature, other.signature, recent.weigh))
        for one, other in combinations(told, 2)
        if abs(one.signature.at - other.signature.at) <= near
    ]


def figures(judged: Iterable[tuple[Telling, Telling, Similarity]]) -> tuple[float, float, int, int, int]:
    """Precision, recall, right joins, wrong joins, missed."""
    right = wrong = missed = 0
    for one, other, like in judged:
        joined, same = like.one_event, one.story == other.story
        right += joined and same
        wrong += joined and not same
        missed += same and not joined
    return right / max(right + wrong, 1), right / max(right + missed, 1), right, wrong, missed


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", action="store_true")
    arguments = parser.parse_args()
    flagger = Flagger.from_config()
    kinds = {concept.id: concept.kind for concept in flagger.concepts}
    judged = pairs(tellings(flagger), kinds)
    precision, recall, right, wrong, missed = figures(judged)
    print(  # noqa: T201
        f"{len(judged)} pairs: precision {precision:.3f}, recall {recall:.3f};"
        f" right {right}, wrong {wrong}, missed {missed}"
    )
    if arguments.misses:
        for one, other, like in judged:
            if like.one_event != (one.story == other.story):
                print(f"\n{like}\n  {one.story}: {one.title}\n  {other.story}: {other.title}")  # noqa: T201


if __name__ == "__main__":
    main()
