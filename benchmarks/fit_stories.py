"""Fits the weights that join articles into stories, and judges them out of sample.

    python -m benchmarks.fit_stories SHARED            # prints the table
    python -m benchmarks.fit_stories SHARED --write    # also writes config/stories.toml

SHARED is a folder with ``corpora/stories`` (tellings.jsonl, pairs.jsonl) and ``corpora/flagging``. The own sets are
``tests/eval/stories.toml`` and ``story_affairs.toml``. Each event is scored by a model that saw none of its articles
(five folds; an affair stays in one fold); the affairs marked as held are in no fold. Needs SciPy (``tumen[train]``).
"""

from __future__ import annotations

import argparse
import json
import math
import textwrap
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, groupby
from pathlib import Path
from zlib import crc32

import numpy as np
from scipy.optimize import minimize

from pipeline import shipped
from pipeline.flagging import Flagger
from pipeline.model import STORY_WINDOW, Candidate, Telling
from pipeline.stories.clusters import choose
from pipeline.stories.model import StoryModel, parse_model
from pipeline.stories.pairs import FEATURES, WITHIN_ONLY, features
from pipeline.stories.signature import LEAD_CHARACTERS, sign, split
from pipeline.stories.terms import load_terms

OWN = Path(__file__).parents[1] / "tests" / "eval"
FOLDS = 5
PENALTY = 2.0
THRESHOLDS = (0.2, 0.3, 0.35, 0.4, 0.45, 0.5)
THRESHOLD = 0.45  # the written one
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
            when = at * 1e6 + (side == "second") * 3600 * (at % 12)
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


def tables(flagger: Flagger, shared: Path, rows: Sequence[Row]) -> dict[str, dict[str, object]]:
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
    by_share: dict[str, list[str]] = defaultdict(list)
    for language in ("ko", "ru", "en"):
        for word, number in words[language].items():
            if (share := 1000 * number / articles[language]) >= LEAST_SHARE:
                by_share[str(round(1.2 ** round(math.log(share, 1.2))))].append(word)
    return {
        "concepts": {name: round(math.log((count + 1) / (number + 1)), 2) for name, number in sorted(concepts.items())},
        "words": {share: " ".join(sorted(by_share[share])) for share in sorted(by_share, key=int)},
    }


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

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ w
        gradient = x.T @ (weight * (1 / (1 + np.exp(-z)) - y))
        gradient[1:] += PENALTY * w[1:]
        return float(np.sum(weight * (np.logaddexp(0, z) - y * z)) + PENALTY / 2 * np.sum(w[1:] ** 2)), gradient

    weights = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}


def probability(pair: Pair, heads: dict[bool, dict[str, float]]) -> float:
    """The score of a pair by these weights."""
    log_odds = sum(weight * pair.values[FEATURES.index(name)] for name, weight in heads[pair.same_language].items())
    return 1 / (1 + math.exp(-log_odds))


def out_of_sample(
    rows: Sequence[Row], pairs: Sequence[Pair]
) -> tuple[dict[tuple[int, int], float], dict[bool, dict[str, float]]]:
    """The score of each pair by a model that saw neither event, and the model of all but the held affairs."""
    training = [pair for pair in pairs if rows[pair.one].set != "held"]
    final = {same: fit(training, same) for same in (True, False)}
    scores = {(pair.one, pair.other): probability(pair, final) for pair in pairs if rows[pair.one].set == "held"}
    means: dict[tuple[int, int], list[float]] = defaultdict(list)
    for fold in range(FOLDS):
        inside = [fold in (rows[pair.one].fold, rows[pair.other].fold) for pair in training]
        seen = [pair for pair, out in zip(training, inside, strict=True) if not out]
        heads = {same: fit(seen, same) for same in (True, False)}
        for pair, out in zip(training, inside, strict=True):
            if out:
                means[pair.one, pair.other].append(probability(pair, heads))
    return scores | {key: sum(found) / len(found) for key, found in means.items()}, final


