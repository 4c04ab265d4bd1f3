"""Judges how articles are joined into stories, by the code that joins them in a cycle.

    python -m tests.eval.stories                  # the figures of the labelled tellings in this repository
    python -m tests.eval.stories --misses         # with each wrong pair
    python -m tests.eval.stories FILE --json      # the stories of other articles

FILE has lines ``{id, lang, home, source, at, title, text}`` in order of time; ``--json`` prints one object: id → key of
the story, or null for none. The figures are those of the affairs that were held back from the training
(``story_affairs.toml``), unless ``--all`` adds the tellings that were trained on.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.cycle.story_revision import revise_story
from pipeline.cycle.story_stage import StoryStage
from pipeline.flagging import Flagger
from pipeline.model import STORY_WINDOW, ArticleId, Signature, Stored
from pipeline.store import open_store, transaction
from pipeline.store.values import to_text
from pipeline.stories import fingerprint, load_model, sign

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Telling:
    """An article, with its label in a labelled set; None stands alone."""

    id: str
    language: str
    source: str
    at: datetime
    title: str
    text: str
    story: str | None = None


def own_tellings(*, held_only: bool = True) -> list[Telling]:
    """The labelled articles of this repository, in order of time."""
    tellings: list[Telling] = []
    for affair in tomllib.loads((_HERE / "story_affairs.toml").read_text(encoding="utf-8"))["affair"]:
        for event, language, source, time, title, text in affair["tellings"]:
            at = datetime.fromisoformat(f"2026-{time}Z")
            story = None if event == "-" else f"{affair['name']}/{event}"
            if affair["held"] or not held_only:
                tellings.append(Telling(str(len(tellings)), language, source, at, title, text, story))
    if not held_only:
        for row in tomllib.loads((_HERE / "stories.toml").read_text(encoding="utf-8"))["telling"]:
            at, text = datetime.fromisoformat(row["at"]), row["text"].strip()
            tellings.append(
                Telling(str(len(tellings)), row["language"], row["source"], at, row["title"], text, row["story"])
            )
    return sorted(tellings, key=lambda telling: telling.at)


def read(path: Path) -> list[Telling]:
    """The articles of a file."""
    return [
        Telling(row["id"], row["lang"], row["source"], datetime.fromisoformat(row["at"]), row["title"], row["text"])
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]


@lru_cache(maxsize=1024)  # a benchmark joins the same articles with several models
def signature_of(flagger: Flagger, telling: Telling) -> Signature:
    """What a worker process computes for an article."""
    concepts = flagger.concepts_in(flagger.scored(telling.title, telling.text, None))
    return sign(telling.title, telling.text, telling.language, concepts, year=telling.at.year, model=load_model())


def join(flagger: Flagger, tellings: Sequence[Telling]) -> dict[str, int | None]:
    """Store the articles in a new database one by one, and return the story of each."""
    with TemporaryDirectory() as folder:
        return _join(flagger, tellings, Path(folder) / "stories.db")


def _join(flagger: Flagger, tellings: Sequence[Telling], database: Path) -> dict[str, int | None]:
    conn, stage = open_store(database), StoryStage()
    with transaction(conn):
        for source in sorted({telling.source for telling in tellings}):
            conn.execute(
                "INSERT INTO feeds (name, url, asked_url, language, kind, added_at) VALUES (?, ?, '', 'en', 'x', '')",
                (source, source),
            )
        for number, telling in enumerate(tellings, 1):
            at = to_text(telling.at)
            conn.execute(
                "INSERT INTO articles (id, title, text, feed_id, language, sorted_at, url, published_url, method,"
                " content_hash, first_seen_at, fetched_at) VALUES (?, ?, ?, (SELECT id FROM feeds WHERE name = ?),"
                " ?, ?, ?, '', 'x', ?, ?, ?)",
                (
                    number, telling.title, telling.text, telling.source, telling.language, at, telling.id, telling.id,
                    at, at,
                ),
            )  # fmt: skip
            stored = Stored(id=ArticleId(number), revision=1, what="new")
            sentences = fingerprint(telling.title, telling.text)
            story = stage.place(conn, stored, sentences, signature_of(flagger, telling), telling.at)
            if story is not None:
                revise_story(conn, story, telling.at)
    stories = dict(conn.execute("SELECT id, story_id FROM articles").fetchall())
    conn.close()
    return {telling.id: stories[number] for number, telling in enumerate(tellings, 1)}


@dataclass(frozen=True, slots=True)
class Figures:
    """Precision and recall over the pairs within the window."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of the joined pairs that report one event."""
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        """Share of the pairs on one event that are joined."""
        return self.right / max(self.right + self.missed, 1)


def wrong_pairs(tellings: Sequence[Telling], stories: dict[str, int | None]) -> list[tuple[Telling, Telling]]:
    """The pairs that are joined and should not be, or the reverse."""
    return [(a, b) for a, b in _near(tellings) if _joined(stories, a, b) != _same(a, b)]


def figures(pairs: Iterable[tuple[Telling, Telling]], stories: dict[str, int | None]) -> Figures:
    """Judge pairs of articles."""
    counts = {"right": 0, "wrong": 0, "missed": 0}
    for a, b in pairs:
        if (joined := _joined(stories, a, b)) or _same(a, b):
            counts["missed" if not joined else "right" if _same(a, b) else "wrong"] += 1
    return Figures(**counts)


def judge(flagger: Flagger, *, held_only: bool = True) -> tuple[Figures, Figures]:
    """The figures of pairs within a language and across languages."""
    tellings = own_tellings(held_only=held_only)
    stories = join(flagger, tellings)
    pairs = _near(tellings)
    within = [pair for pair in pairs if pair[0].language == pair[1].language]
    across = [pair for pair in pairs if pair[0].language != pair[1].language]
    return figures(within, stories), figures(across, stories)


def _near(tellings: Sequence[Telling]) -> list[tuple[Telling, Telling]]:
    return [(a, b) for a, b in combinations(tellings, 2) if abs(a.at - b.at) <= STORY_WINDOW]


def _same(one: Telling, other: Telling) -> bool:
    return one.story is not None and one.story == other.story


def _joined(stories: dict[str, int | None], one: Telling, other: Telling) -> bool:
    return stories[one.id] is not None and stories[one.id] == stories[other.id]


def main() -> None:
    """Print the figures, or the stories of a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--json", action="store_true", help="print the stories of FILE")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    flagger = Flagger.from_config()
    if arguments.file is not None:
        print(json.dumps(join(flagger, read(arguments.file)), ensure_ascii=False))  # noqa: T201
        return
    for name, found in zip(("within", "across"), judge(flagger, held_only=not arguments.all), strict=True):
        print(f"{name}: precision {found.precision:.3f}, recall {found.recall:.3f}; {found}")  # noqa: T201
    if arguments.misses:
        tellings = own_tellings(held_only=not arguments.all)
        for one, other in wrong_pairs(tellings, join(flagger, tellings)):
            print(f"\n{one.story}: {one.title}\n{other.story}: {other.title}")  # noqa: T201


if __name__ == "__main__":
    main()
