"""Reading of WARC files: sound ones as others read them, damaged ones without losing what is undamaged."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from pipeline.backfill.warc import Counts, NotWarc, Page, read_pages
from tests.backfill import made

LIMIT = 5_000_000
CAPTURES = made.demo_pages()


def read(path: Path) -> tuple[list[Page], Counts]:
    counts = Counts()
    return list(read_pages(path, counts, max_bytes=LIMIT)), counts


@pytest.mark.parametrize("compressed", [True, False])
def test_reader_gives_what_fastwarc_and_warcio_give(tmp_path: Path, compressed: bool) -> None:
    path = made.write(tmp_path / "a.warc", CAPTURES, compressed=compressed)
    pages, counts = read(path)
    with path.open("rb") as file:
        warcio = [
            (record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read())
            for record in ArchiveIterator(file)
        ]
    with path.open("rb") as file:
        fast = [
            (record.headers["WARC-Target-URI"], record.reader.read())
            for record in FastIterator(file, record_types=WarcRecordType.response)
        ]
    assert [(page.url, page.body) for page in pages] == warcio == fast
    assert [page.captured_at for page in pages] == [capture.captured_at.replace(microsecond=0) for capture in CAPTURES]
    assert counts.pages == len(CAPTURES)
    assert (counts.damage.members, counts.damage.records, counts.damage.truncated) == (0, 0, False)


@pytest.mark.parametrize("name", made.DAMAGES)
def test_every_undamaged_record_of_a_damaged_file_is_read(tmp_path: Path, name: str) -> None:
    damage, lost = made.DAMAGES[name]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(damage(made.members(CAPTURES)))
    pages, counts = read(path)
    intact = [page for page in pages if page.is_intact()]
    bodies = {capture.url: capture.body for capture in CAPTURES}
    assert all(bodies[page.url] == page.body for page in intact)
    assert len(intact) == len(CAPTURES) - lost
    found = counts.damage.members + counts.damage.records + len(pages) - len(intact)
    assert found == (0 if name.startswith("one gzip") else 1)
    assert counts.damage.truncated == (name == "cut in the last record")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_costs_at_most_the_records_that_it_touches(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = made.members(CAPTURES[:12])
    body = b"".join(whole)
    start = data.draw(st.integers(0, len(body) - 1))
    size = data.draw(st.integers(1, 3_000))
    filler = data.draw(st.sampled_from([b"", b"\0" * size, b"\x1f\x8b\x08" * (size // 3)]))
    path = tmp_path_factory.mktemp("warc") / "a.warc.gz"
    path.write_bytes(body[:start] + filler + body[start + size :])
    ends = [sum(map(len, whole[: n + 1])) for n in range(len(whole))]
    touched = sum(
        1 for end, member in zip(ends, whole, strict=True) if end > start and end - len(member) < start + size
    )
    try:
        pages, _ = read(path)
    except NotWarc:
        pages = []
    assert len(pages) >= len(whole) - touched
    assert {page.body for page in pages} <= {capture.body for capture in CAPTURES}


def test_only_whole_html_pages_with_status_200_are_pages(tmp_path: Path) -> None:
    first = CAPTURES[0]
    captures = [
        first,
        replace(first, url="https://a.example/404", status="404 Not Found"),
        replace(first, url="https://a.example/pdf", content_type="application/pdf"),
        replace(first, url="https://a.example/large", body=b"x" * (LIMIT + 1)),
        replace(first, url="https://a.example/empty", body=b""),
        replace(first, url="https://a.example/xhtml", content_type="application/xhtml+xml"),
    ]
    pages, counts = read(made.write(tmp_path / "a.warc.gz", captures))
    assert [page.url for page in pages] == [first.url, "https://a.example/xhtml"]
    assert (counts.pages, counts.other, counts.records) == (2, 4, 6)


def http(headers: str, body: bytes) -> bytes:
    block = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{headers}\r\n".encode() + body
    record = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/\r\nWARC-Date: 2018-06-21T10:00:00Z\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return record.encode() + block + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("", b"<p>text"),
        ("Transfer-Encoding: chunked\r\n", b"3\r\n<p>\r\n4;x=y\r\ntext\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", b"<p>text"),  # the crawler has undone it, and kept the header
        ("Content-Encoding: gzip\r\n", gzip.compress(b"<p>text", mtime=0)),
        ("Content-Encoding: gzip\r\n", b"<p>text"),
    ],
)
def test_encodings_of_the_response_are_undone(tmp_path: Path, headers: str, body: bytes) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(http(headers, body))
    assert [page.body for page in read(path)[0]] == [b"<p>text"]


def test_record_cut_by_the_crawler_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(http("", b"<p>text").replace(b"WARC-Date", b"WARC-Truncated: length\r\nWARC-Date"))
    assert read(path)[1].other == 1


def other_files() -> Iterator[tuple[str, bytes, str]]:
    wet = b"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 4\r\n\r\ntext\r\n\r\n"
    arc = b"filedesc://a.arc 0.0.0.0 20180621000000 text/plain 76\n1 0 Alexa\n"
    yield "empty", b"", "is empty"
    yield "text", b"This is a letter.\n" * 500, "has no readable WARC record"
    yield "gzip text", gzip.compress(b"This is a letter.\n" * 500), "has no readable WARC record"
    yield "WET", gzip.compress(wet), "is a WET file"
    yield "ARC", gzip.compress(arc), "is an ARC file"
    yield "garbage", bytes(range(256)) * 40, "has no readable WARC record"


@pytest.mark.parametrize(
    ("body", "reason"), [each[1:] for each in other_files()], ids=[each[0] for each in other_files()]
)
def test_file_that_is_no_warc_file_is_named_as_what_it_is(tmp_path: Path, body: bytes, reason: str) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(body)
    with pytest.raises(NotWarc, match=reason) as error:
        read(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_memory_is_bounded_by_a_record_not_by_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bomb.warc.gz"
    header = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 200000000\r\n\r\n"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header)
        for _ in range(200):
            file.write(bytes(1_000_000))
        file.write(b"\r\n\r\n")
    path.write_bytes(path.read_bytes() + b"".join(made.members(CAPTURES[:2])))
    import tracemalloc

    tracemalloc.start()
    pages, _ = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(pages) == 2
    assert peak < 40_000_000


def test_a_file_of_many_records_in_one_member_is_read(tmp_path: Path) -> None:
    whole = made.members(CAPTURES)
    pairs = [
        gzip.compress(gzip.decompress(a) + gzip.decompress(b)) for a, b in zip(whole[::2], whole[1::2], strict=False)
    ]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(pairs))
    assert len(read(path)[0]) == 2 * len(pairs)
