"""Content encodings (gzip, deflate, Brotli, Zstandard), undone within a size limit. Pure.

In: a body as sent and its ``Content-Encoding``. Out: the decompressed bytes. Servers name wrong encodings in both
directions: gzip is also recognised by its first bytes, and a body that is plain text despite its header is kept.
"""

from __future__ import annotations

import zlib

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_MAX_STACKED = 3
_ZSTD_WINDOW = 23  # 8 MiB, the most that HTTP allows (RFC 9659); a frame may ask for 128 MiB and more


class TooLarge(Exception):
    """The decompressed body exceeds the limit. ``start``: the part within it."""

    def __init__(self, start: bytes) -> None:
        self.start = start
        super().__init__()


class Undecodable(Exception):
    """The body has neither the encoding of its header nor none. The text completes "cannot be decompressed: …"."""


def decompress(body: bytes, encodings: str, limit: int, *, partial: bool = False) -> bytes:
    """Undo the encodings in reverse order.

    Args:
        body: as sent.
        encodings: the header's value, such as ``gzip`` or ``gzip, br``; the last one was applied last.
        limit: the most bytes that any step may return.
        partial: the body was cut off; return what can be decompressed.

    Raises:
        TooLarge: the result exceeds the limit.
        Undecodable: the body is broken, or the encoding was not offered.
    """
    names = [name.strip().lower() for name in encodings.split(",") if name.strip()]
    names = [name.removeprefix("x-") for name in names if name != "identity"]
    if len(names) > _MAX_STACKED:
        raise Undecodable(f"it is encoded {len(names)} times")
    over = undone_gzip = False
    names = names[::-1]
    while names or (body[:3] == b"\x1f\x8b\x08" and not undone_gzip):
        name = names.pop(0) if names else "gzip"
        undone_gzip = undone_gzip or name == "gzip"
        try:
            body = _undo(name, body, limit, partial)
        except TooLarge as large:
            body, over, partial = large.start, True, True
    if over:
        raise TooLarge(body)
    return body


def _undo(name: str, body: bytes, limit: int, partial: bool) -> bytes:
    if not body:
        return body
    if name == "gzip":
        return _gunzip(body, limit, partial) if body[:2] == b"\x1f\x8b" else _plain(name, body)
    if name == "deflate":
        return _inflate(body, limit, partial)
    if name == "br":
        return _brotli(body, limit, partial)
    if name == "zstd":
        return _zstd(body, limit, partial) if body[:4] == b"\x28\xb5\x2f\xfd" else _plain(name, body)
    try:
        return _plain(name, body)  # some servers name a charset here ("utf-8"), or "none"
    except Undecodable:
        raise Undecodable(f"it is encoded as {name[:20]}, which was not offered") from None


def _plain(name: str, body: bytes) -> bytes:
    """Return a body that lacks the encoding's magic bytes, if it looks like text."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"<", b"{", b"["):
        return body
    raise Undecodable(f"it is not {name}, as its header says")


def _gunzip(body: bytes, limit: int, partial: bool) -> bytes:
    parts: list[bytes] = []
    size = 0
    while body[:2] == b"\x1f\x8b":  # a gzip file may have several members
        engine = zlib.decompressobj(31)
        try:
            part = engine.decompress(body, limit - size + 1)
        except zlib.error as error:
            if partial and parts:
                break
            raise Undecodable("its gzip is broken") from error
        parts.append(part)
        size += len(part)
        if size > limit:
            raise TooLarge(b"".join(parts)[:limit])
        if not engine.eof:
            if not partial and not _lacks_trailer_only(engine):
                raise Undecodable("its gzip is cut off")
            break
        body = engine.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _lacks_trailer_only(engine: zlib._Decompress) -> bool:
    """Return whether the compressed data is whole and only checksum and length after it are missing."""
    try:
        engine.decompress(bytes(8), 1)
    except zlib.error as error:
        return "incorrect" in str(error)  # the zeros were taken for the checksum
    return engine.eof


def _inflate(body: bytes, limit: int, partial: bool) -> bytes:
    """Undo ``deflate``: zlib by the standard (RFC 9110, 8.4.1.2), but raw on many servers."""
    for bits in (15, -15):
        engine = zlib.decompressobj(bits)
        try:
            out = engine.decompress(body, limit + 1)
        except zlib.error:
            continue
        if len(out) > limit:
            raise TooLarge(out[:limit])
        if engine.eof or partial:
            return out
    return _plain("deflate", body)


def _brotli(body: bytes, limit: int, partial: bool) -> bytes:
    import brotli

    engine = brotli.Decompressor()
    try:
        out = bytes(engine.process(body, output_buffer_limit=limit + 1))
        while len(out) <= limit and not engine.is_finished():
            more = bytes(engine.process(b"", output_buffer_limit=limit + 1))
            if not more:
                break
            out += more
    except brotli.error:
        return _plain("br", body)
    if len(out) > limit:
        raise TooLarge(out[:limit])
    if not engine.is_finished() and not partial:
        return _plain("br", body)
    return out


def _zstd(body: bytes, limit: int, partial: bool) -> bytes:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # Python 3.14
    except ImportError:
        from backports import zstd
    engine = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW})
    try:
        out = bytes(engine.decompress(body, limit + 1))
    except zstd.ZstdError as error:
        raise Undecodable("its zstd is broken") from error
    if len(out) > limit:
        raise TooLarge(out[:limit])
    if not engine.eof and not partial:
        raise Undecodable("its zstd is cut off")
    return out
