"""Log lines on standard error, as text or as one JSON object per line, each with its run.

A record that belongs to a run has ``extra={"run": 12}`` and may have the figures of the run as ``extra["figures"]``.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime


def to_stderr(form: str, level: int) -> None:
    """Log our own loggers from this level on, and warnings of all others.

    Args:
        form: ``text`` or ``json``.
        level: a level of the module ``logging``.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("tumen").setLevel(level)
    # APScheduler warns whenever a cycle takes longer than the interval, which is normal
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


class _Text(logging.Formatter):
    """One line: time, level, run, message."""

    def format(self, record: logging.LogRecord) -> str:
        run = f"run={record.run} " if hasattr(record, "run") else ""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        line = f"{at} {record.levelname} {run}{record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _Json(logging.Formatter):
    """One JSON object per line: time, level, message, run, and the figures of a cycle as top-level keys."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if hasattr(record, "run"):
            fields["run"] = record.run
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return json.dumps(fields | getattr(record, "figures", {}), ensure_ascii=False)
