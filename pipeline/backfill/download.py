"""Download of listed WARC files: one connection, in parts, resumable, checked for wholeness.

In: addresses. Out: files in a folder. A file has the ending ``.part`` until all its bytes are there. A part that fails
is asked for again, later each time, and not before the time that the server names.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from msgspec.structs import replace

from pipeline.errors import BadValue, Unavailable, Unwritable
from pipeline.fetch import Fetcher
from pipeline.model import Fetched, Outcome, Request
from pipeline.settings.fetch import FetchSettings

COMMON_CRAWL = "https://data.commoncrawl.org/"
_PART = 16 * 1024 * 1024
_PART_SECONDS = 600.0
_TRIES = 8  # of one part; the waits double from _WAIT to _LONGEST_WAIT
_WAIT = 5.0
_LONGEST_WAIT = 300.0
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_FINAL = {"not_found", "gone", "forbidden_address", "bad_url", "robots", "tls", "redirects", "too_large"}

Sleep = Callable[[float], Awaitable[None]]
Watch = Callable[[str, int, int], None]


class DownloadFailed(Exception):
    """A file could not be downloaded; the text is a sentence for people."""


@dataclass(slots=True)
class Downloaded:
    """Counts of a download.

    Attributes:
        present: files that were there already.
        problems: one sentence per file that failed.
    """

    files: int = 0
    present: int = 0
    size: int = 0
    problems: tuple[str, ...] = ()


def addresses(lines: Iterable[str], base: str = COMMON_CRAWL) -> list[str]:
    """Return the addresses of a list; paths as in ``warc.paths.gz`` are taken from ``base``.

    Raises:
        BadValue: two files of the list have the same name.
    """
    found = list(dict.fromkeys(urljoin(base, line) for line in lines))
    names: dict[str, str] = {}
    for url in found:
        if (other := names.setdefault(name_of(url), url)) != url:
            raise BadValue(f"{url} and {other} have the same file name; download them into two folders.")
    return found


def name_of(url: str) -> str:
    """Return the name of the file at an address."""
    return Path(urlsplit(url).path).name or "file.warc.gz"


def download(
    urls: Iterable[str],
    folder: Path,
    settings: FetchSettings,
    *,
    watch: Watch = lambda *_: None,
    sleep: Sleep = asyncio.sleep,
) -> Downloaded:
    """Download files one after the other.

    Args:
        urls: their addresses.
        folder: where they go.
        settings: ``[fetch]`` of the config.
        watch: called after each part with the name of the file, its bytes so far, and its size.
        sleep: waits some seconds.

    Raises:
        Unwritable: the folder cannot be written, or the disk is full.
        Unavailable: no file could be downloaded.
    """
    report = Downloaded()
    limits = replace(settings, page_delay=0.0, deadline_seconds=_PART_SECONDS)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(_download_all(urls, folder, limits, report, watch, sleep))
    except OSError as error:
        raise Unwritable(f"{folder}: cannot be written ({error.strerror}). Run the command again to go on.") from None
    if report.problems and not report.files + report.present:
        raise Unavailable(f"No file could be downloaded. {report.problems[0]}")
    return report


async def _download_all(  # noqa: PLR0917 - as download
    urls: Iterable[str], folder: Path, limits: FetchSettings, report: Downloaded, watch: Watch, sleep: Sleep
) -> None:
    async with Fetcher(limits) as fetcher:
        for url in urls:
            one = _Download(fetcher, url, folder / name_of(url), watch, sleep)
            if one.is_done():
                report.present += 1
                continue
            try:
                report.size += await one.run()
                report.files += 1
            except DownloadFailed as failed:
                report.problems += (f"{url}: {failed}",)


class _Download:
    """The download of one file."""

    def __init__(self, fetcher: Fetcher, url: str, target: Path, watch: Watch, sleep: Sleep) -> None:
        self._fetcher = fetcher
        self._url = url
        self._target = target
        self._part = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")
        self._watch = watch
        self._sleep = sleep

    def is_done(self) -> bool:
        """Return whether the file is there already."""
        return self._target.exists()

    async def run(self) -> int:
        """Download the file and return its size."""
        total, tag = self._noted()
        have = self._part.stat().st_size if total and self._part.exists() else 0
        while total is None or have < total:
            response = await self._fetch(have)
            size, new_tag = _total(response, have), response.headers.get("etag", "")
            if have and (size, new_tag) != (total, tag):  # another file is at the address now
                have, total, tag = 0, None, ""
                self._note.unlink(missing_ok=True)
                continue
            total, tag = size, new_tag
            if not have:
                self._note.write_text(json.dumps([total, tag]), encoding="utf-8")
            have = self._append(response.body[: total - have], have)
            self._watch(self._target.name, have, total)
        self._part.replace(self._target)
        self._note.unlink(missing_ok=True)
        return total

    def _noted(self) -> tuple[int | None, str]:
        """Return size and ETag of the file when its download began; None without a usable note."""
        with suppress(OSError, ValueError, TypeError):
            total, tag = json.loads(self._note.read_text(encoding="utf-8"))
            return int(total), str(tag)
        return None, ""

    def _append(self, body: bytes, have: int) -> int:
        with self._part.open("r+b" if have else "wb") as file:
            file.seek(have)
            file.write(body)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        return have + len(body)

    async def _fetch(self, have: int) -> Fetched:
        """Fetch the next part; wait and try again while that may help."""
        request = Request(url=self._url, kind="page", span=(have, have + _PART - 1))
        for attempt in range(_TRIES):
            outcome = await self._fetcher.get(request)
            if isinstance(outcome, Fetched) and outcome.body:
                return outcome
            if attempt == _TRIES - 1 or _is_final(outcome):
                break
            asked = getattr(outcome, "retry_after", None)
            wait = asked.total_seconds() if asked else min(_WAIT * 2**attempt, _LONGEST_WAIT)
            await self._sleep(wait)
        raise DownloadFailed(getattr(outcome, "reason", "The server sent nothing."))


def _is_final(outcome: Outcome) -> bool:
    kind = getattr(outcome, "kind", "")
    status = getattr(outcome, "status", None) or 0
    return kind in _FINAL or (kind == "status" and 400 <= status < 500 and status != 408)


def _total(response: Fetched, have: int) -> int:
    """Return the size of the whole file."""
    if response.status != 206:
        if have:
            raise DownloadFailed("The server does not support downloads in parts.")
        announced = response.headers.get("content-length", "")
        return int(announced) if announced.isdecimal() else len(response.body)
    found = _RANGE.fullmatch(response.headers.get("content-range", "").strip())
    if found is None or int(found[1]) != have:
        raise DownloadFailed("The server sent another part than the one asked for.")
    return int(found[3])
