"""Highlighting: cut a text into plain and highlighted pieces.

In: a title or text, its evidence rows, and the hits of a search. Out: paragraphs of pieces that a template prints one
after another. Pure. Offsets count code points, as in the table ``evidence``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a text.

    Attributes:
        kind: the kind of the concept it names, or "" for plain text.
        concept: name of the concept; several if highlights overlap.
        link: id of the first of them.
        found: it is, or contains, a hit of the search that led to the article.
    """

    text: str
    kind: str = ""
    concept: str = ""
    link: str = ""
    why: str = ""
    found: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    start: int
    end: int
    rows: tuple[dict[str, Any], ...]


_HIT = {"kind": "found"}  # stands for an evidence row


def paragraphs(
    text: str,
    evidence: Iterable[dict[str, Any]],
    weights: dict[tuple[str, str], float],
    titles: dict[str, str],
    hits: Iterable[tuple[int, int]] = (),
) -> list[list[Piece]]:
    """Return the paragraphs of a text, each as a list of pieces.

    Args:
        text: the text as it is stored now.
        evidence: rows of this field.
        weights: the weight of each (topic, clause), for the tooltip.
        titles: the name of each topic, for the tooltip.
        hits: start and end of each hit of a search.
    """
    result: list[list[Piece]] = []
    start = 0

    def why(row: dict[str, Any]) -> str:
        weight = weights.get((row["topic"], row["clause"]))
        added = "" if weight is None else f" {weight:+.1f}"
        return f"{titles.get(row['topic'], row['topic'])}, {row['clause'].replace('-', ' ')}{added}"

    placed = [*_placed(text, evidence), *((at, end, _HIT) for at, end in hits)]
    spans = _merged(sorted(placed, key=lambda span: (span[0], -span[1])))
    for line in text.split("\n"):
        end = start + len(line)
        if line.strip():
            result.append(_cut(text, start, end, spans, why))
        start = end + 1
    return result


def _placed(text: str, evidence: Iterable[dict[str, Any]]) -> list[tuple[int, int, dict[str, Any]]]:
    placed = []
    for row in evidence:
        start, end = row["start"], row["end"]
        if text[start:end] != row["surface"]:  # the text was revised after it was flagged: search for the words
            start = text.find(row["surface"]) if row["surface"] else -1
            end = start + len(row["surface"])
        if 0 <= start < end:
            placed.append((start, end, row))
    return placed


def _merged(placed: Sequence[tuple[int, int, dict[str, Any]]]) -> list[_Span]:
    """Merge overlapping spans, keeping the rows of all of them."""
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
        rows = [row for row in span.rows if row is not _HIT]
        first = rows[0] if rows else _HIT
        pieces.append(
            Piece(
                text=text[left:right],
                kind=first["kind"],
                concept=" · ".join(dict.fromkeys(row["concept"] for row in rows)),
                link=first.get("concept_id", ""),
                why="; ".join(dict.fromkeys(why(row) for row in rows)),
                found=_HIT in span.rows,
            )
        )
        at = right
    if at < end:
        pieces.append(Piece(text=text[at:end]))
    return pieces
