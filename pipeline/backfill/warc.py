"""WARC files: the pages in a file, and its damage in numbers. Damage never ends the reading of a file.

In: a path. Out: one ``Page`` per HTML response with status 200. Files may be compressed record by record (as the
standard asks), as a whole, or not at all.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pipeline.backfill.members import MAGIC, Damage, members
from pipeline.fetch.decompress import TooLarge, Undecodable, decompress

_HEADER = 64 * 1024  # bytes of a record's header at most
_RECORD = re.compile(rb"(?:^|\n)(?=WARC/[01]\.\d+\r?\n)")
_BLANK = re.compile(rb"\r?\n\r?\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]{0,200}\r\n")
_HTML = ("text/html", "application/xhtml+xml")


class NotWarc(ValueError):
    """The file is no WARC file with responses; the text says what it is and what to do."""


@dataclass(frozen=True, slots=True)
class Page:
    """A captured page.

    Attributes:
        position: the number of its record in the file, from 0.
        url: the address that was requested.
        captured_at: time of the capture.
        content_type: the HTTP header.
        body: without transfer and content encodings.
        digest: the record's ``WARC-Payload-Digest``, or "".
        payload: the body as it is in the record, for ``is_intact``.
    """

    position: int
    url: str
    captured_at: datetime
    content_type: str
    body: bytes
    digest: str = ""
    payload: bytes = field(default=b"", repr=False)

    def is_intact(self) -> bool:
        """Return whether the body has the digest of its record. A record without a known digest is intact."""
        kind, _, given = self.digest.partition(":")
        if kind.lower() not in {"sha1", "sha256", "md5"} or not given:
            return True
        return any(
            given.upper().rstrip("=") in (base64.b32encode(value).decode().rstrip("="), value.hex().upper())
            for body in dict.fromkeys((self.payload, self.body))  # with or without encodings: crawlers differ
            for value in (hashlib.new(kind.lower(), body, usedforsecurity=False).digest(),)
        )


@dataclass(slots=True)
class Counts:
    """What a file held.

    Attributes:
        records: readable records of any type.
        pages: HTML responses with status 200.
        other: responses of another status or type, cut by the crawler, too large, or without address or date.
        read: bytes of the file that are behind the reader.
        damage: what could not be read.
    """

    records: int = 0
    pages: int = 0
    other: int = 0
    read: int = 0
    damage: Damage = field(default_factory=Damage)


def read_pages(path: Path, counts: Counts, *, max_bytes: int) -> Iterator[Page]:
    """Yield the pages of a file.

    Args:
        path: the file.
        counts: what is counted while reading.
        max_bytes: larger pages are left out.

    Raises:
        NotWarc: the file is empty, no WARC file, or has no HTTP responses although it is whole.
        OSError: the file cannot be read.
    """
    limit = 2 * max_bytes + _HEADER
    types: set[str] = set()
    with path.open("rb") as file:
        _check_start(path, file)
        for headers, block in _records(file, counts, limit):
            kind = headers.get("warc-type", "")
            types.add(kind)
            if kind == "response":
                page = _page(headers, block, counts.records - 1, max_bytes)
                counts.pages += page is not None
                counts.other += page is None
                if page is not None:
                    yield page
    if "response" not in types and "conversion" in types:
        raise NotWarc(f"{path}: is a WET file (texts without pages). Use the WARC file of the same name.")
    if not counts.records:
        raise NotWarc(f"{path}: has no readable WARC record.")


def first_bytes(path: Path) -> bytes:
    """Return the first decompressed bytes of a file; b"" if it is empty or not readable as gzip."""
    with path.open("rb") as file:
        head = file.read(len(MAGIC))
        if head == MAGIC:
            return next(next(members(file, Damage())), b"")[:4096]
        return head + file.read(4096)


def _check_start(path: Path, file: BinaryIO) -> None:
    """Raise ``NotWarc`` for a file that is recognisably something else. A damaged start is no reason to give up."""
    head = first_bytes(path)
    if not head and not file.read(1):
        raise NotWarc(f"{path}: is empty.")
    file.seek(0)
    if head.startswith(b"filedesc://"):
        raise NotWarc(f"{path}: is an ARC file. Convert it with “warcio recompress”, then use the WARC file.")


def _records(file: BinaryIO, counts: Counts, limit: int) -> Iterator[tuple[Mapping[str, str], bytes]]:
    file.seek(0)
    head = file.read(1024 * 1024)
    compressed = head.startswith(MAGIC) or _RECORD.search(head) is None
    file.seek(0)
    damage = counts.damage
    sources = members(file, damage) if compressed else iter([iter(lambda: file.read(1024 * 1024), b"")])
    for pieces in sources:
        for record in _records_of(_Text(pieces), damage, limit):
            counts.records += 1
            counts.read = file.tell()
            yield record


class _Text:
    """Decompressed bytes, of which a part is in memory."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.data = b""

    def need(self, size: int) -> bool:
        """Read until so many bytes are in ``data``; return whether there are."""
        if len(self.data) < size:
            parts, total = [self.data], len(self.data)
            for piece in self._pieces:
                parts.append(piece)
                total += len(piece)
                if total >= size:
                    break
            self.data = b"".join(parts)
        return len(self.data) >= size

    def skip(self, size: int) -> bool:
        """Drop so many bytes without keeping them; return whether there were as many."""
        while len(self.data) < size:
            size -= len(self.data)
            self.data = next(self._pieces, b"")
            if not self.data:
                return False
        self.data = self.data[size:]
        return True

    def find_record(self) -> bool:
        """Drop everything before the next header of a record; return whether there is one."""
        while True:
            if found := _RECORD.search(self.data):
                self.data = self.data[found.end() :]
                return True
            self.data = self.data[-16:]  # where a header may begin that ends in the next piece
            if not self.need(len(self.data) + 1):
                self.data = b""
                return False


