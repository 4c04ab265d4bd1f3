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
    "--log", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Log lines."
)
def command(database: Path, folder: Path | None, form: str) -> None:
    """Run cycles on the schedule of “[daemon]” in tumen.toml, and housekeeping, until it is told to stop.

    SIGTERM or Ctrl-C stops it within ten seconds and loses nothing; SIGHUP reads the config anew and keeps the old one
    if the new is wrong. Under systemd it tells when it is ready and that it lives (deploy/tumen.service).
    """
    from pipeline import shipped
    from pipeline.cli.config import check_config
    from pipeline.daemon import Daemon
    from pipeline.store import open_store

    logs.to_stderr(form, logging.INFO)
    open_store(database).close()
    edited = folder or shipped.CONFIG
    Daemon(database, edited, lambda copy: check_config(copy, edited)).run()
