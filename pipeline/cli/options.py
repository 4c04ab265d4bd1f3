"""Options shared by several commands, and the default location of the database."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pipeline import shipped
from pipeline.cli import logs
from pipeline.errors import Unwritable

F = TypeVar("F", bound=Callable[..., Any])


def default_database() -> Path:
    """Return ``$TUMEN_DB``, else ``db/tumen.db`` in a checkout, else a file in the platform's data folder."""
    if named := os.environ.get("TUMEN_DB"):
        return Path(named)
    if shipped.CHECKOUT is not None:
        return shipped.CHECKOUT / "db" / "tumen.db"
    import platformdirs

    return Path(platformdirs.user_data_dir("tumen", appauthor=False)) / "tumen.db"


def _shown_default() -> str:
    """Return the default database for the help, with the home folder as “~”."""
    if shipped.CHECKOUT is not None:
        return "db/tumen.db"
    try:
        return str(default_database()).replace(str(Path.home()), "~")
    except RuntimeError:  # a user without a home folder
        return str(default_database())


database = click.option(
    "--db",
    "database",
    type=click.Path(dir_okay=False, readable=False, path_type=Path),  # checked by the store, exit status 73
    default=default_database,
    show_default=f"{_shown_default()}; or $TUMEN_DB",
    help="The database file.",
)

config = click.option(
    "--config",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    envvar="TUMEN_CONFIG",
    show_default="the shipped config; or $TUMEN_CONFIG",
    help="Config folder. Files missing there are taken from the shipped config.",
)


def verbose(function: F) -> F:
    """Add the options ``-v`` and ``--log``, which control the log lines on standard error."""

    def remember(context: click.Context, _: click.Parameter, form: str) -> None:
        context.meta["log format"] = form

    def start(context: click.Context, _: click.Parameter, more: bool) -> None:
        logs.to_stderr(context.meta["log format"], logging.INFO if more else logging.WARNING)

    form = click.option(
        "--log",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        is_eager=True,  # the callback of -v needs the value
        callback=remember,
        expose_value=False,
        help="Format of log lines.",
    )
    more = click.option("-v", "--verbose", is_flag=True, callback=start, expose_value=False, help="Log more lines.")
    return form(more(function))


def show_progress(text: str) -> None:
    """Show a line on a terminal in place of the last one; "" removes it."""
    if sys.stderr.isatty():
        click.echo(f"\r{text}\x1b[K", nl=False, err=True)


def write_file(path: Path, body: bytes) -> None:
    """Write the output of a command.

    Raises:
        Unwritable: the folder is missing, or the file cannot be written.
    """
    try:
        path.write_bytes(body)
    except OSError as error:
        raise Unwritable(f"{path}: cannot be written ({error.strerror}). Choose another file.") from None
