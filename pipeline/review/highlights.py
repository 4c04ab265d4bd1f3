"""Cuts a text into plain and marked pieces. Pure; offsets count code points, as the table ``evidence`` has them.

In: a title or text and its evidence rows. Out: paragraphs of pieces that a template can print one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some characters of a text; ``kind`` is "" where they are no evidence, else what kind of thing they name."""

    text: str
    kind: str = ""
    concept: str = ""
    why: str = ""
    topics: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    start: int
    end: int
    rows: tuple[dict[str, Any], ...]


def paragraphs(
    text: str, evidence: Iterable[dict[str, Any]], weights: dict[tuple[str, str], float], titles: dict[str, str]
) -> list[list[Piece]]:
    """The text's paragraphs, each as its pieces.

    Args:
        text: as it is stored now.
        evidence: rows of this field. A row whose words no longer stand where it says (the text was revised since) is
            looked for anew, and left out when the words are gone.
        weights: the weight of each topic's clause, for the tooltip.
        titles: the topics' names, for the same.
    """
    made: list[list[Piece]] = []
    start = 0

    def why(row: dict[str, Any]) -> str:
        weight = weights.get((row["topic"], row["clause"]))
        added = "" if weight is None else f" {weight:+.1f}"
        return f"{titles.get(row['topic'], row['topic'])}, {row['clause'].replace('-', ' ')}{added}"

    spans = _merged(_placed(text, evidence))
    for line in text.split("\n"):
        end = start + len(line)
        if line.strip():
            made.append(_cut(text, start, end, spans, why))
        start = end + 1
    return made


def _placed(text: str, evidence: Iterable[dict[str, Any]]) -> list[tuple[int, int, dict[str, Any]]]:
    placed = []
    for row in evidence:
        start, end = row["start"], row["end"]
        if text[start:end] != row["surface"]:
            start = text.find(row["surface"]) if row["surface"] else -1
            end = start + len(row["surface"])
        if 0 <= start < end:
            placed.append((start, end, row))
    return sorted(placed, key=lambda one: (one[0], -one[1]))


def _merged(placed: Sequence[tuple[int, int, dict[str, Any]]]) -> list[_Span]:
    """Overlapping spans as one that keeps every row."""
    merged: list[_Span] = []
    for start, end, row in placed:
        if merged and start < merged[-1].end:
            last = merged[-1]
            merged[-1] = _Span(start=last.start, end=max(last.end, end), rows=(*last.rows, row))
        else:
            merged.append(_Span(start=start, end=end, rows=(row,)))
    return merged


def _cut(text: str, start: int, end: int, spans: Sequence[_Span], why: Callable[[dict[str, Any]], str]) -> list[Piece]:
    pieces: list[Piece] = []
    at = start
    for span in spans:
        left, right = max(span.start, at), min(span.end, end)
        if left >= right:
            continue
        if left > at:
            pieces.append(Piece(text=text[at:left]))
        first = span.rows[0]
        pieces.append(
            Piece(
                text=text[left:right],
                kind=first["kind"],
                concept=" · ".join(dict.fromkeys(row["concept"] for row in span.rows)),
                why="; ".join(dict.fromkeys(why(row) for row in span.rows)),
                topics=" ".join(dict.fromkeys(row["topic"] for row in span.rows)),
            )
        )
        at = right
    if at < end:
        pieces.append(Piece(text=text[at:end]))
    return pieces
