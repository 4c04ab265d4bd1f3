"""``tumen explain``: why an article is flagged or not."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline.cli import options
from pipeline.errors import BadValue, NotFound

_MAX_BYTES = 5 * 1024 * 1024


def _country(_: click.Context, __: click.Parameter, code: str | None) -> str | None:
    from pipeline.settings.codes import COUNTRIES

    if code is not None and code not in COUNTRIES:
        raise BadValue(f"--home {code}: must be a country code in capitals, such as KR.")
    return code


@click.command()
@click.argument("what", metavar="ID|URL|FILE|-")
@options.database
@options.config
@click.option(
    "--home", default=None, metavar="XX", callback=_country, help="Home country of a FILE's source, such as KR."
)
@click.option("--html", "html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page instead.")
def command(what: str, database: Path, folder: Path | None, home: str | None, html: Path | None) -> None:
    """Print the text with its evidence marked, and the terms of every score.

    The argument is an article's id or URL, or a text file whose first line is the title (“-”: standard input). The text
    is flagged again with the present config; nothing is stored.
    """
    from pipeline.flagging import Flagger, explain

    title, text, country = _article(what, database)
    flagger = Flagger.from_config(folder)
    assessment = flagger.flag(title, text, home=home or country)
    passages = flagger.reference.passages
    if html is not None:
        options.write_file(html, explain.page(title, text, assessment, passages).encode())
        click.echo(f"Written to {html}.")
        return
    tty = sys.stdout.isatty() and click.get_current_context().color is not False
    marking = (lambda part: click.style(part, fg="yellow", bold=True)) if tty else (lambda part: f"[{part}]")
    click.echo("\n".join(explain.lines(title, text, assessment, passages, marking)))


def _article(what: str, database: Path) -> tuple[str, str, str | None]:
    path = Path(what)
    if what == "-" or (not what.isdecimal() and path.is_file()):
        raw = sys.stdin.buffer.read(_MAX_BYTES) if what == "-" else path.read_bytes()[:_MAX_BYTES]
        title, _, text = raw.decode("utf-8-sig", "replace").partition("\n")
        return title.strip(), text.strip(), None
    from pipeline.store import articles, open_readonly

    conn = open_readonly(database)
    found = articles.find(conn, what)
    conn.close()
    if found is None:
        raise NotFound(f"{what}: no article with this id or URL is in {database}, and there is no such file.")
    return found.title, found.text, found.home
