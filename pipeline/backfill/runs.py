"""Runs of backfill: read the files that the ledger lacks, with progress, one run per folder of results at a time.

In: files, settings, an engine. Out: a ``Summary``, result files, rows of the ledger.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.backfill import journal
from pipeline.backfill.engines import Engine
from pipeline.backfill.jobs import Job, Period, Report, Site
from pipeline.backfill.plan import WarcFile, may_hold, result_of, split_by_ledger, version_of
from pipeline.errors import Unwritable
from pipeline.flagging import config_version
from pipeline.settings import Settings
from pipeline.store import archives, transaction
from pipeline.store.archives import ArchiveFile, FileCounts
from pipeline.text.sites import site_of

_TICK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run has to do.

    Attributes:
        missing: files to read, by name.
        done: rows of files that were read before, some of them without a row in the ledger yet.
        skipped: files outside the period, by the time in their names.
        version: digest of config and period.
    """

    missing: Sequence[WarcFile]
    done: Sequence[ArchiveFile]
    adopted: Sequence[ArchiveFile]
    skipped: int
    version: str
    results: Path
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is; counts include the files that are being read."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    pages: int
    kept: int
    damaged: int
    seconds: float

    @property
    def pages_per_second(self) -> float:
        """Return the mean since the start."""
        return self.pages / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Return an estimate from the bytes that were read; None at the beginning."""
        if self.bytes_done <= 0 or self.seconds < 1:
            return None
        return self.seconds * (self.bytes_total - self.bytes_done) / self.bytes_done


@dataclass(slots=True)
class Summary:
    """What a run did.

    Attributes:
        files: number of files that were read.
        counts: of those files.
        problems: one sentence per file that could not be read.
    """

    files: int = 0
    counts: FileCounts = field(default_factory=FileCounts)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


def plan(
    conn: sqlite3.Connection, found: Sequence[WarcFile], settings: Settings, period: Period, results: Path
) -> Plan:
    """Compare files with the ledger.

    Raises:
        ConfigError: the config cannot be read.
    """
    version = version_of(config_version(settings.folder), period)
    wanted = [file for file in found if may_hold(file, period)]
    ledger = archives.files(conn, version)
    missing, adopted = split_by_ledger(wanted, ledger, results, version)
    return Plan(
        missing=missing,
        done=[file for file in ledger if not file.problem],
        adopted=[row for _, row in adopted],
        skipped=len(found) - len(wanted),
        version=version,
        results=results,
        period=period,
    )


def read(  # noqa: PLR0917 - what a run consists of
    conn: sqlite3.Connection,
    work: Plan,
    settings: Settings,
    engine: Engine,
    now: Callable[[], datetime],
    watch: Callable[[Progress], None] = lambda _: None,
) -> Summary:
    """Read the missing files. The caller holds the lock of the folder of results.

    Raises:
        Unwritable: results cannot be written, for example because the disk is full.
        Unavailable: the cluster cannot be reached, or does not fit.
    """
    _prepare(work.results)
    with transaction(conn):
        for row in work.adopted:
            archives.record(conn, row)
    jobs = [_job(file, work, settings) for file in work.missing]
    meter = _Meter(jobs, watch)
    summary = Summary()
    for job, report in engine.run(jobs, meter.tick):
        if report.fatal:
            raise Unwritable(f"{report.problem} Nothing is lost: run the command again to read the rest.")
        with transaction(conn):
            archives.record(conn, _row(job, report, work.version, now()))
        meter.done(job, report)
        summary.files += not report.problem
        summary.counts += report.counts
        if report.problem:
            summary.problems.append(report.problem)
    summary.seconds = meter.seconds
    return summary


def _prepare(results: Path) -> None:
    """Create the folder, and drop what a killed run left half-written."""
    try:
        results.mkdir(parents=True, exist_ok=True)
        for part in results.glob("*.part"):
            part.unlink(missing_ok=True)
    except OSError as error:
        raise Unwritable(
            f"{results}: cannot be written ({error.strerror}). Choose another folder with --results."
        ) from None


def _job(file: WarcFile, work: Plan, settings: Settings) -> Job:
    return Job(
        path=file.path.resolve(),
        size=file.size,
        result=result_of(file, work.results.resolve(), work.version),
        folder=settings.folder.resolve(),
        period=work.period,
        sites=_sites(settings),
        max_bytes=settings.fetch.max_page_bytes,
        page_seconds=settings.extract.seconds,
    )


def _sites(settings: Settings) -> dict[str, Site]:
    found: dict[str, Site] = {}
    for source in settings.sources:
        site = Site(home=source.home, language=source.language, timezone=source.timezone)
        found.setdefault(site_of(source.url), site)
    return found


def _row(job: Job, report: Report, version: str, now: datetime) -> ArchiveFile:
    return ArchiveFile(
        name=job.path.name,
        size=job.size,
        version=version,
        read_at=now,
        result="" if report.problem else str(job.result),
        problem=report.problem,
        counts=report.counts,
    )


class _Meter:
    """Sums the counts of files that are done and of those that are being read, from their journals."""

    def __init__(self, jobs: Sequence[Job], watch: Callable[[Progress], None]) -> None:
        self._watch = watch
        self._open = {job.result: job for job in jobs}
        self._total = len(jobs)
        self._bytes = sum(job.size for job in jobs)
        self._sums = [0, 0, 0, 0]  # pages, kept, damaged, bytes
        self._began = self._last = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def done(self, job: Job, report: Report) -> None:
        del self._open[job.result]
        counts = report.counts
        for place, value in enumerate((counts.pages, counts.kept, counts.damaged, job.size)):
            self._sums[place] += value
        self._show()

    def tick(self) -> None:
        if time.monotonic() - self._last >= _TICK_SECONDS:
            self._show()

    def _show(self) -> None:
        self._last = time.monotonic()
        pages, kept, damaged, size = (sum(column) for column in zip(self._sums, *self._running(), strict=True))
        self._watch(
            Progress(
                files_done=self._total - len(self._open),
                files_total=self._total,
                bytes_done=size,
                bytes_total=self._bytes,
                pages=pages,
                kept=kept,
                damaged=damaged,
                seconds=self.seconds,
            )
        )

    def _running(self) -> Iterator[tuple[int, int, int, int]]:
        for path in self._folder().glob("*.journal"):
            result = path.with_name(path.name.removesuffix(".journal"))
            if result in self._open:
                yield journal.progress(result)

    def _folder(self) -> Path:
        return next((result.parent for result in self._open), Path("/nonexistent"))
