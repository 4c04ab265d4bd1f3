"""``tumen daemon``: cycles on a schedule."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli import options


@click.command()
@options.database
@options.config
@click.option(
    "--log", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Log lines."
)
def command(database: Path, folder: Path | None, form: str) -> None:
    """Run cycles on the schedule of “[daemon]” in tumen.toml, and housekeeping, until it is told to stop.

    SIGTERM or Ctrl-C stops it within ten seconds and loses nothing; SIGHUP reads the config anew and keeps the old one
    if the new is wrong. Under systemd it tells when it is ready and that it lives (deploy/tumen.service).
    """
    from pipeline import shipped
    from pipeline.cli.alerts import check_alerts
    from pipeline.daemon import Daemon
    from pipeline.flagging import Flagger
    from pipeline.store import open_store

    _log_to_stderr(form)
    open_store(database).close()

    def check(copy: Path) -> None:
        Flagger.from_config(copy)
        check_alerts(copy)

    Daemon(database, folder or shipped.CONFIG, check).run()


def _log_to_stderr(form: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("tumen").setLevel(logging.INFO)


class _Json(logging.Formatter):
    """One object a line: time, level, message, and the figures of a cycle as keys of their own."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        message = record.getMessage()
        told: dict[str, object] = {"at": at, "level": record.levelname.lower(), "message": message}
        if message.startswith("cycle "):
            told |= dict(pair.split("=", 1) for pair in message.split()[1:] if "=" in pair)
        return json.dumps(told, ensure_ascii=False)
