"""What the matcher hands on: the hits of a text, packed, so that an article with hundreds costs no object for each."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable
from itertools import chain

Span = tuple[int, int, int]  # start, end, number of the concept; offsets count code points, half-open
Hits = bytes  # spans in the order of the text, each number in 64 bits


def packed(spans: Iterable[Span]) -> Hits:
    """Pack spans."""
    return array("q", chain.from_iterable(spans)).tobytes()


def numbers_of(hits: Hits) -> memoryview[int]:
    """Start, end and concept of each, one after the other."""
    return memoryview(hits).cast("q")


def spans_of(hits: Hits) -> list[Span]:
    """Unpack all."""
    return list(struct.iter_unpack("3q", hits))
