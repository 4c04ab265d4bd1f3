"""Task of one WARC file: read, test, extract, flag, write the result file. Runs in a worker process.

In: a ``Job``. Out: a ``Report``, and the result file unless the report has a problem. A file gives the same result in
any worker, at any time, in any order.
"""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import sqlite3
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from pipeline import processing
from pipeline.backfill.jobs import Job, Report, Site
from pipeline.backfill.journal import Journal
from pipeline.backfill.page_test import PageTest
from pipeline.backfill.warc import Counts, NotWarc, Page, read_pages
from pipeline.errors import ConfigError
from pipeline.flagging import config_version
from pipeline.model import Assessment, EntryId, FeedId, ParsedEntry, QueuedEntry
from pipeline.processing import Flagged
from pipeline.store.archives import FileCounts, Kept, KeptArticle, ResultWriter, new_result
from pipeline.text.sites import site_of
from pipeline.text.urls import canonical, is_home

_AUDIT_ONE_IN = 1_000
_NEAR = 0.15  # relevance from which on an article that is not flagged is a near miss
_COUNTRIES = {"ru": "RU", "su": "RU", "xn--p1ai": "RU", "kr": "KR", "xn--3e0b707e": "KR", "kp": "KP", "jp": "JP"}
_tests: dict[str, tuple[str, PageTest]] = {}


def preload(folder: str) -> None:
    """Load what the first page needs."""
    processing.preload(folder)
    _page_test(Path(folder))


def process_file(job: Job) -> Report:
    """Read one WARC file and write its result file."""
    part = job.result.with_name(f"{job.result.name}.{socket.gethostname()}-{os.getpid()}.part")
    try:
        with Journal(job.result) as journal, new_result(job.result, part) as result:
            counts = _File(job, journal, result).read()
            result.finish(counts)
            return Report(counts=counts)
    except (NotWarc, ConfigError) as error:
        return Report(problem=str(error), fatal=isinstance(error, ConfigError))
    except (OSError, sqlite3.Error) as error:
        own = not isinstance(error, OSError) or _is_about(error, job.result.parent)
        reason = error.strerror if isinstance(error, OSError) else f"{error}"
        name = job.result.parent if own else job.path
        return Report(problem=f"{name}: cannot be {'written' if own else 'read'} ({reason}).", fatal=own)


def _is_about(error: OSError, folder: Path) -> bool:
    return error.filename is None or Path(os.fsdecode(error.filename)).parent == folder


class _File:
    """One file while it is read."""

    def __init__(self, job: Job, journal: Journal, result: ResultWriter) -> None:
        self._job = job
        self._journal = journal
        self._result = result
        self._test = _page_test(job.folder)
        self._kept: dict[Kept, int] = {"relevant": 0, "near": 0, "audit": 0}
        self._outside = self._passed = self._failed = self._broken = 0

    def read(self) -> FileCounts:
        """Read the file and store its articles."""
        counts = Counts()
        for page in read_pages(self._job.path, counts, max_bytes=self._job.max_bytes):
            damaged = counts.damage.members + counts.damage.records + self._broken
            self._journal.count(pages=counts.pages, damaged=damaged, read=counts.read)
            self._take(page)
        return FileCounts(
            pages=counts.pages,
            other=counts.other,
            outside=self._outside,
            passed=self._passed,
            failed=self._failed,
            damaged=counts.damage.members + counts.damage.records + self._broken,
            truncated=counts.damage.truncated,
            **self._kept,
        )

    def _take(self, page: Page) -> None:
        """Extract and store a page if it passes the byte test or is in the audit sample."""
        if not self._job.period.may_hold(page.captured_at):
            self._outside += 1
            return
        site = _site(page.url, self._job)
        passes = self._test.passes(page.body, home=site.home) and not is_home(page.url)
        self._passed += passes
        if not passes and not _is_sampled(page):
            return
        if not page.is_intact():
            self._broken += 1
            return
        self._journal.begin(page.position)
        flagged = self._extract(page, site)
        kept = None if flagged is None else _keep(flagged.assessment, page)
        if flagged is not None and kept is not None:
            if not self._job.period.holds(flagged.article.published or page.captured_at):
                self._outside += 1
                kept = None
            else:
                self._result.add(_row(page, site, flagged, kept))
                self._kept[kept] += 1
        self._journal.end(kept=kept is not None)

    def _extract(self, page: Page, site: Site) -> Flagged | None:
        if self._journal.is_deadly(page.position):
            self._failed += 1
            return None
        # Counts CPU time and ends the process, even while C code hangs. The next worker leaves the page out.
        signal.setitimer(signal.ITIMER_PROF, self._job.page_seconds)
        try:
            return processing.read_page(
                _entry(page, site),
                page.body,
                page.url,
                content_type=page.content_type,
                now=page.captured_at,
                folder=self._job.folder,
            )
        except (MemoryError, ConfigError):
            raise
        except Exception:  # noqa: BLE001 - the edge of one page: it is counted, and the file goes on
            self._failed += 1
            return None
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)


