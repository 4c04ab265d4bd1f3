"""Gzip members of a file that may be damaged: what each holds, and where reading has to start again.

In: an open file. Out: an iterator over members, each an iterator over decompressed pieces. After damage, reading goes
on at the next member that begins a WARC record. ``fastwarc`` and ``warcio`` stop there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from isal import isal_zlib

MAGIC = b"\x1f\x8b\x08"
_GZIP = 31  # window bits that mean “gzip header and trailer”
_READ = 32 * 1024  # about one member; what is read beyond it is copied
_PIECE = 4 * 1024 * 1024  # decompressed bytes at once; a member may be a whole file, or a bomb
_SEARCH = 1024 * 1024
_BROKEN = cast("type[Exception]", isal_zlib.error)  # isal declares it as an instance


@dataclass(slots=True)
class Damage:
    """What could not be read of a file.

    Attributes:
        members: gzip members that are broken, cut off, or preceded by bytes that are no member.
        records: records with a wrong length, a wrong digest or an unreadable header.
        truncated: the file ends in the middle of a record.
    """

    members: int = 0
    records: int = 0
    truncated: bool = False


def members(file: BinaryIO, damage: Damage) -> Iterator[Iterator[bytes]]:
    """Yield the members in order. Read each to its end before the next."""
    position = 0
    while True:
        file.seek(position)
        if not (head := file.read(len(MAGIC))):
            return
        if head != MAGIC:
            damage.members += 1
            position = _next_member(file, position)
            continue
        member = _Member(file, position, damage)
        yield iter(member)
        for _ in member:  # what the caller left
            pass
        position = member.end if member.whole else _next_member(file, position + 1)


class _Member:
    """One member, which can be iterated only once.

    Attributes:
        end: the offset in the file after it.
        whole: its checksum is right.
    """

    def __init__(self, file: BinaryIO, start: int, damage: Damage) -> None:
        self.end = start
        self.whole = False
        self._pieces = self._read(file, start, damage)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def _read(self, file: BinaryIO, start: int, damage: Damage) -> Iterator[bytes]:
        file.seek(start)
        inflate = isal_zlib.decompressobj(_GZIP)
        waiting = b""
        try:
            while not inflate.eof:
                chunk = waiting or file.read(_READ)
                if not chunk:
                    damage.members += 1
                    damage.truncated = True
                    return
                piece = inflate.decompress(chunk, _PIECE)
                waiting = inflate.unconsumed_tail
                if piece:
                    yield piece
        except _BROKEN:
            damage.members += 1
            return
        self.whole = True
        self.end = file.tell() - len(inflate.unused_data)


def _next_member(file: BinaryIO, position: int) -> int:
    """Return the offset of the next member that begins a WARC record; the end of the file if there is none."""
    while True:
        file.seek(position)
        block = file.read(_SEARCH)
        if len(block) < len(MAGIC):
            return position + len(block)
        found = block.find(MAGIC)
        while found >= 0:
            if _begins_record(file, position + found):
                return position + found
            found = block.find(MAGIC, found + 1)
        position += len(block) - len(MAGIC) + 1


def _begins_record(file: BinaryIO, position: int) -> bool:
    file.seek(position)
    try:
        return bool(isal_zlib.decompressobj(_GZIP).decompress(file.read(4096), 5) == b"WARC/")
    except _BROKEN:
        return False
