"""Heads of HTTP responses, repaired for h11, which refuses what browsers and curl read.

In: the bytes before the body. Out: the same head without invalid lines, with one framing header. Pure.
"""

from __future__ import annotations

import re

_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_STATUS_LINE = re.compile(rb"(?:HTTP/(?P<version>[0-9](?:\.[0-9])?)|ICY)[ \t]+(?P<rest>[0-9]{3}(?:[ \t].*)?)")
_FIRST_FRAME = re.compile(rb"\x00[\x00-\xff]{2}[\x04\x07]")  # HTTP/2 SETTINGS or GOAWAY; the length has 3 bytes


class NotHttp(Exception):
    """The bytes are no HTTP/1 response; the text completes "broke off its response (…)"."""


def split_head(data: bytes) -> tuple[bytes, bytes] | None:
    """Return the head of a response and what follows it; None while it is incomplete.

    Raises:
        NotHttp: the response does not begin as HTTP/1 does.
    """
    data = data.lstrip(b"\r\n")
    start = data[:5]
    if not (b"HTTP/".startswith(start[:5]) or b"ICY ".startswith(start[:4])) and start:
        if _FIRST_FRAME.match(data):
            raise NotHttp("the server needs HTTP/2, which Tumen does not speak")
        if len(data) >= 5:
            raise NotHttp("the server does not speak HTTP")
    found = _END.search(data)
    return (data[: found.start()], data[found.end() :]) if found else None


def repaired(head: bytes) -> bytes:
    """Return the head as h11 accepts it.

    Lines without a colon and headers with an invalid name are dropped. Of equal ``Content-Length``, and of a repeated
    ``Transfer-Encoding: chunked``, one remains; a length beside ``chunked`` is dropped (RFC 9112, 6.3).

    Raises:
        NotHttp: the status line is not valid.
    """
    first, *lines = _LINE_END.split(head)
    status = _STATUS_LINE.fullmatch(_CONTROL.sub(b" ", first).rstrip())
    if status is None:
        raise NotHttp(f"its status line is invalid: {first[:40].decode('latin-1')}")
    version = b"1.0" if status["version"] in (None, b"1.0", b"0.9") else b"1.1"
    fields = _fields(lines)
    chunked = any(b"chunked" in value.lower() for name, value in fields if name.lower() == b"transfer-encoding")
    kept = [b"HTTP/" + version + b" " + status["rest"]]
    lengths: set[bytes] = set()
    for name, value in fields:
        key = name.lower()
        if key == b"transfer-encoding":
            continue
        if key == b"content-length":
            lengths |= {part.strip() for part in value.split(b",")}
        else:
            kept.append(name + b": " + value)
    if chunked:
        kept.append(b"Transfer-Encoding: chunked")
    else:
        kept += [b"Content-Length: " + length for length in lengths]
    return b"\r\n".join(kept) + b"\r\n\r\n"


def _fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Return the valid headers; a line that begins with a blank continues the header before it."""
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            if fields:
                name, value = fields[-1]
                fields[-1] = (name, value + b" " + _CONTROL.sub(b" ", line).strip())
            continue
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t")
        if colon and _NAME.fullmatch(name):
            fields.append((name, _CONTROL.sub(b" ", value).strip(b" \t")))
    return fields
