"""``tumen reference``: show the op-ed and import its original text."""

from __future__ import annotations

import asyncio
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import options
from pipeline.errors import NotFound

if TYPE_CHECKING:
    from pipeline.settings import Settings


@click.group("reference")
def command() -> None:
    """Show the reference document (the op-ed), or import its original text into your database."""


@command.command("show")
@options.database
@options.config
@click.option("--original", is_flag=True, help="Show the imported text instead of our digest.")
def show(database: Path, folder: Path | None, *, original: bool) -> None:
    """Print the op-ed's record, and each passage with its topics."""
    from pipeline import shipped
    from pipeline.settings import find_file
    from pipeline.settings.reference import load_reference

    reference = load_reference(find_file(folder or shipped.CONFIG, "reference.toml"))
    texts = _originals(database) if original else {}
    if original and not texts:
        raise NotFound(f"{database}: has no original text; import it with “tumen reference import FILE|URL”.")
    click.echo(click.style(reference.title, bold=True))
    click.echo(f"{reference.author}, {reference.publication}, {reference.published}\n{reference.url}\n")
    for passage in reference.passages:
        click.echo(click.style(f"{passage.id}  {passage.part}", bold=True) + f"  [{', '.join(passage.topics)}]")
        click.echo(
            textwrap.fill(texts.get(passage.id, passage.digest), 96, initial_indent="    ", subsequent_indent="    ")
        )


def _originals(database: Path) -> dict[str, str]:
    from pipeline.store import open_readonly, reference

    if not database.exists():
        return {}
    return reference.originals(open_readonly(database))


@command.command("import")
@click.argument("what", metavar="FILE|URL")
@options.database
@options.config
def import_(what: str, database: Path, folder: Path | None) -> None:
    """Store the paragraphs of the original with the passages that they belong to.

    FILE is plain text (one paragraph per line, or separated by blank lines) or a saved page; URL is fetched. The text
    belongs to its publisher, so it is stored in your database only.
    """
    from pipeline.reference import align, paragraphs_of
    from pipeline.settings import find_file, load_settings
    from pipeline.settings.reference import load_reference
    from pipeline.store import cycle_lock, open_store, reference

    settings = load_settings(folder)
    record = load_reference(find_file(settings.folder, "reference.toml"))
    body = asyncio.run(_fetch(what, settings)) if what.startswith(("http://", "https://")) else _read(Path(what))
    aligned = align(paragraphs_of(body, what), record.passages)
    if len(aligned) * 2 < len(record.passages):
        raise NotFound(
            f"{what}: is not the reference: only {len(aligned)} of {len(record.passages)} passages were found."
        )
    with cycle_lock(database, "tumen reference import"):
        conn = open_store(database)
        if not reference.known(conn):
            from pipeline.cycle.flagging_config import load_flagger

            load_flagger(conn, settings.folder, lambda: datetime.now(UTC))
        reference.put_originals(conn, aligned, what, datetime.now(UTC))
        conn.close()
    for passage in record.passages:
        text = aligned.get(passage.id)
        click.echo(f"{passage.id}  {f'{len(text):,} characters' if text else 'not found'}")
    click.echo(f"Stored in {database} only.")


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > 5 * 1024 * 1024:
            raise NotFound(f"{path}: is larger than 5 MB; expected an article.")
        return path.read_bytes()
    except OSError as error:
        raise NotFound(f"{path}: cannot be read ({error.strerror}).") from None


async def _fetch(url: str, settings: Settings) -> bytes:
    from pipeline.fetch import Fetcher
    from pipeline.model import Fetched, Request

    async with Fetcher(settings.fetch) as fetcher:
        outcome = await fetcher.get(Request(url=url, kind="page"))
    if isinstance(outcome, Fetched):
        return outcome.body
    raise NotFound(f"{url}: {getattr(outcome, 'reason', 'the server did not return a page')}")
