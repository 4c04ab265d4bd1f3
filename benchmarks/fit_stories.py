"""Fits the weights that join articles into stories, and judges them out of sample.

    python -m benchmarks.fit_stories SHARED            # prints the table
    python -m benchmarks.fit_stories SHARED --write    # also writes config/stories.toml

SHARED is a folder with ``corpora/stories`` (tellings.jsonl, pairs.jsonl) and ``corpora/flagging``. The own sets are
``tests/eval/stories.toml`` and ``story_affairs.toml``. Each event is judged with weights that saw none of its articles
(five folds; an affair stays in one fold), by the code and the database of a cycle. The affairs marked as held are in no
fold. The last line of each set is nested: each fold has the threshold that is best on the other folds. Needs SciPy
(``tumen[train]``).
"""

from __future__ import annotations

import argparse
import json
import math
import textwrap
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from unittest.mock import patch
from zlib import crc32

import numpy as np
from scipy.optimize import minimize

from pipeline import shipped, stories
from pipeline.flagging import Flagger
from pipeline.model import STORY_WINDOW, Telling
from pipeline.stories.model import StoryModel, parse_model
from pipeline.stories.pairs import FEATURES, WITHIN_ONLY, features
from pipeline.stories.signature import LEAD_CHARACTERS, sign, split
from pipeline.stories.terms import load_terms
from tests.eval import stories as cycle