def _keep(assessment: Assessment, page: Page) -> Kept | None:
    """Return why an article is kept, or None."""
    if assessment.relevant or assessment.topics:
        return "relevant"
    if assessment.relevance >= _NEAR or assessment.near_misses:
        return "near"
    return "audit" if _is_sampled(page) else None


def _is_sampled(page: Page) -> bool:
    """Return whether a page belongs to the random sample of pages that nothing else keeps."""
    key = f"{page.url} {page.captured_at.isoformat()}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest()) % _AUDIT_ONE_IN == 0


def _entry(page: Page, site: Site) -> QueuedEntry:
    """Return a page as the entry of a feed that names nothing but its address."""
    url = canonical(page.url) or page.url
    return QueuedEntry(
        id=EntryId(0),
        feed=FeedId(0),
        source=site_of(page.url),
        language=site.language,
        home=site.home,
        identity=url,
        digest="",
        url=url,
        entry=ParsedEntry(id=url, url=page.url, title=""),
        first_seen_at=page.captured_at,
        timezone=site.timezone,
    )


def _row(page: Page, site: Site, flagged: Flagged, kept: Kept) -> KeptArticle:
    return KeptArticle(
        position=page.position,
        captured_at=page.captured_at,
        kept=kept,
        relevance=round(flagged.assessment.relevance, 4),
        title=flagged.article.title,
        url=flagged.article.url,
        site=site_of(page.url),
        home=site.home,
        language=site.language,
        flagged=encode(flagged),
    )


def _site(url: str, job: Job) -> Site:
    """Return what the config knows of the page's site, else its country by the end of its name."""
    host = urlsplit(url).hostname or ""
    if known := job.sites.get(_domain(host)):
        return known
    return Site(home=_COUNTRIES.get(host.rpartition(".")[2]), language="", timezone=None)


@lru_cache(maxsize=4096)
def _domain(host: str) -> str:
    return site_of(f"https://{host}/")


def _page_test(folder: Path) -> PageTest:
    """Return the byte test of the config as it is now."""
    version = config_version(folder)
    held = _tests.get(str(folder))
    if held is None or held[0] != version:
        held = _tests[str(folder)] = (version, PageTest.from_config(folder))
    return held[1]


def encode(flagged: Flagged) -> bytes:
    """Return an article with its flags as bytes for a result file."""
    parts = {each.name: getattr(flagged, each.name) for each in fields(flagged)}
    signature = flagged.signature
    parts["signature"] = {each.name: _ordered(getattr(signature, each.name)) for each in fields(signature)}
    return msgspec.json.encode(parts)


def _ordered(value: object) -> object:
    """Return a set or a mapping in an order that is the same in every process."""
    if isinstance(value, frozenset):
        return sorted(value)
    return dict(sorted(value.items())) if isinstance(value, dict) else value


def decode(written: bytes) -> Flagged:
    """Return what ``encode`` was given."""
    return msgspec.json.decode(written, type=Flagged)
