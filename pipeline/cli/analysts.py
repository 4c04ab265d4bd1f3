"""``tumen analysts``: who may give verdicts at the desk."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import click

from pipeline.cli import options
from pipeline.errors import NotFound


@click.group()
def command() -> None:
    """Who may sign in at the desk. Everybody who can reach it may read; only analysts may give verdicts."""


@command.command()
@click.argument("name")
@options.database
@click.option("--generate", is_flag=True, help="Make a password and print it once.")
def add(name: str, database: Path, *, generate: bool) -> None:
    """Add NAME, or give NAME a new password.

    The password is asked for twice on a terminal, and read from standard input in a pipe.
    """
    from pipeline.review import analysts

    if generate:
        password = secrets.token_urlsafe(15)
    elif sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    analysts.put(analysts.path_beside(database), name, password)
    click.echo(f"{name} may sign in at the desk.{f' Password: {password}' if generate else ''}")


@command.command(name="list")
@options.database
def list_(database: Path) -> None:
    """Print the names."""
    from pipeline.review import analysts

    names = sorted(analysts.load(analysts.path_beside(database)))
    click.echo("\n".join(names) if names else "No analyst yet: “tumen analysts add NAME”.")


@command.command()
@click.argument("name")
@options.database
def remove(name: str, database: Path) -> None:
    """Take NAME off; who is signed in under it is signed out. Verdicts stay."""
    from pipeline.review import analysts

    if not analysts.remove(analysts.path_beside(database), name):
        raise NotFound(f"{name}: no analyst has this name; “tumen analysts list” prints them.")
    click.echo(f"{name} can no longer sign in.")