OWN = Path(__file__).parents[1] / "tests" / "eval"
FOLDS = 5
PENALTY = {True: 3.0, False: 6.0}  # within a language, and across: there are fewer pairs across languages
THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.45)
THRESHOLD = 0.25  # the written one
GOALS = (0.9, 0.75, 0.85, 0.6)  # precision and recall within a language, and across languages
WORDS_ONLY = {True: {"intercept": -6.0, "cosine": 20.0}, False: {"intercept": -9.0}}
WORDS_THRESHOLD = 0.45  # a cosine of 0.29
LEAST_SHARE = 8  # articles in a thousand; a rarer word has the weight of an unknown one
DIGESTS = [
    "단신", "신문 톺아보기", "주요 뉴스", "헤드라인", "뉴스 브리핑", "조간", "обзор прессы", "дайджест", "главное за",
    "press review", "digest", "news in brief", "week in", "roundup",
]  # fmt: skip
COMMENTS = ["사설", "칼럼", "시론", "기고", "만물상", "기자수첩", "논설", "колонка", "мнение:", "opinion", "editorial"]


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled article."""

    set: str
    fold: int
    story: str | None
    language: str
    source: str
    at: float
    title: str
    text: str


def shared_rows(shared: Path) -> Iterator[Row]:
    """The labelled tellings and pairs of the shared folder."""
    lines = [json.loads(line) for line in (shared / "corpora/stories/tellings.jsonl").open(encoding="utf-8")]
    groups = sorted({line["story"] for line in lines if line["story"]})
    for at, line in enumerate(lines):
        fold = (groups.index(line["story"]) if line["story"] else at) % FOLDS
        when = datetime.fromisoformat(line["at"]).timestamp()
        yield Row("tellings", fold, line["story"], line["lang"], line["source"], when, line["title"], line["text"])
    for at, line in enumerate((shared / "corpora/stories/pairs.jsonl").open(encoding="utf-8")):
        pair = json.loads(line)
        for side in ("first", "second"):
            story = f"pair {at}" if pair["same"] else None
            when = 1.7e9 + at * 1e6 + (side == "second") * 3600 * (at % 12)
            article = pair[side]
            yield Row("pairs", at % FOLDS, story, pair["lang"], side, when, article["title"], article["text"])


def own_rows() -> Iterator[Row]:
    """The tellings in this repository."""
    for row in tomllib.loads((OWN / "stories.toml").read_text(encoding="utf-8"))["telling"]:
        when = datetime.fromisoformat(row["at"]).timestamp()
        fold = crc32(row["story"].split("/")[0].encode()) % FOLDS
        yield Row("own", fold, row["story"], row["language"], row["source"], when, row["title"], row["text"].strip())
    for at, affair in enumerate(tomllib.loads((OWN / "story_affairs.toml").read_text(encoding="utf-8"))["affair"]):
        for event, language, source, time, title, text in affair["tellings"]:
            when = datetime.fromisoformat(f"2026-{time}Z").timestamp()
            name = None if event == "-" else f"{affair['name']}/{event}"
            kind = "held" if affair["held"] else "own"
            yield Row(kind, at % FOLDS, name, language, source, when, title, text)


def concepts_of(flagger: Flagger, title: str, text: str) -> list[tuple[str, int]]:
    """The concepts of an article with their starts."""
    return [(hit.concept, hit.start) for hit in flagger.matcher.find(f"{title}\n{text}")]


def tables(flagger: Flagger, shared: Path, rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """How common concepts and words are: concepts in the items labelled for flags, words in those and in the rows."""
    concepts: Counter[str] = Counter()
    words: dict[str, Counter[str]] = defaultdict(Counter)
    articles: Counter[str] = Counter()
    count = 0
    for name in ("dev", "real"):
        for line in (shared / f"corpora/flagging/{name}.jsonl").open(encoding="utf-8"):
            item = json.loads(line)
            title, text = item.get("title") or "", item.get("text") or ""
            concepts.update({concept for concept, _ in concepts_of(flagger, title, text)})
            concepts.update(load_terms().acts_in(f"{title} {text[:LEAD_CHARACTERS]}".casefold()))
            words[item["lang"]].update(set(split(f"{title} {text[:3000]}")))
            articles[item["lang"]] += 1
            count += 1
    for row in rows:
        words[row.language].update(set(split(f"{row.title} {row.text}")))
        articles[row.language] += 1
    common = [
        (word, 1000 * number / articles[language])
        for language in ("ko", "ru", "en")
        for word, number in words[language].items()
        if number >= LEAST_SHARE * articles[language] / 1000
    ]
    shares = [(concept, 1000 * (number + 1) / (count + 1)) for concept, number in concepts.items()]
    return {"concepts": _by_share(shares), "words": _by_share(common)}


def _by_share(shares: Iterable[tuple[str, float]]) -> dict[str, str]:
    """Return the words of each share, rounded to a power of 1.2."""
    found: dict[int, list[str]] = defaultdict(list)
    for word, share in shares:
        found[round(math.log(share, 1.2))].append(word)
    return {f"{1.2**power:.1f}": " ".join(sorted(found[power])) for power in sorted(found)}


def tell(flagger: Flagger, rows: Sequence[Row], model: StoryModel) -> list[Telling]:
    """The rows as stories see them."""
    return [
        Telling(
            article=at,
            source=crc32(row.source.encode()),
            at=row.at,
            story=None,
            signature=sign(
                row.title, row.text, row.language, concepts_of(flagger, row.title, row.text), year=2025, model=model
            ),
        )
        for at, row in enumerate(rows)
    ]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two articles within the window, with their features.

    Attributes:
        weight: in the fit; less in a large group, so that an event weighs by its articles and not by its pairs.
    """

    one: int
    other: int
    same_language: bool
    same: bool
    weight: float
    values: tuple[float, ...]


def pairs_of(rows: Sequence[Row], tellings: Sequence[Telling], model: StoryModel) -> list[Pair]:
    """All pairs within the window and one set."""
    span = STORY_WINDOW.total_seconds()
    size = Counter((row.set, row.story) for row in rows if row.story)
    found = []
    for a, b in combinations(range(len(rows)), 2):
        if rows[a].set == rows[b].set and abs(rows[a].at - rows[b].at) <= span:
            same_language = rows[a].language == rows[b].language
            values = features(tellings[a], tellings[b], model)
            vector = tuple(values.get(name, 0.0) for name in FEATURES)
            same = rows[a].story is not None and rows[a].story == rows[b].story
            weight = min(1.0, 2 / (size[rows[a].set, rows[a].story] - 1)) if same else 1.0
            found.append(Pair(a, b, same_language, same, weight, vector))
    return found


