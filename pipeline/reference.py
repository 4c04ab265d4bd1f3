"""Alignment of the reference's original text with the passages of our digest. Pure functions.

In: the paragraphs of the original, in order, and the passages. Out: the paragraphs by passage id. Paragraphs without a
passage (a byline, a note on the author, a subscription line) are dropped.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.model import Passage

_WORD = re.compile(r"[^\W\d_]{3,}|\d{2,4}")
_LEAST = 0.08  # lowest cosine of a paragraph with its passage


def paragraphs_of(body: bytes, name: str) -> list[str]:
    """Return the paragraphs of a text file, or of the article in a saved page."""
    head = body[:2000].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        from pipeline.extract import extract

        text = extract(body, name if name.startswith("http") else "https://localhost/").text
    else:
        text = body.decode("utf-8-sig", "replace")
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def align(paragraphs: Sequence[str], passages: Sequence[Passage]) -> dict[str, str]:
    """Assign each paragraph to at most one passage, in order, so that the sum of similarities is highest.

    Similarity is the cosine of idf-weighted word counts (Salton and Buckley 1988) of paragraph and digest. Dynamic
    programming finds the assignment, as in sequence alignment (Needleman and Wunsch 1970).
    """
    vectors = _vectors([*paragraphs, *(f"{p.digest} {' '.join(p.concepts).replace('_', ' ')}" for p in passages)])
    rows, columns = vectors[: len(paragraphs)], vectors[len(paragraphs) :]
    gain = [[max(0.0, _cosine(row, column) - _LEAST) for column in columns] for row in rows]
    best = [[0.0] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    for i in range(len(rows)):
        for j in range(len(columns)):
            best[i + 1][j + 1] = max(best[i][j + 1], best[i + 1][j], best[i][j] + gain[i][j])
    aligned: dict[str, str] = {}
    i, j = len(rows), len(columns)
    while i and j:
        if best[i][j] == best[i - 1][j]:
            i -= 1
        elif best[i][j] == best[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            aligned[passages[j].id] = paragraphs[i]
    return dict(reversed(aligned.items()))


def _vectors(texts: Sequence[str]) -> list[Mapping[str, float]]:
    counts = [Counter(word.casefold()[:7] for word in _WORD.findall(text)) for text in texts]
    documents = Counter(word for count in counts for word in count)
    return [{w: math.sqrt(n) * math.log((1 + len(texts)) / documents[w]) for w, n in count.items()} for count in counts]


def _cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    product = sum(weight * b[word] for word, weight in a.items() if word in b)
    norm = math.sqrt(sum(w * w for w in a.values()) * sum(w * w for w in b.values()))
    return product / norm if norm else 0.0
