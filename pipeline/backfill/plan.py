"""Plan of a backfill: which WARC files there are, which of them the ledger lacks, and which days have no file."""

from __future__ import annotations

import gzip
import hashlib
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pipeline.backfill.jobs import Period
from pipeline.backfill.warc import first_bytes
from pipeline.errors import BadValue, NotFound
from pipeline.store.archives import ArchiveFile, read_counts

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_STAMP = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?!\d)")
_KNOWN_HOLES = (date(2021, 6, 6), date(2023, 10, 23))  # days without files in CC-NEWS (news-crawl issues 46 and 57)


@dataclass(frozen=True, slots=True)
class WarcFile:
    """A WARC file on disk."""

    path: Path
    size: int

    @property
    def stamp(self) -> datetime | None:
        """Return the time in the file's name, as crawlers write it: ``CC-NEWS-20180621101530-00021``."""
        return stamp_of(self.path.name)


def stamp_of(name: str) -> datetime | None:
    """Return the time in the name of a WARC file, or None."""
    with suppress(ValueError):
        if found := _STAMP.search(name):
            return datetime(*map(int, found.groups()), tzinfo=UTC)  # type: ignore[arg-type,misc]  # six numbers
    return None


def find_files(arguments: Sequence[Path]) -> list[WarcFile]:
    """Return the WARC files that arguments name: files, folders, and lists with one path per line.

    Raises:
        NotFound: a file does not exist, or nothing is named.
        BadValue: a list names addresses, or two files have the same name and size.
    """
    files: dict[Path, WarcFile] = {}
    for path in _expand(arguments):
        try:
            files[path.resolve()] = WarcFile(path, path.stat().st_size)
        except OSError as error:
            raise NotFound(f"{path}: cannot be read ({error.strerror}).") from None
    if not files:
        raise NotFound("There is no WARC file to read. Name files, folders, or a list with one path per line.")
    twice = Counter((file.path.name, file.size) for file in files.values())
    for (name, size), times in twice.items():
        if times > 1:
            raise BadValue(f"{name} ({size:,} bytes) is named {times} times in different folders; rename or drop one.")
    return sorted(files.values(), key=lambda file: file.path.name)


def _expand(arguments: Iterable[Path]) -> Iterator[Path]:
    for path in arguments:
        if path.is_dir():
            yield from sorted(each for each in path.iterdir() if re.search(r"\.warc(\.gz)?$", each.name))
        elif not path.exists():
            raise NotFound(f"{path}: does not exist.")
        elif (lines := list_lines(path)) is not None:
            if address := next(filter(_ADDRESS.fullmatch, lines), None):
                raise BadValue(f"{path}: lists addresses ({address}). Download them first: tumen backfill download.")
            yield from (Path(line) if Path(line).is_absolute() else path.parent / line for line in lines)
        else:
            yield path


def list_lines(path: Path) -> list[str] | None:
    """Return the lines of a list of files or addresses; None if the file is no such list."""
    try:
        head = first_bytes(path)
        if not head or head.startswith((b"WARC/", b"filedesc:")) or b"\0" in head:
            return None
        raw = path.read_bytes() if path.stat().st_size < 64 * 1024 * 1024 else b""
        text = (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode()
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile):
        return None
    except OSError as error:
        raise NotFound(f"{path}: cannot be read ({error.strerror}).") from None
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return lines if lines and all(re.search(r"(?i)warc", line) for line in lines) else None


def version_of(config: str, period: Period) -> str:
    """Return the digest that names results: of the config and the period."""
    parts = [config, *(each.isoformat() if each else "" for each in (period.start, period.end))]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=6).hexdigest()


def result_of(file: WarcFile, folder: Path, version: str) -> Path:
    """Return the path of a file's result."""
    return folder / f"{file.path.name}-{file.size}-{version}.sqlite"


def split_by_ledger(
    found: Sequence[WarcFile], ledger: Iterable[ArchiveFile], folder: Path, version: str
) -> tuple[list[WarcFile], list[tuple[WarcFile, ArchiveFile]]]:
    """Return the files without a result, and the results that the ledger lacks since a run was killed."""
    done = {
        (file.name, file.size) for file in ledger if not file.problem and (file.merged_at or Path(file.result).exists())
    }
    missing: list[WarcFile] = []
    adopted: list[tuple[WarcFile, ArchiveFile]] = []
    for file in found:
        if (file.path.name, file.size) in done:
            continue
        result = result_of(file, folder, version)
        row = _adopt(file, result, version)
        if row is None:
            missing.append(file)
        else:
            adopted.append((file, row))
    return missing, adopted


def _adopt(file: WarcFile, result: Path, version: str) -> ArchiveFile | None:
    if not result.exists():
        return None
    try:
        counts = read_counts(result)
    except (sqlite3.Error, TypeError):
        return None
    return ArchiveFile(
        name=file.path.name,
        size=file.size,
        version=version,
        read_at=datetime.fromtimestamp(result.stat().st_mtime, UTC),
        result=str(result),
        counts=counts,
    )


def may_hold(file: WarcFile, period: Period) -> bool:
    """Return whether a file may hold captures of the period, by the time in its name; True without one."""
    stamp = file.stamp
    # a file holds what was captured from its time until about an hour later
    return stamp is None or period.may_hold(stamp) or period.may_hold(stamp + timedelta(hours=6))


def coverage(names: Iterable[str], period: Period) -> list[str]:
    """Return a map of the days for which there are files, one line per month; [] if no name has a time.

    A digit is the number of files of a day (9 for more), “·” a day without a file, “o” a day that CC-NEWS lacks.
    """
    per_day = Counter(stamp.date() for stamp in map(stamp_of, names) if stamp)
    if not per_day:
        return []
    first = min(period.start.date(), *per_day) if period.start else min(per_day)
    last = max((period.end - timedelta(days=1)).date(), *per_day) if period.end else max(per_day)
    months: dict[str, str] = {}
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        sign = str(min(per_day[day], 9)) if per_day[day] else "o" if day in _KNOWN_HOLES else "·"
        months[f"{day:%Y-%m}"] = months.get(f"{day:%Y-%m}", " " * (day.day - 1)) + sign
    return [f"{month} {days}" for month, days in months.items()]
