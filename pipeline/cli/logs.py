"""Log lines on standard error: for people, or an object a line; each with the number of the run that it tells of.

A record that belongs to a run has it as ``extra={"run": 12}``, and may have the run's figures as ``extra["figures"]``.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime


def to_stderr(form: str, level: int) -> None:
    """Write the lines of our own loggers from this level on, and warnings of others.

    Args:
        form: ``text`` or ``json``.
        level: of the module ``logging``.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("tumen").setLevel(level)
    # it warns whenever a cycle takes longer than the time between two, which is no fault
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


class _Text(logging.Formatter):
    """Time, level, run, message."""

    def format(self, record: logging.LogRecord) -> str:
        run = f"run={record.run} " if hasattr(record, "run") else ""
        at = self.formatTime(record, "%Y-%m-%d %H:%M:%S")
        line = f"{at} {record.levelname} {run}{record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _Json(logging.Formatter):
    """One object a line: time, level, message, run, and the figures of a cycle as keys of their own."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if hasattr(record, "run"):
            told["run"] = record.run
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told | getattr(record, "figures", {}), ensure_ascii=False)
