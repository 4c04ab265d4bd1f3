"""Fit the weights of ``pipeline/extract/weights.py`` and print how they do on sites left out of the fit.

usage: fit_evidence.py FOLDER[=WEIGHT] … [--write]     (needs numpy, which Tumen itself does not)

FOLDER as for ``extraction.py``; WEIGHT (default 1) makes the pages of a folder with less exact truths count less.

The block model is a logistic regression with a ridge penalty: a block is part of the article if most of its 4-grams
are in the known text. The choice maximises the expected score of the chosen text. Both are judged by five folds by
site: every figure of the printed table is of a page whose site took no part in either fit. The choice is fitted on
probabilities that come from such folds, too, so that it does not trust the block model more than it should.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import textwrap
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.extraction import TOKEN, Page, Score, load, score_text, shingles, summary, trafilatura_defaults
from pipeline.extract import body, cascade, choose, decode, features, readers, tree
from pipeline.extract.blocks import cut
from pipeline.extract.layout import Layout, measure, squeeze

FOLDS = 5
RIDGE = 60.0
CHOICE_RIDGE = 1.0
RARE = 150
SMALL = 0.03
MUSTNOT_WORTH = 0.4
PHRASE_WEIGHT = 8.0
"""Weight of a block that is known by a phrase; all blocks of a page with known text weigh 100."""
_SECOND_LEVEL = ("co", "com", "or", "go", "ne", "org", "gov", "ac", "wordpress", "blogspot")


@dataclass(slots=True)
class Case:
    """A page with the features of its blocks and the truth about them."""

    folder: str
    weight: float
    page: Page
    layout: Layout
    votes: readers.Votes
    names: set[str]
    features: list[features.Features | None]
    inside: np.ndarray
    weights: np.ndarray
    probabilities: list[float] = field(default_factory=list)
    candidates: dict[str, features.Features] = field(default_factory=dict)
    scores: dict[str, Score] = field(default_factory=dict)

    @property
    def fold(self) -> int:
        host = urlsplit(self.page.url).hostname or self.page.id
        parts = host.split(".")
        site = ".".join(parts[-3 if len(parts) > 2 and parts[-2] in _SECOND_LEVEL else -2 :])
        if site in ("fakehost", "test"):  # many sites under one invented name
            site = self.page.id
        return int(hashlib.md5(site.encode()).hexdigest(), 16) % FOLDS


def read_case(folder: str, weight: float, page: Page) -> Case | None:
    """Run the steps of the product up to the features of the blocks."""
    root = tree.parse(decode.to_utf8(page.html))
    if root is None:
        return None
    claims = cascade.read_record(root, page.url, b"").claims()
    tree.strip_unseen(root)
    tree.strip_inline(root)
    tree.drop_menus(root)
    main = root.find("body")
    layout = measure(*cut(main if main is not None else root))
    if not layout.blocks:
        return None
    votes = readers.ask_readers(root, layout)
    inside, weights = label(page, layout)
    return Case(
        folder, weight, page, layout, votes, {squeeze(claims.title), squeeze(claims.site)},
        features.collect(layout, votes, claims), inside, weights * weight,
    )  # fmt: skip


def label(page: Page, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Return for each block whether it is part of the article, and the weight of this knowledge, 0 for none."""
    if page.shingles:
        grams = [shingles(block.text) for block in layout.blocks]
        sizes = np.array([min(gram.total(), 200) + 2.0 for gram in grams])
        pairs = zip(layout.blocks, grams, strict=True)
        inside = np.array([_inside(page.shingles, block.text, gram) for block, gram in pairs])
        return inside, sizes / sizes.sum() * 100
    texts = [" ".join(block.text.split()) for block in layout.blocks]
    inside = np.array([any(phrase in text for phrase in page.must) for text in texts])
    outside = np.array([any(phrase in text for phrase in page.mustnot) for text in texts])
    # where a phrase stands twice, which place is meant is unknown
    return inside, np.where(inside != outside, PHRASE_WEIGHT, 0.0)


