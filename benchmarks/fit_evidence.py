"""Fit the weights of ``pipeline/extract/weights.py`` and say how far they hold on publishers that were left out.

usage: fit_evidence.py FOLDER[=WEIGHT] … [--write]     (needs numpy, which Tumen itself does not)

FOLDER as for ``extraction.py``; WEIGHT (1) counts its pages less where its truth is less clean. A block is part of the
article when most of its 4-grams are in the known text. Logistic regression with a ridge penalty, every page with the
same weight, blocks by their length (200 words at most). The table with five folds is the honest one: the pages of
one site are always in the same fold.
"""

from __future__ import annotations

import hashlib
import statistics
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.extraction import TOKEN, Page, load, shingles
from pipeline.extract import body, decode, evidence, head, linked, titles, tree, view
from pipeline.extract.blocks import cut
from pipeline.extract.cascade import site_name

FOLDS = 5
RIDGE = 40.0
RARE = 60
SMALL = 0.015


@dataclass(slots=True)
class Case:
    """A page with the evidence on its blocks."""

    folder: str
    page: Page
    view: view.View
    voted: str
    claims: evidence.Claims
    evidence: list[evidence.Evidence | None]
    inside: np.ndarray
    weights: np.ndarray

    @property
    def fold(self) -> int:
        site = ".".join((urlsplit(self.page.url).hostname or "").split(".")[-2:])
        return int(hashlib.md5(site.encode()).hexdigest(), 16) % FOLDS


def look(folder: str, page: Page, weight: float) -> Case | None:
    """The same steps as the product's."""
    root = tree.parse(decode.to_utf8(page.html))
    if root is None:
        return None
    top = head.read_head(root, page.url)
    story = linked.article(linked.nodes(top.data), top.first("og:title"), top.title)
    tree.strip_unseen(root)
    site = site_name(top, story)
    title = titles.title(story, top, root, page.url, site) or ""
    tree.strip_chrome(root)
    tree.strip_inline(root)
    main = root.find("body")
    measured = view.measure(*cut(main if main is not None else root))
    if not measured.blocks:
        return None
    view.take_link_lists(measured)
    claims = evidence.Claims(
        title=title,
        site=site or "",
        description=top.first("description", "og:description"),
        body=linked.text(story, "articleBody"),
    )
    voted = view.fold(body.main_text(root))
    found = evidence.collect(measured, voted, claims)
    grams = [shingles(block.text) for block in measured.blocks]
    sizes = np.array([min(gram.total(), 200) + 2.0 for gram in grams])
    inside = np.array([_inside(page, block.text, gram) for block, gram in zip(measured.blocks, grams, strict=True)])
    return Case(folder, page, measured, voted, claims, found, inside, sizes / sizes.sum() * 100 * weight)


def _inside(page: Page, text: str, grams: Counter[tuple[str, ...]]) -> bool:
    tokens = TOKEN.findall(text)
    if len(tokens) < 4:
        joined = " ".join(tokens)
        return len(joined) > 3 and any(joined in " ".join(gram) for gram in page.shingles)
    return sum(count for gram, count in grams.items() if gram in page.shingles) > grams.total() / 2


def matrix(case: Case, names: dict[str, int]) -> np.ndarray:
    rows = np.zeros((len(case.evidence), len(names)))
    for n, found in enumerate(case.evidence):
        for name, value in (found or {}).items():
            if name in names:
                rows[n, names[name]] = value
    return rows


def fit(cases: list[Case], names: dict[str, int]) -> np.ndarray:
    """Newton's method on the penalised likelihood."""
    used = [np.array([found is not None for found in case.evidence]) for case in cases]
    x = np.vstack([matrix(case, names)[mask] for case, mask in zip(cases, used, strict=True)])
    y = np.concatenate([case.inside[mask] for case, mask in zip(cases, used, strict=True)])
    w = np.concatenate([case.weights[mask] for case, mask in zip(cases, used, strict=True)])
    beta = np.zeros(len(names))
    for _ in range(30):
        p = 1 / (1 + np.exp(-(x @ beta)))
        gradient = x.T @ (w * (p - y)) + 2 * RIDGE * beta
        hessian = (x * (w * p * (1 - p))[:, None]).T @ x + 2 * RIDGE * np.eye(len(names))
        step = np.linalg.solve(hessian, gradient)
        beta -= step
        if np.abs(step).max() < 1e-6:
            break
    return beta


def score(case: Case, weights: dict[str, float]) -> tuple[float, float]:
    """Precision and recall of the text that the weights lead to."""
    chances = [evidence.chance(found, weights) if found else 0.0 for found in case.evidence]
    names = {view.fold(case.claims.title), view.fold(case.claims.site)}
    got = shingles(body.assemble(case.view, body.settle(case.view, case.voted, chances), names))
    hits = (got & case.page.shingles).total()
    return hits / max(1, got.total()), hits / max(1, case.page.shingles.total())


def report(name: str, scores: list[tuple[float, float]]) -> None:
    if scores:
        precision, recall = (statistics.mean(values) for values in zip(*scores, strict=True))
        f1 = 2 * precision * recall / (precision + recall)
        print(f"# left out by site, {name}: {len(scores)} pages, F1 {f1:.4f}", file=sys.stderr)


def main() -> None:
    folders = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    cases: list[Case] = []
    for folder, _, weight in (argument.partition("=") for argument in folders):
        cases += [case for page in load(Path(folder)) if (case := look(folder, page, float(weight or 1)))]
    counts = Counter(name for case in cases for found in case.evidence for name in found or ())
    names = {name: place for place, name in enumerate(sorted(n for n, count in counts.items() if count >= RARE))}
    scores: list[tuple[Case, tuple[float, float]]] = []
    for fold in range(FOLDS):
        beta = fit([case for case in cases if case.fold != fold], names)
        weights = {name: float(beta[place]) for name, place in names.items()}
        scores += [(case, score(case, weights)) for case in cases if case.fold == fold]
    for folder in dict.fromkeys(case.folder for case in cases):
        report(folder, [found for case, found in scores if case.folder == folder])
    report("aeb", [found for case, found in scores if case.page.group == "aeb"])
    beta = fit(cases, names)
    lines = [f'    "{name}": {round(float(beta[n]), 3)},' for name, n in names.items() if abs(beta[n]) >= SMALL]
    table = "WEIGHTS: dict[str, float] = {\n" + "\n".join(lines) + "\n}\n"
    if "--write" in sys.argv:
        target = Path(__file__).parents[1] / "pipeline/extract/weights.py"
        target.write_text(target.read_text().partition("WEIGHTS:")[0] + table)
    else:
        print(table)


if __name__ == "__main__":
    main()
