"""Options that several commands share, and where the database is when nobody says."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pipeline import shipped
from pipeline.cli import logs

F = TypeVar("F", bound=Callable[..., Any])


def default_database() -> Path:
    """``$TUMEN_DB``, else ``db/tumen.db`` in a checkout, else the platform's data folder."""
    if named := os.environ.get("TUMEN_DB"):
        return Path(named)
    if shipped.CHECKOUT is not None:
        return shipped.CHECKOUT / "db" / "tumen.db"
    import platformdirs

    return Path(platformdirs.user_data_dir("tumen", appauthor=False)) / "tumen.db"


def database(function: F) -> F:
    """``--db PATH``."""
    return click.option(
        "--db",
        "database",
        type=click.Path(dir_okay=False, readable=False, path_type=Path),  # we say it ourselves, with status 73
        default=default_database,
        show_default="db/tumen.db in a checkout, else your data folder; or $TUMEN_DB",
        help="The database file.",
    )(function)


def config(function: F) -> F:
    """``--config DIR``."""
    return click.option(
        "--config",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=None,
        envvar="TUMEN_CONFIG",
        show_default="the shipped config; or $TUMEN_CONFIG",
        help="A config folder; files it lacks are taken from the shipped one.",
    )(function)


def verbose(function: F) -> F:
    """``-v`` and ``--log``: log lines on standard error."""

    def take(context: click.Context, _: click.Parameter, form: str) -> None:
        context.meta["form of log lines"] = form

    def start(context: click.Context, _: click.Parameter, more: bool) -> None:
        logs.to_stderr(context.meta["form of log lines"], logging.INFO if more else logging.WARNING)

    form = click.option(
        "--log",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        is_eager=True,
        callback=take,
        expose_value=False,
        help="The form of log lines.",
    )
    more = click.option("-v", "--verbose", is_flag=True, callback=start, expose_value=False, help="Log more lines.")
    return form(more(function))
