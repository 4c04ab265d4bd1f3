"""The command ``tumen``: one module per command, imported when the command is called.

``main`` turns an error that stops a command into one line on standard error and a documented exit status
(``docs/commands.md``).
"""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import click

from pipeline import __version__
from pipeline.errors import TumenError, printable

_OUTPUT_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


class _Lazy(click.Group):
    """A click group that imports the module of a command only when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_HELP)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _HELP:
            return None
        command: click.Command = importlib.import_module(f"pipeline.cli.{cmd_name}").command
        for each in (command, *getattr(command, "commands", {}).values()):
            each.help = each.help and each.help.replace("\\b\n", "\b\n")  # raw docstrings spell click's mark out
            # the first paragraph, because click cuts a sentence after 45 characters
            each.short_help = " ".join((each.help or "").split("\n\n")[0].split())
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_HELP.items()))


_HELP = {  # each command, also its module, and its help in one line: “tumen --help” imports no command
    "run": "Run one cycle: poll due feeds, read articles, flag, store.",
    "daemon": "Run cycles on a schedule until stopped.",
    "demo": "Try it: one cycle over an invented world of news on this machine.",
    "serve": "Serve the desk: review, search and query in Datasette.",
    "analysts": "Add, list and remove the analysts of the desk.",
    "status": "Show the health of feeds, the last cycle, the queue.",
    "doctor": "Check config, database and files; say how to fix problems.",
    "backup": "Copy the database, also while it is in use.",
    "restore": "Replace the database by a backup.",
    "brief": "Print the morning brief: flagged articles by topic.",
    "alerts": "Test alert targets; list and send alerts.",
    "explain": "Explain why an article is flagged or not.",
    "feeds": "List, add and check feeds; show their history; OPML.",
    "topics": "List and check topics; preview the effect of a change.",
    "reference": "Show the reference op-ed; import its text.",
    "reflag": "Flag all stored articles again with the current config.",
    "train": "Learn the weights of relevance and topics from labelled items.",
    "learn": "Learn from the analysts' verdicts; show what would change first.",
    "reindex": "Rebuild the search index.",
    "reextract": "Extract the kept pages again and update their articles.",
    "page": "Show where an article's page came from; print the page.",
    "backfill": "Read articles of the past from web archives.",
}


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tumen")
def tumen() -> None:
    """Monitor Russia–Korea coverage: poll feeds, read articles, flag those that match the topics, store in SQLite.

    Start with “tumen demo”, which needs no network. “tumen run” polls the real feeds.
    """


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line and exit with its status."""
    stopped_by = _stop_on_signals()
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    try:
        status = tumen.main(args=arguments, prog_name="tumen", standalone_mode=False, color=False if plain else None)
        if sys.stdout is not None:
            sys.stdout.flush()
    except TumenError as error:
        click.echo(f"tumen: {error}", err=True)
        status = error.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):  # an interrupt may also come outside click's own handler
        click.echo("tumen: stopped. Nothing is lost; the next run continues from here.", err=True)
        status = 128 + (stopped_by[0] if stopped_by else signal.SIGINT)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except BrokenPipeError:
        _drop_output()
        status = 0
    except Exception as error:  # noqa: BLE001 - one line for the operator, whatever happened
        status = _report(error)
    sys.exit(status if isinstance(status, int) else 0)


def _stop_on_signals() -> list[int]:
    """Let SIGTERM, and SIGHUP of a closed terminal, stop a command as Ctrl-C does. Return the signals that came."""
    came: list[int] = []

    def stop(number: int, _: Any) -> None:
        came.append(number)
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as in a shell script's job behind “&”
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, stop)
    return came


def _drop_output() -> None:
    """Point standard output nowhere. Python flushes it at exit, which would print a second error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report(error: Exception) -> int:
    """Print one line for an unexpected error and return the exit status."""
    if type(error).__module__ == "sqlite3":  # not imported here, so its errors are recognised by module name
        return _report_database_error(error)
    if isinstance(error, OSError) and error.filename is not None:
        click.echo(f"tumen: {printable(str(error.filename))}: {error.strerror}.", err=True)
        return os.EX_IOERR
    if isinstance(error, OSError) and error.errno in _OUTPUT_ERRORS:
        _drop_output()
        click.echo(f"tumen: the output, or a file, cannot be written ({error.strerror}).", err=True)
        return os.EX_IOERR
    return _report_internal_error(error)


def _report_internal_error(error: Exception) -> int:
    """Print what to report. The traceback goes to the log, if there is one at this level, or is asked for."""
    import logging
    import traceback

    place = traceback.extract_tb(error.__traceback__)[-1]
    text = " ".join(printable(str(error)).split())[:200]
    where = f"{Path(place.filename).name}, line {place.lineno}"
    click.echo(
        f"tumen: internal error: {type(error).__name__}: {text} ({where}; Tumen {__version__}). Please report this."
        " TUMEN_DEBUG=1 shows the traceback.",
        err=True,
    )
    log = logging.getLogger("tumen")
    if log.isEnabledFor(logging.INFO) and logging.getLogger().handlers:
        log.error("internal error", exc_info=error)
    elif os.environ.get("TUMEN_DEBUG"):
        traceback.print_exception(error)
    return os.EX_SOFTWARE


def _report_database_error(error: Exception) -> int:
    """Print one line for a failing database and return the exit status. Errors of our own SQL are internal errors."""
    from pipeline.store import plain_error

    plain = plain_error(error)
    if plain is None:
        return _report_internal_error(error)
    click.echo(f"tumen: {plain}", err=True)
    return plain.exit_code
