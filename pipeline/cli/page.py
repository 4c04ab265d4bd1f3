"""``tumen page``: a page as it was fetched, and where and when."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline.cli import options
from pipeline.errors import NotFound


@click.command()
@click.argument("what", metavar="ID|URL")
@options.database
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the page to this file.")
def command(what: str, database: Path, output: Path | None) -> None:
    """Say what an article was made of: address, time, digest; and print the page itself where it was kept.

    On a terminal only the facts are printed; pipe it, or give --output, to have the page.
    """
    from pipeline.store import articles, open_readonly
    from pipeline.store import page_archive as copies

    conn = open_readonly(database)
    found = articles.find(conn, what)
    made_of = copies.origin(conn, found.id) if found is not None else None
    conn.close()
    if found is None:
        raise NotFound(f"{what}: no article of this id or address is in {database}.")
    if made_of is None:
        raise NotFound(f"Article {found.id} was made of the feed's own text; no page was read for it.")
    path = copies.path_beside(database)
    copy = None
    if path.exists():
        archive = copies.PageArchive.open(path, create=False)
        copy = archive.get(made_of.hash)
        archive.close()
    click.echo(f"address   {made_of.url}\nfetched   {made_of.fetched_at}\nsha-256   {made_of.hash}", err=True)
    if copy is None:
        raise NotFound("The page itself was not kept (“[archive] pages” in tumen.toml).")
    click.echo(f"kept      {len(copy.body):,} bytes, {copy.content_type or 'no content type'}", err=True)
    if output is not None:
        output.write_bytes(copy.body)
    elif not sys.stdout.isatty():
        sys.stdout.buffer.write(copy.body)