def fit(pairs: Sequence[Pair], same_language: bool) -> dict[str, float]:
    """Ridge-penalised logistic regression; the intercept is not penalised."""
    names = [name for name in FEATURES if same_language or name not in WITHIN_ONLY]
    chosen = [pair for pair in pairs if pair.same_language == same_language]
    x = np.array([[pair.values[FEATURES.index(name)] for name in names] for pair in chosen])
    y = np.array([pair.same for pair in chosen], dtype=float)
    weight = np.array([pair.weight for pair in chosen])

    penalty = PENALTY[same_language]

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ w
        gradient = x.T @ (weight * (1 / (1 + np.exp(-z)) - y))
        gradient[1:] += penalty * w[1:]
        return float(np.sum(weight * (np.logaddexp(0, z) - y * z)) + penalty / 2 * np.sum(w[1:] ** 2)), gradient

    weights = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the articles of one fold.

    Attributes:
        counts: of pairs within a language, across languages, and within Russian: right, joined and labelled ones.
        shares: sums of B-cubed precision and recall, and number of articles.
        largest: articles of the largest story.
        mixed: stories that hold two labelled events of more than two articles each; the goal is none.
        hours: span of the longest story.
    """

    counts: np.ndarray
    shares: np.ndarray
    largest: int
    mixed: int
    hours: float

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.counts + other.counts,
            self.shares + other.shares,
            max(self.largest, other.largest),
            self.mixed + other.mixed,
            max(self.hours, other.hours),
        )

    @property
    def rates(self) -> list[float]:
        """Precision and recall within a language, across languages, and within Russian."""
        return [float(right / max(of, 1)) for right, *others in self.counts for of in others]

    def __str__(self) -> str:
        precision, recall = self.shares[:2] / self.shares[2]
        pairs = "  ".join(f"{a:.2f} {b:.2f}" for a, b in zip(self.rates[::2], self.rates[1::2], strict=True))
        f1 = 2 * precision * recall / (precision + recall)
        return f"{pairs}  {f1:.3f}  {self.largest:7}  {self.mixed:5}  {self.hours:5.1f}"


def judge(rows: Sequence[Row], stories_of: Sequence[int], fold: int | None) -> Outcome:
    """Judge the pairs with an article in a fold, and the articles of it; None is all folds."""
    counts, span = np.zeros((3, 3)), STORY_WINDOW.total_seconds()
    labels = [row.story or f"alone {at}" for at, row in enumerate(rows)]
    for a, b in combinations(range(len(rows)), 2):
        if fold not in (None, rows[a].fold, rows[b].fold) or abs(rows[a].at - rows[b].at) > span:
            continue
        joined, same = stories_of[a] == stories_of[b], labels[a] == labels[b]
        within = rows[a].language == rows[b].language
        for kind, counted in enumerate((within, not within, within and rows[a].language == "ru")):
            counts[kind] += counted * np.array([joined and same, joined, same])
    shares = np.zeros(3)
    for at, row in enumerate(rows):
        if fold in (None, row.fold):
            found = {other for other, story in enumerate(stories_of) if story == stories_of[at]}
            real = {other for other, label in enumerate(labels) if label == labels[at]}
            shares += (len(found & real) / len(found), len(found & real) / len(real), 1)
    found_rows: dict[int, list[Row]] = defaultdict(list)
    for story, row in zip(stories_of, rows, strict=True):
        found_rows[story].append(row)
    events = [Counter(row.story for row in own if row.story).values() for own in found_rows.values()]
    return Outcome(
        counts,
        shares,
        max(map(len, found_rows.values())),
        sum(sum(size > 2 for size in sizes) > 1 for sizes in events),
        max(max(row.at for row in own) - min(row.at for row in own) for own in found_rows.values()) / 3600,
    )


def join(flagger: Flagger, rows: Sequence[Row], model: StoryModel) -> list[int]:
    """Return the story of each row, by the code of a cycle with this model."""
    told = [
        cycle.Telling(str(at), row.language, row.source, datetime.fromtimestamp(row.at, UTC), row.title, row.text)
        for at, row in enumerate(rows)
    ]
    with patch.object(stories, "load_model", lambda: model):
        joined = cycle.join(flagger, sorted(told, key=lambda telling: telling.at))
    return [joined[str(at)] or -at - 1 for at in range(len(rows))]


def table(
    name: str,
    flagger: Flagger,
    rows: Sequence[Row],
    models: Mapping[int | None, StoryModel],
    thresholds: Sequence[float] = THRESHOLDS,
) -> None:
    """Print the figures of a set for each threshold, and the nested ones."""
    outcomes = {
        (fold, threshold): judge(rows, join(flagger, rows, replace(model, threshold=threshold)), fold)
        for fold, model in models.items()
        for threshold in thresholds
    }
    for threshold in thresholds:
        print(f"{name:9} {threshold:9}  {_total([outcomes[fold, threshold] for fold in models])}", flush=True)
    if len(models) > 1:
        best = {fold: _best({t: [outcomes[o, t] for o in models if o != fold] for t in thresholds}) for fold in models}
        chosen = ", ".join(map(str, best.values()))
        print(f"{name:9}    nested  {_total([outcomes[item] for item in best.items()])}  thresholds {chosen}")


def _total(outcomes: Sequence[Outcome]) -> Outcome:
    return sum(outcomes[1:], outcomes[0])


def _best(outcomes: Mapping[float, Sequence[Outcome]]) -> float:
    """Return the threshold at which the figure that is furthest below its goal is highest."""

    def least(threshold: float) -> float:
        rates = zip(_total(outcomes[threshold]).rates, GOALS, strict=False)
        return min(rate / goal for rate, goal in rates if rate)

    return max(outcomes, key=least)


def write(
    commonness: dict[str, dict[str, str]], heads: Mapping[bool, Mapping[str, float]], rows: Sequence[Row]
) -> None:
    """Write ``config/stories.toml``."""
    counts = Counter(row.set for row in rows)
    lines = [
        "# Made by “python -m benchmarks.fit_stories SHARED --write”; docs/stories.md explains it.",
        "# Weights are log-odds per feature of a pair of articles.",
        f"threshold = {THRESHOLD}",
        f"digests = {json.dumps(DIGESTS + COMMENTS, ensure_ascii=False)}",
        "",
        "[provenance]",
        f"articles = {json.dumps([f'{name}: {count}' for name, count in sorted(counts.items()) if name != 'held'])}",
        f"penalty = {list(PENALTY.values())}",
    ]
    for name, weights in (("within", heads[True]), ("across", heads[False])):
        lines += ["", f"[{name}]", *(f"{feature} = {weight}" for feature, weight in weights.items())]
    for name, what in (("concepts", "concepts and acts"), ("words", "beginnings of words and pairs of syllables")):
        lines += ["", f"[{name}] # {what}, by the articles in a thousand that have them"]
        for share, words in commonness[name].items():
            lines.append(f'"{share}" = """\\\n{textwrap.fill(words, 118)}"""')
    (shipped.CONFIG / "stories.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Fit, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    flagger = Flagger.from_config()
    rows = sorted([*shared_rows(arguments.shared), *own_rows()], key=lambda row: row.set)
    commonness = tables(flagger, arguments.shared, rows)
    empty = parse_model(
        {"threshold": THRESHOLD, "within": {}, "across": {}, "digests": DIGESTS + COMMENTS, **commonness}
    )
    pairs = [pair for pair in pairs_of(rows, tell(flagger, rows, empty), empty) if rows[pair.one].set != "held"]

    def fitted(fold: int | None) -> StoryModel:
        seen = [pair for pair in pairs if fold is None or fold not in (rows[pair.one].fold, rows[pair.other].fold)]
        return replace(empty, within=fit(seen, True), across=fit(seen, False))

    final = fitted(None)
    if arguments.write:
        write(commonness, {True: final.within, False: final.across}, rows)
    folds: dict[int | None, StoryModel] = {fold: fitted(fold) for fold in range(FOLDS)}
    words = replace(empty, within=WORDS_ONLY[True], across=WORDS_ONLY[False])
    print("set       threshold  within P R  across P R  Russian P R  B-cubed F1  largest  mixed  hours")
    for name in dict.fromkeys(row.set for row in rows):
        inside = [row for row in rows if row.set == name]
        table(name, flagger, inside, {None: final} if name == "held" else folds)
        table("  words", flagger, inside, {None: words}, (WORDS_THRESHOLD,))


if __name__ == "__main__":
    main()
