"""Undoes content encodings, within a bound. Pure.

In: a body as sent and its ``Content-Encoding``. Out: the bytes, never more than the bound. Servers lie about encodings
in both ways, so gzip is known by its first bytes too, and a body that is plain in spite of its label is taken as it is.
"""

from __future__ import annotations

import zlib
from functools import cache
from typing import Any

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_MAX_STACKED = 3
_ZSTD_WINDOW = 23  # 8 MiB, the most that HTTP allows (RFC 9659); a frame may claim 128 and more


class TooLarge(Exception):
    """Decoding would give more than the bound."""


class Undecodable(Exception):
    """The body is not in the encoding it claims, nor plain."""


def decode(body: bytes, encodings: str, limit: int, *, partial: bool = False) -> bytes:
    """Undo the encodings in their order.

    Args:
        body: as sent.
        encodings: the header's value, such as ``gzip`` or ``gzip, br``; the last was applied last.
        limit: the most bytes that any step may give.
        partial: the body was cut; what can be decoded is enough.

    Raises:
        TooLarge: beyond the limit.
        Undecodable: the body is broken, or the encoding is one that we did not offer.
    """
    names = [name.strip().lower() for name in encodings.split(",") if name.strip()]
    names = [name.removeprefix("x-") for name in names if name != "identity"]
    if len(names) > _MAX_STACKED:
        raise Undecodable(f"it is encoded {len(names)} times over")
    for name in reversed(names):
        body = _undo(name, body, limit, partial)
    if body[:3] == b"\x1f\x8b\x08" and "gzip" not in names:
        body = _undo("gzip", body, limit, partial)
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
        return _plain(name, body)  # such as “utf-8” or “none”, from servers that take it for a charset
    except Undecodable:
        raise Undecodable(f"it is encoded as {name[:20]}, which was not asked for") from None


def _plain(name: str, body: bytes) -> bytes:
    """A body without the encoding's mark: plain in spite of its label, if it looks like text."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"<", b"{", b"["):
        return body
    raise Undecodable(f"it is not the {name} that its header says")


@cache
def _inflater() -> tuple[Any, tuple[Any, ...]]:
    """Zlib's interface and what it raises: isal's, which takes a third of the time, where that has wheels."""
    try:
        from isal import igzip_lib, isal_zlib
    except ImportError:
        return zlib.decompressobj, (zlib.error,)
    return isal_zlib.decompressobj, (zlib.error, igzip_lib.IsalError)


def _gunzip(body: bytes, limit: int, partial: bool) -> bytes:
    begin, broken = _inflater()
    parts: list[bytes] = []
    size = 0
    while body[:2] == b"\x1f\x8b":
        engine = begin(31)
        try:
            part = engine.decompress(body, limit - size + 1)
        except broken as error:
            if partial and parts:
                break
            raise Undecodable("its gzip is broken") from error
        parts.append(part)
        size += len(part)
        if size > limit:
            raise TooLarge
        if not engine.eof:
            if not partial:
                raise Undecodable("its gzip is cut off")
            break
        body = engine.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _inflate(body: bytes, limit: int, partial: bool) -> bytes:
    """``deflate`` is zlib by the standard (RFC 9110, 8.4.1.2) and raw in the wild."""
    for bits in (15, -15):
        engine = zlib.decompressobj(bits)
        try:
            out = engine.decompress(body, limit + 1)
        except zlib.error:
            continue
        if len(out) > limit:
            raise TooLarge
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
        raise TooLarge
    if not engine.is_finished() and not partial:
        return _plain("br", body)
    return out


def _zstd(body: bytes, limit: int, partial: bool) -> bytes:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        from backports import zstd
    engine = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW})
    try:
        out = bytes(engine.decompress(body, limit + 1))
    except zstd.ZstdError as error:
        raise Undecodable("its zstd is broken") from error
    if len(out) > limit:
        raise TooLarge
    if not engine.eof and not partial:
        raise Undecodable("its zstd is cut off")
    return out
