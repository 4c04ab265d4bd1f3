"""Values of backfill: the period, a job for one WARC file, and its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.store.archives import FileCounts

_CAPTURED_LATER = timedelta(days=7)  # a crawler may capture an article some days after it was published


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The time that is wanted: from the beginning of one day to the end of another, UTC; None for no limit."""

    start: datetime | None = None
    end: datetime | None = None

    def may_hold(self, captured_at: datetime) -> bool:
        """Return whether a page of this capture may be an article of the period."""
        late = self.end is not None and captured_at >= self.end + _CAPTURED_LATER
        return not late and (self.start is None or captured_at >= self.start)

    def holds(self, published: datetime) -> bool:
        """Return whether an article of this time belongs to the period."""
        return (self.start is None or published >= self.start) and (self.end is None or published < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the config knows of a site: home, language and time zone of its first source."""

    home: str | None
    language: str
    timezone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One WARC file to read.

    Attributes:
        path: the file; on a cluster every worker must see it under this path, and the folder of ``result`` too.
        result: the result file to write.
        folder: the config folder.
        page_seconds: CPU seconds that one page may take.
    """

    path: Path
    size: int
    result: Path
    folder: Path
    period: Period
    sites: Mapping[str, Site]
    max_bytes: int
    page_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a job.

    Attributes:
        problem: why the file could not be read, as a sentence for people; None if it could.
        fatal: no other file can be read either, because the results cannot be written.
    """

    counts: FileCounts = field(default_factory=FileCounts)
    problem: str | None = None
    fatal: bool = False