def _inside(wanted: Counter[tuple[str, ...]], text: str, grams: Counter[tuple[str, ...]]) -> bool:
    tokens = TOKEN.findall(text)
    if len(tokens) < 4:
        joined = " ".join(tokens)
        return len(joined) > 3 and any(joined in " ".join(gram) for gram in wanted)
    return sum(count for gram, count in grams.items() if gram in wanted) > grams.total() / 2


def matrix(rows: list[features.Features], names: dict[str, int]) -> np.ndarray:
    """One row per feature dictionary."""
    found = np.zeros((len(rows), len(names)))
    for n, row in enumerate(rows):
        for name, value in row.items():
            if name in names:
                found[n, names[name]] = value
    return found


def fit_blocks(cases: list[Case], names: dict[str, int]) -> dict[str, float]:
    """Newton's method on the penalised likelihood."""
    used = [
        (case, np.array([f is not None and weight > 0 for f, weight in zip(case.features, case.weights, strict=True)]))
        for case in cases
    ]
    x = np.vstack([matrix([case.features[n] or {} for n in np.flatnonzero(mask)], names) for case, mask in used])
    y = np.concatenate([case.inside[mask] for case, mask in used])
    w = np.concatenate([case.weights[mask] for case, mask in used])
    beta = np.zeros(len(names))
    for _ in range(30):
        p = 1 / (1 + np.exp(-(x @ beta)))
        gradient = x.T @ (w * (p - y)) + 2 * RIDGE * beta
        hessian = (x * (w * p * (1 - p))[:, None]).T @ x + 2 * RIDGE * np.eye(len(names))
        step = np.linalg.solve(hessian, gradient)
        beta -= step
        if np.abs(step).max() < 1e-6:
            break
    return {name: float(beta[place]) for name, place in names.items()}


def apply_blocks(case: Case, weights: dict[str, float]) -> None:
    """Store the probabilities, the candidates' features and their scores."""
    raw = [features.probability(found, weights) if found else 0.0 for found in case.features]
    case.probabilities = features.level(case.layout, raw)
    found = choose.candidates(case.votes, case.probabilities)
    case.candidates = choose.describe(case.layout, case.votes, found, case.probabilities)
    case.scores = {
        name: score_text(case.page, body.assemble(case.layout, kept, case.names)) for name, kept in found.items()
    }


def fit_choice(cases: list[Case], names: dict[str, int]) -> dict[str, float]:
    """Maximise the mean score of a soft choice, by gradient ascent (Adam)."""
    x = np.stack([matrix(list(case.candidates.values()), names) for case in cases])
    y = np.array([[_worth(score) for score in case.scores.values()] for case in cases])
    w = np.array([case.weight * (1.0 if case.page.shingles else 0.5) for case in cases])
    scale = x.reshape(-1, len(names)).std(axis=0) + 1e-6
    z = x / scale
    beta, mean, square = (np.zeros(len(names)) for _ in range(3))
    steps = 300
    for step in range(steps):
        p = np.exp(z @ beta)
        p /= p.sum(axis=1, keepdims=True)
        gradient = np.einsum("n,nc,nck->k", w, p * (y - (p * y).sum(axis=1, keepdims=True)), z) - CHOICE_RIDGE * beta
        mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
        beta += 0.05 * (1 - step / steps) * mean / (np.sqrt(square) + 1e-8)
    return {name: float(beta[place] / scale[place]) for name, place in names.items()}


def _worth(score: Score) -> float:
    if score.f1 is not None:
        return score.f1
    return (score.must or 0.0) * (1 - MUSTNOT_WORTH * (score.mustnot or 0.0))


def chosen(case: Case, weights: dict[str, float]) -> str:
    """The name of the candidate that the weights choose."""
    found = case.candidates
    return max(found, key=lambda name: sum(weights.get(k, 0.0) * v for k, v in found[name].items()))


