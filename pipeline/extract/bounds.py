"""Refusal of hostile input: cheap checks of the bytes before anything is parsed.

lxml's time grows with the square of one tag's attributes and no signal interrupts it; everything else that it does is
linear. A page that passes and is still too slow meets the limits of ``pipeline.processing.pool``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_BYTES = 12 * 1024 * 1024
MAX_TAGS = 400_000
MAX_ATTRIBUTES = 1_000
"""of one tag; a page of 5,000 takes 20 ms, one of 100,000 takes 12 s (lxml 6.1)."""

_LONG_TAG = 16 * 1024
_SIGNATURES = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"RIFF", "a media file"),
    (b"\x1f\x8b", "compressed data"),
    (b"\x00\x00\x00", "a media file"),
)
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))
_QUOTED = re.compile(rb"\"[^\"]*+\"|'[^']*+'")
_SCRIPT = re.compile(rb"(?:script|style)\b[^>]{0,2000}>", re.IGNORECASE)
_OPENED, _CLOSED = (b"<script", b"<SCRIPT"), (b"</script", b"</SCRIPT")
_SEPARATORS = re.compile(rb"[\s/]+|\"\"|''")


def refusal(html: bytes) -> str | None:  # noqa: PLR0911  one line per reason
    """Return why the page is refused, in a few words, or None."""
    if not html or html.isspace():
        return "empty"
    if len(html) > MAX_BYTES:
        return f"larger than {MAX_BYTES // 1024 // 1024} MB"
    start = html[:1024].lstrip()[:16]
    for signature, what in _SIGNATURES:
        if start.startswith(signature):
            return what
    if not start.startswith(_WIDE_MARKS) and _is_binary(html[:8192]):
        return "binary"
    if b"<" not in html and b"<" not in html.replace(b"\0", b""):
        return "no markup"
    if len(html) > 2 * MAX_TAGS and html.count(b"<") > MAX_TAGS:
        return f"more than {MAX_TAGS:,} tags"
    if any(_attributes(tag) > MAX_ATTRIBUTES for tag in _long_tags(html)):
        return f"a tag with more than {MAX_ATTRIBUTES:,} attributes"
    return None


def _long_tags(html: bytes) -> Iterator[bytes]:
    """Yield long texts that begin like a tag, outside scripts (where ``a<b`` is no tag).

    A stretch of that length without another ``<`` covers one of the page's steps of half the length.
    """
    step = _LONG_TAG // 2
    end = 0
    for place in range(0, len(html), step):
        if place < end or html.find(b"<", place, place + step) >= 0:
            continue
        start = html.rfind(b"<", 0, place) + 1
        end = html.find(b"<", place)
        end = len(html) if end < 0 else end
        tag = html[start:end]
        if start and len(tag) > _LONG_TAG and tag[:1].isalpha() and not _SCRIPT.match(tag):
            opened, closed = (max(html.rfind(name, 0, start) for name in names) for names in (_OPENED, _CLOSED))
            if opened <= closed:
                yield tag


def _is_binary(head: bytes) -> bool:
    """Return whether more than one byte in thirty is a control character, UTF-16 without a mark aside."""
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls * 30 > len(head) and not any(half.count(0) > 0.4 * len(half) for half in (head[1::2], head[::2]))


def _attributes(tag: bytes) -> int:
    """Estimate the number of attributes of a tag, given the text between its ``<`` and the next one."""
    return len(_SEPARATORS.findall(_QUOTED.sub(b'""', tag).partition(b">")[0]))
