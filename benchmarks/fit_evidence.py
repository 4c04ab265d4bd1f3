"""Fit the weights of ``pipeline/extract/weights.py`` and print how they do on sites left out of the fit.

usage: fit_evidence.py FOLDER[=WEIGHT] … [--write]     (needs numpy, which Tumen itself does not)

FOLDER as for ``extraction.py``; WEIGHT (default 1) makes the pages of a folder with less exact truths count less.

The model is a logistic regression with a ridge penalty: a block is part of the article if most of its 4-grams are in
the known text. It is judged by five folds by site: each figure of Tumen's row is of a page whose site took no part in
the fit, and of the text that ``extract`` would return with these weights. The fit has no random part: the same pages
and the same code give the same weights.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.extraction import TOKEN, Page, Score, load, score_text, shingles, summary, trafilatura_defaults
from pipeline.extract import body, cascade, decode, tree
from pipeline.extract.layout import Layout, squeeze

FOLDS = 5
RIDGE = 60.0
RARE = 150
SMALL = 0.03
PHRASE_WEIGHT = 8.0
"""Weight of a block that is known by a phrase; all blocks of a page with known text weigh 100."""
_SECOND_LEVEL = ("co", "com", "or", "go", "ne", "org", "gov", "ac", "wordpress", "blogspot")


@dataclass(frozen=True, slots=True)
class Case:
    """A page with the features of its blocks and the truth about them."""

    folder: str
    page: Page
    reading: body.Reading
    inside: np.ndarray
    weights: np.ndarray

    @property
    def fold(self) -> int:
        host = urlsplit(self.page.url).hostname or self.page.id
        parts = host.split(".")
        site = ".".join(parts[-3 if len(parts) > 2 and parts[-2] in _SECOND_LEVEL else -2 :])
        if site in ("fakehost", "test"):  # many sites under one invented name
            site = self.page.id
        return int(hashlib.md5(site.encode()).hexdigest(), 16) % FOLDS

    def text(self, weights: dict[str, float]) -> str:
        """The text that Tumen returns with these weights."""
        return body.decide(self.reading, weights, decode.to_utf8(self.page.html)).text

    def kept(self, blocks: Iterable[bool]) -> str:
        """The text of some blocks, trimmed like Tumen's."""
        names = {squeeze(self.reading.claims.title), squeeze(self.reading.claims.site)}
        return body.assemble(self.reading.layout, list(blocks), names)


def read_case(folder: str, weight: float, page: Page) -> Case | None:
    """Run the steps of the product up to the features of the blocks."""
    source = decode.to_utf8(page.html)
    root = tree.parse(source)
    if root is None:
        return None
    claims = cascade.read_record(root, page.url, source).claims()
    reading = body.read_blocks(root, claims)
    if reading is None:
        return None
    inside, weights = label(page, reading.layout)
    return Case(folder, page, reading, inside, weights * weight)


