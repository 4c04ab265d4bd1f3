"""The command ``tumen``: one module a command, loaded when it is called.

``main`` turns what stops a command into one line on standard error and a documented exit status (``docs/commands.md``).
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from pipeline import __version__
from pipeline.errors import TumenError

_COMMANDS = {
    "run": "run",
    "daemon": "daemon",
    "demo": "demo",
    "serve": "serve",
    "analysts": "analysts",
    "status": "status",
    "doctor": "doctor",
    "backup": "backup",
    "brief": "brief",
    "alerts": "alerts",
    "explain": "explain",
    "feeds": "feeds",
    "topics": "topics",
    "reference": "reference",
    "reflag": "reflag",
    "train": "train",
    "reindex": "reindex",
    "reextract": "reextract",
    "page": "page",
}


class _Lazy(click.Group):
    """Knows the commands' names, and loads a command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(f"pipeline.cli.{module}").command
        for each in (command, *getattr(command, "commands", {}).values()):
            each.help = each.help and each.help.replace("\\b\n", "\b\n")  # raw docstrings spell click's mark out
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_HELP.items()))


_HELP = {
    "run": "One cycle: poll what is due, read, flag, store.",
    "daemon": "Cycles on a schedule, until it is told to stop.",
    "demo": "See it work: a cycle over a small invented world on this machine.",
    "serve": "Review and query in Datasette.",
    "analysts": "Who may give verdicts at the desk.",
    "status": "Feeds' health, the last cycle, what waits.",
    "doctor": "Is everything sound, and if not, what to do.",
    "backup": "A copy of the database, also while it is in use.",
    "brief": "The morning brief: what was flagged, by topic.",
    "alerts": "Who is told of what: try it, see what was sent and what waits.",
    "explain": "Why an article is, or is not, flagged.",
    "feeds": "List, add and check feeds; their history; OPML in and out.",
    "topics": "List and check topics; what would a change do?",
    "reference": "The op-ed the watch started from; import its text.",
    "reflag": "Flag the archive again with the present config.",
    "train": "Learn the weights of relevance and topics from labelled items.",
    "reindex": "Make the search index anew.",
    "reextract": "Read the kept pages again with the extraction of today.",
    "page": "What an article was made of: address, time, digest, the page.",
}


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tumen")
def tumen() -> None:
    """Watch Russia–Korea coverage: poll feeds, read articles, flag what matches the reference, keep it in SQLite.

    Begin with “tumen demo”, which needs no network; “tumen run” does the real thing.
    """


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line and leave the process with its exit status."""
    try:
        status = tumen.main(args=arguments, prog_name="tumen", standalone_mode=False)
    except TumenError as error:
        click.echo(f"tumen: {error}", err=True)
        status = error.exit_code
    except click.exceptions.Abort:
        click.echo("tumen: stopped; nothing is lost, the next run goes on from here.", err=True)
        status = 130
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except Exception as error:
        if type(error).__module__ != "sqlite3":
            raise
        status = _tell_of_the_database(error)
    sys.exit(status if isinstance(status, int) else 0)


def _tell_of_the_database(error: Exception) -> int:
    """One line for a database that fails under a command; a mistake of ours keeps its trace."""
    from pipeline.store import plain_errors

    try:
        with plain_errors():
            raise error
    except TumenError as told:
        click.echo(f"tumen: {told}", err=True)
        return told.exit_code
