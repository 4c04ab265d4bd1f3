"""``tumen page``: the page of an article as it was fetched."""

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
    """Print the URL, time and digest of the page of an article, and the page itself if it was kept.

    On a terminal, the page itself is not printed: use a pipe or --output.
    """
    from pipeline.store import articles, open_readonly
    from pipeline.store import page_archive as copies

    conn = open_readonly(database)
    found = articles.find(conn, what)
    origin = copies.origin(conn, found.id) if found is not None else None
    conn.close()
    if found is None:
        raise NotFound(f"{what}: no article with this id or URL in {database}.")
    if origin is None:
        raise NotFound(f"Article {found.id} has the text of its feed; no page was fetched for it.")
    path = copies.path_beside(database)
    copy = None
    if path.exists():
        archive = copies.PageArchive.open(path, create=False)
        copy = archive.get(origin.hash)
        archive.close()
    click.echo(f"address   {origin.url}\nfetched   {origin.fetched_at}\nsha-256   {origin.hash}", err=True)
    if copy is None:
        raise NotFound("The page itself was not kept (setting “[archive] pages” in tumen.toml).")
    click.echo(f"kept      {len(copy.body):,} bytes, {copy.content_type or 'no content type'}", err=True)
    if output is not None:
        options.write_file(output, copy.body)
    elif not sys.stdout.isatty():
        sys.stdout.buffer.write(copy.body)