def numbered(names: set[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(sorted(names))}


def block_names(cases: list[Case]) -> dict[str, int]:
    """The features that are not rare."""
    counts = Counter(name for case in cases if case.page.shingles for found in case.features for name in found or ())
    return numbered({name for name, count in counts.items() if count >= RARE})


def prune(cases: list[Case], names: dict[str, int]) -> dict[str, int]:
    """The features whose weight is not small."""
    weights = fit_blocks(cases, names)
    return numbered({name for name, weight in weights.items() if abs(weight) >= SMALL})


def cross_validate(cases: list[Case]) -> list[tuple[Case, str]]:
    """The choice on each page by weights that were fitted without its site."""
    for fold in range(FOLDS):
        rest = [case for case in cases if case.fold != fold]
        weights = fit_blocks(rest, prune(rest, block_names(rest)))
        for case in cases:
            if case.fold == fold:
                apply_blocks(case, weights)
    names = numbered({name for case in cases for found in case.candidates.values() for name in found})
    picked = []
    for fold in range(FOLDS):
        weights = fit_choice([case for case in cases if case.fold != fold], names)
        picked += [(case, chosen(case, weights)) for case in cases if case.fold == fold]
    return picked


def print_table(cases: list[Case], picked: list[tuple[Case, str]]) -> None:
    """Every row is out of sample: sites left out of both fits, or a library without a fit of ours."""
    folders = list(dict.fromkeys(case.folder for case in cases))
    rivals = {id(case): score_text(case.page, trafilatura_defaults(case.page)) for case in cases}
    print("| text, sites left out of the fit | " + " | ".join(folders) + " |", file=sys.stderr)
    print("| --- |" + " --- |" * len(folders), file=sys.stderr)
    rows = {
        "Tumen": [(case.folder, case.scores[name]) for case, name in picked],
        "the block model alone": [(case.folder, case.scores["blocks"]) for case in cases],
        "trafilatura fast, trimmed": [(case.folder, case.scores["trafilatura"]) for case in cases],
        "trafilatura defaults": [(case.folder, rivals[id(case)]) for case in cases],
    }
    for name, scores in rows.items():
        cells = [summary([score for folder, score in scores if folder == wanted]) for wanted in folders]
        print(f"| {name} | " + " | ".join(cells) + " |", file=sys.stderr)
    lost = [c.page.id for c, n in picked if (rivals[id(c)].f1 or 0) >= 0.8 and (c.scores[n].f1 or 0) < 0.6]
    print(f"pages that trafilatura reads (F1 ≥ 0.8) and Tumen does not (< 0.6): {lost}", file=sys.stderr)


def table(name: str, weights: dict[str, float]) -> str:
    """The weights as Python source."""
    items = [f'"{key}": {round(value, 2)},' for key, value in sorted(weights.items()) if round(value, 2)]
    lines = textwrap.wrap(" ".join(item.replace(": ", ":\0") for item in items), 112, break_on_hyphens=False)
    body = "\n".join(f"    {line}" for line in lines).replace("\0", " ")
    return f"{name}: dict[str, float] = {{\n{body}\n}}  # fmt: skip\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--write", action="store_true", help="write the weights into the package")
    options = parser.parse_args()
    cases: list[Case] = []
    for folder, _, weight in (argument.partition("=") for argument in options.folders):
        pages = [page for page in load(Path(folder)) if page.shingles or page.must]
        cases += [case for page in pages if (case := read_case(folder, float(weight or 1), page)) is not None]
    print_table(cases, cross_validate(cases))
    # the choice is fitted on the probabilities of the folds; only then are the blocks fitted on all pages
    names = numbered({name for case in cases for found in case.candidates.values() for name in found})
    choice = fit_choice(cases, names)
    blocks = fit_blocks(cases, prune(cases, block_names(cases)))
    text = table("BLOCK_WEIGHTS", blocks) + "\n" + table("CHOICE_WEIGHTS", choice)
    if options.write:
        target = Path(__file__).parents[1] / "pipeline/extract/weights.py"
        target.write_text(target.read_text().partition("BLOCK_WEIGHTS:")[0] + text)
    else:
        print(text)


if __name__ == "__main__":
    main()
