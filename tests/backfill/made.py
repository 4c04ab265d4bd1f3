"""Made WARC files: pages of the demo's newspapers, and the ways in which a file can be damaged.

Each damage is done to a list of gzip members (one record each) and says how many records are lost by it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.demo.pages import render_page
from pipeline.demo.world import World

NOW = datetime(2018, 7, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Capture:
    """A page as a crawler captured it."""

    url: str
    body: bytes
    captured_at: datetime
    content_type: str = "text/html"
    status: str = "200 OK"


def demo_pages(now: datetime = NOW) -> list[Capture]:
    """All pages of the demo's newspapers, in their own charsets: UTF-8, windows-1251, EUC-KR."""
    return [
        Capture(page.url, render_page(page, ()), page.published, f"text/html; charset={page.site.encoding}")
        for page in World(now=now, broken=False).pages()
    ]


def members(captures: Iterable[Capture], *, compressed: bool = True) -> list[bytes]:
    """One response record per capture, each in its own gzip member."""
    return [gzip.compress(record(capture), 6) if compressed else record(capture) for capture in captures]


def record(capture: Capture) -> bytes:
    """A response record, as Common Crawl writes it."""
    http = f"HTTP/1.1 {capture.status}\r\nContent-Type: {capture.content_type}\r\n\r\n".encode() + capture.body
    header = (
        "WARC/1.0\r\n"
        "WARC-Type: response\r\n"
        f"WARC-Record-ID: <urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, capture.url)}>\r\n"
        f"WARC-Target-URI: {capture.url}\r\n"
        f"WARC-Date: {capture.captured_at:%Y-%m-%dT%H:%M:%SZ}\r\n"
        "Content-Type: application/http; msgtype=response\r\n"
        f"WARC-Payload-Digest: sha1:{base64.b32encode(hashlib.sha1(capture.body).digest()).decode()}\r\n"
        f"Content-Length: {len(http)}\r\n\r\n"
    )
    return header.encode() + http + b"\r\n\r\n"


def write(path: Path, captures: Iterable[Capture], *, compressed: bool = True) -> Path:
    """Write a sound WARC file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(members(captures, compressed=compressed)))
    return path


def _flipped(member: bytes, size: int) -> bytes:
    middle = len(member) // 2
    return member[:middle] + bytes(byte ^ 0x55 for byte in member[middle : middle + size]) + member[middle + size :]


def _with_length(member: bytes, change: int) -> bytes:
    text = gzip.decompress(member)
    wrong = re.sub(rb"Content-Length: (\d+)", lambda m: b"Content-Length: %d" % (int(m[1]) + change), text, count=1)
    return gzip.compress(wrong)


def _with_digest(member: bytes) -> bytes:
    return gzip.compress(re.sub(rb"(WARC-Payload-Digest: sha1:)\w{4}", rb"\1AAAA", gzip.decompress(member)))


def _in_middle(change: Callable[[bytes], bytes]) -> Callable[[Sequence[bytes]], bytes]:
    def damaged(whole: Sequence[bytes]) -> bytes:
        at = len(whole) // 2
        return b"".join((*whole[:at], change(whole[at]), *whole[at + 1 :]))

    return damaged


def _zeroed(whole: Sequence[bytes]) -> bytes:
    """A hole of the file system: the middle third of a record is zeros."""
    return _in_middle(lambda m: m[: len(m) // 3] + bytes(len(m) // 3) + m[2 * (len(m) // 3) :])(whole)


def _plain(whole: Sequence[bytes]) -> bytes:
    """No compression, and the header of one record overwritten."""
    texts = [gzip.decompress(member) for member in whole]
    at = len(texts) // 2
    texts[at] = b"X" * 8 + texts[at][8:]
    return b"".join(texts)


DAMAGES: dict[str, tuple[Callable[[Sequence[bytes]], bytes], int]] = {
    "cut in the last record": (lambda whole: b"".join(whole)[: -len(whole[-1]) // 2], 1),
    "60 bytes changed": (_in_middle(lambda member: _flipped(member, 60)), 1),
    "300 bytes missing": (_in_middle(lambda m: m[: len(m) // 2] + m[len(m) // 2 + 300 :]), 1),
    "garbage between members": (_in_middle(lambda member: b"\x1f\x8b\x08garbage" * 500 + member), 0),
    "length too large": (_in_middle(lambda member: _with_length(member, 700)), 1),
    "length too small": (_in_middle(lambda member: _with_length(member, -700)), 1),
    "one gzip over the whole file": (lambda whole: gzip.compress(b"".join(map(gzip.decompress, whole))), 0),
    "zeros in a record": (_zeroed, 1),
    "no compression, a header overwritten": (_plain, 1),
    "wrong digest": (_in_middle(_with_digest), 1),
}
