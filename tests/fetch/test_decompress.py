"""Decompression of whole, cut, broken and oversized bodies."""

from __future__ import annotations

import gzip

import pytest

from pipeline.fetch.decompress import TooLarge, Undecodable, decompress

TEXT = bytes(range(256)) * 40
WHOLE = gzip.compress(TEXT)
BROKEN = WHOLE[:60] + b"\xff" * 40 + WHOLE[100:]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (WHOLE, TEXT),
        (WHOLE + gzip.compress(b"more"), TEXT + b"more"),
        (WHOLE + bytes(30), TEXT),
        (WHOLE + b"<html>", TEXT),
        (gzip.compress(b""), b""),
    ],
    ids=["whole", "two members", "zeros after it", "text after it", "empty"],
)
@pytest.mark.parametrize("partial", [False, True])
def test_gzip_is_decompressed(body: bytes, expected: bytes, partial: bool) -> None:
    assert decompress(body, "gzip", 100_000, partial=partial) == expected


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (WHOLE[:-20], "its gzip is cut off"),
        (WHOLE[:6], "its gzip is cut off"),
        (WHOLE[:-8] + bytes(8), "its gzip is broken"),
        (BROKEN, "its gzip is broken"),
    ],
    ids=["cut", "cut in the header", "wrong checksum", "broken in the middle"],
)
def test_damaged_gzip_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    with pytest.raises(Undecodable, match=f"^{reason}$"):
        decompress(body, "gzip", 100_000)


def test_beginning_of_truncated_gzip_is_kept() -> None:
    beginning = decompress(WHOLE[:-20], "gzip", 100_000, partial=True)
    assert beginning
    assert TEXT.startswith(beginning)


@pytest.mark.parametrize("partial", [False, True])
def test_gzip_bomb_stops_at_limit(partial: bool) -> None:
    with pytest.raises(TooLarge):
        decompress(gzip.compress(bytes(20_000_000)), "gzip", 100_000, partial=partial)
