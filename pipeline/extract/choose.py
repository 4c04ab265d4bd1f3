"""The choice among whole texts of one page, by how far independent readers agree with each."""

from __future__ import annotations

from collections import defaultdict

from pipeline.extract.blocks import BITS
from pipeline.extract.features import Features
from pipeline.extract.layout import Layout
from pipeline.extract.readers import Votes
from pipeline.extract.weights import CHOICE_WEIGHTS

_SURE = 0.5
_STOPS = tuple('.!?…。！？।"”»’)]')
_SHORT = 500
_MARKS = ("comment", "related", "body", "list")


def choose(layout: Layout, votes: Votes, probabilities: list[float]) -> tuple[str, list[bool]]:
    """Return the name of the best candidate and the blocks that it keeps."""
    found = candidates(votes, probabilities)
    features = describe(layout, votes, found, probabilities)
    name = max(found, key=lambda name: sum(CHOICE_WEIGHTS.get(k, 0.0) * v for k, v in features[name].items()))
    return name, found[name]


def candidates(votes: Votes, probabilities: list[float]) -> dict[str, list[bool]]:
    """Return the texts to choose from, as the blocks that each keeps."""
    return {"blocks": [p > _SURE for p in probabilities], "trafilatura": votes.trafilatura}


def describe(
    layout: Layout, votes: Votes, found: dict[str, list[bool]], probabilities: list[float]
) -> dict[str, Features]:
    """Return the features of each candidate."""
    readers = {
        "blocks": found["blocks"],
        "trafilatura": votes.trafilatura,
        "resiliparse": votes.resiliparse,
        "density": votes.density,
    }
    return {
        name: {name: 1.0} | _agreement(layout, kept, readers) | _shape(layout, kept, probabilities)
        for name, kept in found.items()
    }


def _agreement(layout: Layout, kept: list[bool], readers: dict[str, list[bool]]) -> Features:
    """How much of the candidate each reader keeps, and how much of each reader the candidate keeps."""
    features: Features = {}
    scores = []
    size = _sum(layout.sizes, kept)
    for name, other in readers.items():
        both = sum(s for s, mine, theirs in zip(layout.sizes, kept, other, strict=True) if mine and theirs)
        whole = _sum(layout.sizes, other)
        features[f"in_{name}"] = both / size if size else 0.0
        features[f"has_{name}"] = both / whole if whole else 0.0
        scores.append(2 * both / (size + whole) if size + whole else 0.0)
    features["median"] = sorted(scores)[len(scores) // 2]
    return features


def _shape(layout: Layout, kept: list[bool], probabilities: list[float]) -> Features:
    """What the candidate's text looks like, and what it leaves out."""
    size = _sum(layout.sizes, kept)
    clean = sum(layout.clean)
    features = {
        "empty": float(size < 100),
        "short": float(size < _SHORT),
        "clean": _sum(layout.clean, kept) / clean if clean else 0.0,
        "split": _split(layout, kept) / (clean + 1),
    }
    if not size:
        return features
    right = sum(s * p for s, keep, p in zip(layout.sizes, kept, probabilities, strict=True) if keep)
    due = sum(s * p for s, p in zip(layout.sizes, probabilities, strict=True))
    weights = [s if keep else 0.0 for s, keep in zip(layout.sizes, kept, strict=True)]
    features["expected"] = 2 * right / (size + due)
    features["sure"] = right / size
    features["links"] = sum(w * link for w, link in zip(weights, layout.linked, strict=True)) / size
    features["stops"] = sum(w for w, b in zip(weights, layout.blocks, strict=True) if b.text.endswith(_STOPS)) / size
    for mark in _MARKS:
        bit = BITS[mark]
        features[f"mark_{mark}"] = sum(w for w, m in zip(weights, layout.marks, strict=True) if m & bit) / size
    return features


def _split(layout: Layout, kept: list[bool]) -> float:
    """Return the size of clean paragraphs left out whose kind is kept elsewhere."""
    left: defaultdict[str, float] = defaultdict(float)
    used = set()
    for kind, clean, keep in zip(layout.kinds, layout.clean, kept, strict=True):
        if clean and keep:
            used.add(kind)
        elif clean:
            left[kind] += clean
    return sum(left[kind] for kind in used)


def _sum(sizes: list[float], kept: list[bool]) -> float:
    return sum(size for size, keep in zip(sizes, kept, strict=True) if keep)
