"""The table ``[daemon]`` of ``tumen.toml``: the schedule of cycles and housekeeping."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from pipeline.errors import ConfigError
from pipeline.settings.schedule import check_cron, is_timezone


class DaemonSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Schedule of ``tumen daemon``. Feeds have their own intervals: a cycle polls only those that are due.

    Attributes:
        every_minutes: from the start of one cycle to the start of the next.
        cron: five cron fields, instead of ``every_minutes``: ``*/10 6-22 * * *``.
        housekeeping: when the database is checked, tidied and backed up, as five cron fields.
        timezone: time zone of both, by its IANA name.
        backup_folder: folder for the backup that each housekeeping makes; empty for none.
        backups: number of backups that are kept.
    """

    every_minutes: Annotated[float, Meta(ge=0.01, le=525_600)] = 5.0
    cron: str = ""
    housekeeping: str = "20 4 * * *"
    timezone: str = "UTC"
    backup_folder: str = ""
    backups: Annotated[int, Meta(ge=1, le=10_000)] = 7


def check_daemon(daemon: DaemonSettings, file: Path) -> None:
    """Raise ``ConfigError`` for an unknown time zone, a wrong cron expression, or a folder without a whole path."""
    if not is_timezone(daemon.timezone):
        problem = f"“{daemon.timezone}” is not a time zone; an example is “Asia/Seoul”."
        raise ConfigError(file, "[daemon] › timezone", problem)
    default = DaemonSettings()
    for key in ("cron", "housekeeping"):
        text = getattr(daemon, key)
        if text != getattr(default, key):  # the defaults are right, and the check loads APScheduler
            check_cron(text, file, f"[daemon] › {key}")
    if daemon.backup_folder and not (daemon.backup_folder.startswith("/") and daemon.backup_folder.isprintable()):
        problem = "must be a whole path such as /var/backups/tumen: cron, daemon and terminal start in other folders."
        raise ConfigError(file, "[daemon] › backup_folder", problem)