def cluster(
    tellings: Sequence[Telling], score: Callable[[Telling, Telling], float], threshold: float
) -> dict[int, int]:
    """Join articles in order of time; every story is a candidate."""
    stories: list[list[Telling]] = []
    story_of: dict[int, int] = {}
    for article in sorted(tellings, key=lambda telling: (telling.at, telling.article)):
        match = choose(article, [Candidate(m[0].at, m[-1].at, m) for m in stories], score, threshold)
        if match is None:
            story_of[article.article] = len(stories)
            stories.append([article])
        else:
            story_of[article.article] = story_of[match.telling.article]
            stories[story_of[article.article]].append(article)
    return story_of


def judge(rows: Sequence[Row], pairs: Sequence[Pair], story_of: dict[int, int]) -> str:
    """Precision and recall of pairs, and B-cubed F1."""
    said = []
    for keep in (
        lambda pair: pair.same_language,
        lambda pair: not pair.same_language,
        lambda pair: pair.same_language and rows[pair.one].language == "ru",
    ):
        chosen = [pair for pair in pairs if keep(pair)]
        joined = [story_of[pair.one] == story_of[pair.other] for pair in chosen]
        right = sum(pair.same and j for pair, j in zip(chosen, joined, strict=True))
        said.append(f"{right / max(1, sum(joined)):.2f} {right / max(1, sum(pair.same for pair in chosen)):.2f}")
    labels = {at: rows[at].story or f"alone {at}" for at in story_of}
    precision = recall = 0.0
    for at, story in story_of.items():
        found = {other for other in story_of if story_of[other] == story}
        real = {other for other, label in labels.items() if label == labels[at]}
        precision += len(found & real) / len(found) / len(story_of)
        recall += len(found & real) / len(real) / len(story_of)
    said.append(f"{2 * precision * recall / (precision + recall):.3f}")
    return "  ".join(said)


def table(
    rows: Sequence[Row], tellings: Sequence[Telling], pairs: Sequence[Pair], scores: dict[tuple[int, int], float]
) -> None:
    """Print the figures of each set and threshold."""

    def score(one: Telling, other: Telling) -> float:
        if one.signature.digest or other.signature.digest:
            return 0.0
        return scores.get((min(one.article, other.article), max(one.article, other.article)), 0.0)

    for name, group in groupby(range(len(rows)), lambda at: rows[at].set):
        members = [tellings[at] for at in group]
        inside = [pair for pair in pairs if rows[pair.one].set == name]
        for threshold in THRESHOLDS:
            story_of = cluster(members, score, threshold)
            largest = max(Counter(story_of.values()).values())
            print(f"{name:9} {threshold:9}  {judge(rows, inside, story_of)}  {largest:7}")


def write(commonness: dict[str, dict[str, object]], heads: dict[bool, dict[str, float]], rows: Sequence[Row]) -> None:
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
        f"penalty = {PENALTY}",
    ]
    for name, weights in (("within", heads[True]), ("across", heads[False])):
        lines += ["", f"[{name}]", *(f"{feature} = {weight}" for feature, weight in weights.items())]
    lines += ["", "[concepts] # and acts: negative logarithm of the share of articles that have it"]
    lines += [f"{name} = {weight}" for name, weight in commonness["concepts"].items()]
    lines += ["", "[words] # beginnings of words and pairs of syllables, by articles in a thousand that have them"]
    for share, words in commonness["words"].items():
        lines.append(f'{share} = """\\\n{textwrap.fill(str(words), 118)}"""')
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
    tellings = tell(flagger, rows, empty)
    pairs = pairs_of(rows, tellings, empty)
    scores, heads = out_of_sample(rows, pairs)
    print("set       threshold  within P R  across P R  Russian P R  B-cubed F1  largest story")
    table(rows, tellings, pairs, scores)
    cosine = FEATURES.index("cosine")
    print("\nbaseline: cosine of the words in place of the learned score")
    table(rows, tellings, pairs, {(pair.one, pair.other): pair.values[cosine] for pair in pairs})
    if arguments.write:
        write(commonness, heads, rows)


if __name__ == "__main__":
    main()
