"""``tumen analysts``: accounts of the desk."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import click

from pipeline.cli import options
from pipeline.errors import NotFound


@click.group()
def command() -> None:
    """Manage the analysts who can sign in at the desk.

    Everybody who can reach the desk can read it. Only analysts can give verdicts.
    """


@command.command()
@click.argument("name")
@options.database
@click.option("--generate", is_flag=True, help="Generate a password and print it once.")
def add(name: str, database: Path, *, generate: bool) -> None:
    """Add the analyst NAME, or change the password of NAME.

    On a terminal, the command asks for the password twice. In a pipe, it reads the password from standard input.
    """
    from pipeline.review import analysts

    if generate:
        password = secrets.token_urlsafe(15)
    elif sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    analysts.put(analysts.path_beside(database), name, password)
    click.echo(f"{name} can now sign in at the desk.{f' Password: {password}' if generate else ''}")


@command.command(name="list")
@options.database
def list_(database: Path) -> None:
    """List the analysts."""
    from pipeline.review import analysts

    names = sorted(analysts.load(analysts.path_beside(database)))
    click.echo("\n".join(names) if names else "No analyst yet. Add one with “tumen analysts add NAME”.")


@command.command()
@click.argument("name")
@options.database
def remove(name: str, database: Path) -> None:
    """Remove the analyst NAME and end the analyst's sessions. Verdicts stay."""
    from pipeline.review import analysts

    if not analysts.remove(analysts.path_beside(database), name):
        raise NotFound(f"{name}: there is no analyst of this name. “tumen analysts list” shows the names.")
    click.echo(f"{name} can no longer sign in.")
