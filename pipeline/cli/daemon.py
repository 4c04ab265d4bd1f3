"""``tumen daemon``: cycles on a schedule."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from pipeline.cli import logs, options


@click.command()
@options.database
@options.config
@click.option(
    "--log", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Format of log lines."
)
def command(database: Path, folder: Path | None, form: str) -> None:
    """Run cycles and housekeeping on the schedule of “[daemon]” in tumen.toml, until stopped.

    SIGTERM or Ctrl-C stops it within ten seconds and loses nothing. SIGHUP reloads the config; if the new config is
    wrong, the old one stays in use. Supports systemd's ready and watchdog notifications (deploy/tumen.service).
    """
    from pipeline import shipped
    from pipeline.cycle.config_check import check_config
    from pipeline.daemon import Daemon
    from pipeline.store import open_store

    logs.to_stderr(form, logging.INFO)
    open_store(database).close()
    Daemon(database, folder or shipped.CONFIG, check_config).run()
