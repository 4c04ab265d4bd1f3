"""Decompression of whole, cut, broken and oversized bodies."""

from __future__ import annotations

import gzip
import tracemalloc

import brotli
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


def test_second_gzip_member_counts_towards_the_limit() -> None:
    body = gzip.compress(b"a" * 60_000) + gzip.compress(b"b" * 60_000)
    with pytest.raises(TooLarge) as large:
        decompress(body, "gzip", 100_000)
    assert large.value.start == b"a" * 60_000 + b"b" * 40_000
    assert len(decompress(body, "gzip", 120_000)) == 120_000


def test_bomb_in_second_gzip_member_takes_no_more_memory_than_the_limit_allows() -> None:
    limit = 1_000_000
    body = gzip.compress(b"a" * 990_000) + gzip.compress(bytes(20_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            decompress(body, "gzip", limit)
        assert tracemalloc.get_traced_memory()[1] < 3.5 * limit  # the members, their sum, and its part in the limit
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("encodings", "sent", "expected"),
    [
        ("gzip", gzip.compress(WHOLE), WHOLE),
        ("gzip, gzip", gzip.compress(WHOLE), TEXT),
        ("", WHOLE, TEXT),
        ("identity", WHOLE, TEXT),
        ("x-gzip", WHOLE, TEXT),
        ("br", brotli.compress(WHOLE), TEXT),
    ],
    ids=["a .gz file", "twice", "no header", "identity", "old name", "another encoding around it"],
)
def test_gzip_is_undone_as_often_as_the_header_says_and_once_without_it(
    encodings: str, sent: bytes, expected: bytes
) -> None:
    assert decompress(sent, encodings, 100_000) == expected


def test_beginning_of_truncated_brotli_is_kept_for_a_feed_only() -> None:
    words = b" ".join(b"%d" % (number * number) for number in range(5_000))
    cut = brotli.compress(words)[:-200]
    beginning = decompress(cut, "br", 100_000, partial=True)
    assert len(beginning) > 10_000
    assert words.startswith(beginning)
    with pytest.raises(Undecodable):
        decompress(cut, "br", 100_000)