def _records_of(text: _Text, damage: Damage, limit: int) -> Iterator[tuple[Mapping[str, str], bytes]]:
    """Yield header and block of the records in one member, or in a whole file."""
    before = damage.members
    while text.need(1):
        if text.data[:1] in b"\r\n":
            text.data = text.data.lstrip(b"\r\n")
            continue
        text.need(_HEADER)
        end = _BLANK.search(text.data, 0, _HEADER)
        headers = _headers(text.data[: end.start()]) if end else {}
        size = headers.get("content-length", "")
        if end is None or not text.data.startswith(b"WARC/") or not (size.isascii() and size.isdecimal()):
            damage.records += 1
            text.data = text.data[1:]
            if not text.find_record():
                return
            continue
        start, length = end.end(), int(size[:15])
        if length > limit:
            if not text.skip(start + length):
                damage.records += 1
                return
            yield headers, b""
        elif block := _block(text, start, length, damage, broken=lambda: damage.members > before):
            yield headers, block[0]


def _block(text: _Text, start: int, length: int, damage: Damage, *, broken: Callable[[], bool]) -> tuple[bytes] | None:
    """Take a record's block; None, and go to the next record, if the length in its header is wrong."""
    stop = start + length
    enough = text.need(stop + 4)
    if broken():  # what came before the break cannot be trusted either, and the member is counted
        text.data = b""
        return None
    if (not enough and len(text.data) < stop) or text.data[stop : stop + 4].strip(b"\r\n"):
        damage.records += 1
        text.data = text.data[start:]
        text.find_record()
        return None
    block = text.data[start:stop]
    text.data = text.data[stop:]
    return (block,)


def _headers(lines: bytes) -> dict[str, str]:
    """Return the fields after the first line, names in lower case. Of repeated fields the first counts."""
    found: dict[str, str] = {}
    for line in lines.split(b"\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            found.setdefault(name.strip().lower().decode("latin-1"), value.strip().decode("utf-8", "replace"))
    return found


def _page(headers: Mapping[str, str], block: bytes, position: int, max_bytes: int) -> Page | None:
    """Return the page of a response; None unless it is a whole HTML page with status 200."""
    if "warc-truncated" in headers:
        return None
    end = _BLANK.search(block, 0, _HEADER)
    if end is None or block[:5] != b"HTTP/" or block[:40].split()[1:2] != [b"200"]:
        return None
    http = _headers(block[: end.start()])
    kind = http.get("content-type") or headers.get("warc-identified-payload-type", "")
    if not kind.lower().startswith(_HTML):
        return None
    payload = block[end.end() :]
    url = headers.get("warc-target-uri", "").strip("<>")
    try:
        captured_at = datetime.fromisoformat(headers.get("warc-date", ""))
        body = _dechunk(payload) if "chunked" in http.get("transfer-encoding", "").lower() else payload
        body = decompress(body, http.get("content-encoding", ""), max_bytes)
    except (ValueError, TooLarge, Undecodable):
        return None
    if captured_at.tzinfo is None or not url.startswith(("http://", "https://")) or not 0 < len(body) <= max_bytes:
        return None
    return Page(position, url, captured_at, kind, body, headers.get("warc-payload-digest", ""), payload)


def _dechunk(payload: bytes) -> bytes:
    """Undo chunked transfer encoding. A body without it is returned as it is: many crawlers keep the header alone."""
    parts: list[bytes] = []
    at = 0
    while head := _CHUNK.match(payload, at):
        size = int(head[1], 16)
        if not size:
            return b"".join(parts)
        parts.append(payload[head.end() : head.end() + size])
        at = head.end() + size + 2
    return payload