def label(page: Page, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Return for each block whether it is part of the article, and the weight of this knowledge, 0 for none."""
    if page.shingles:
        grams = [shingles(block.text) for block in layout.blocks]
        sizes = np.array([min(gram.total(), 200) + 2.0 for gram in grams])
        pairs = zip(layout.blocks, grams, strict=True)
        inside = np.array([_inside(page.shingles, block.text, gram) for block, gram in pairs], dtype=bool)
        return inside, sizes / max(1.0, sizes.sum()) * 100
    texts = [" ".join(block.text.split()) for block in layout.blocks]
    inside = np.array([any(phrase in text for phrase in page.must) for text in texts], dtype=bool)
    outside = np.array([any(phrase in text for phrase in page.mustnot) for text in texts], dtype=bool)
    # where a phrase stands twice, which place is meant is unknown
    return inside, np.where(inside != outside, PHRASE_WEIGHT, 0.0)


def _inside(wanted: Counter[tuple[str, ...]], text: str, grams: Counter[tuple[str, ...]]) -> bool:
    tokens = TOKEN.findall(text)
    if len(tokens) < 4:
        joined = " ".join(tokens)
        return len(joined) > 3 and any(joined in " ".join(gram) for gram in wanted)
    return sum(count for gram, count in grams.items() if gram in wanted) > grams.total() / 2


@dataclass(frozen=True, slots=True)
class Rows:
    """The known blocks of many pages: features, truth, weight, fold, and whether the page's whole text is known."""

    names: list[str]
    x: np.ndarray
    y: np.ndarray
    w: np.ndarray
    fold: np.ndarray
    whole: np.ndarray


def tabulate(cases: list[Case]) -> Rows:
    """One row per block whose truth is known."""
    known = [
        (case, n, found)
        for case in cases
        for n, found in enumerate(case.reading.features)
        if found is not None and case.weights[n] > 0
    ]
    names = sorted({name for _, _, found in known for name in found})
    places = {name: place for place, name in enumerate(names)}
    x = np.zeros((len(known), len(names)))
    for row, (_, _, found) in enumerate(known):
        for name, value in found.items():
            x[row, places[name]] = value
    return Rows(
        names=names,
        x=x,
        y=np.array([case.inside[n] for case, n, _ in known], dtype=float),
        w=np.array([case.weights[n] for case, n, _ in known]),
        fold=np.array([case.fold for case, _, _ in known]),
        whole=np.array([bool(case.page.shingles) for case, _, _ in known]),
    )


def fit(rows: Rows, used: np.ndarray) -> dict[str, float]:
    """Return the weights of the features that are neither rare nor of little weight."""
    y, w = rows.y[used], rows.w[used]
    columns = np.flatnonzero((rows.x[used & rows.whole] != 0).sum(axis=0) >= RARE)
    for is_final in (False, True):
        x = rows.x[used][:, columns]
        beta = newton(x, y, w)
        if not is_final:
            columns = columns[np.abs(beta) >= SMALL]
    return {rows.names[column]: float(value) for column, value in zip(columns, beta, strict=True)}


def newton(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Maximise the penalised likelihood by Newton's method."""
    beta = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-(x @ beta)))
        gradient = x.T @ (w * (p - y)) + 2 * RIDGE * beta
        hessian = (x * (w * p * (1 - p))[:, None]).T @ x + 2 * RIDGE * np.eye(len(beta))
        step = np.linalg.solve(hessian, gradient)
        beta -= step
        if np.abs(step).max() < 1e-6:
            break
    return beta


def print_table(cases: list[Case], rows: Rows) -> None:
    """Print the scores. Tumen's are of sites left out of the fit; the other rows have no weights."""
    weights = [fit(rows, rows.fold != fold) for fold in range(FOLDS)]
    ours = {case.page.id: score_text(case.page, case.text(weights[case.fold])) for case in cases}
    rivals = {case.page.id: score_text(case.page, trafilatura_defaults(case.page)) for case in cases}
    two = {
        case.page.id: score_text(case.page, case.kept(n >= 2 for n in case.reading.votes.counts())) for case in cases
    }
    fast = {case.page.id: score_text(case.page, case.kept(case.reading.votes.trafilatura)) for case in cases}
    table: dict[str, dict[str, Score]] = {
        "Tumen": ours,
        "blocks that two of the three readers keep": two,
        "trafilatura fast, trimmed": fast,
        "trafilatura defaults": rivals,
    }
    folders = list(dict.fromkeys(case.folder for case in cases))
    print("| text, sites left out of the fit | " + " | ".join(folders) + " |\n" + "| --- " * (len(folders) + 1) + "|")
    for name, scores in table.items():
        cells = [summary([scores[case.page.id] for case in cases if case.folder == folder]) for folder in folders]
        print(f"| {name} | " + " | ".join(cells) + " |")
    lost = [page for page in ours if (rivals[page].f1 or 0) >= 0.8 and (ours[page].f1 or 0) < 0.6]
    print(f"pages that trafilatura reads (F1 ≥ 0.8) and Tumen does not (< 0.6): {lost}")


def source(weights: dict[str, float]) -> str:
    """The weights as Python source."""
    items = [f'"{key}": {round(value, 2)},' for key, value in sorted(weights.items()) if round(value, 2)]
    lines = textwrap.wrap(" ".join(item.replace(": ", ":\0") for item in items), 112, break_on_hyphens=False)
    table = "\n".join(f"    {line}" for line in lines).replace("\0", " ")
    return f"BLOCK_WEIGHTS: dict[str, float] = {{\n{table}\n}}  # fmt: skip\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--write", action="store_true", help="write the weights into the package")
    options = parser.parse_args()
    cases: list[Case] = []
    for folder, _, weight in (argument.partition("=") for argument in options.folders):
        pages = [page for page in load(Path(folder)) if page.shingles or page.must]
        cases += [case for page in pages if (case := read_case(folder, float(weight or 1), page)) is not None]
    rows = tabulate(cases)
    print_table(cases, rows)
    text = source(fit(rows, np.ones(len(rows.y), dtype=bool)))
    if options.write:
        target = Path(__file__).parents[1] / "pipeline/extract/weights.py"
        target.write_text(target.read_text().partition("BLOCK_WEIGHTS:")[0] + text)
    else:
        print(text)


if __name__ == "__main__":
    main()
