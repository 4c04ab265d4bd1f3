"""``tumen brief``: the flagged articles of a period as they stand after the team's verdicts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli import options
from pipeline.errors import BadValue


@click.command()
@options.database
@click.option(
    "--since", default="24h", show_default=True, metavar="24h|3d|1w", help="Articles first seen within this time."
)
@click.option(
    "--which",
    type=click.Choice(["all", "not-rejected", "reviewed"]),
    default="not-rejected",
    show_default=True,
    help="All articles, those that no analyst rejected, or only those judged relevant or escalated.",
)
@click.option("--zone", default="UTC", show_default=True, metavar="NAME", help="Time zone, for example Asia/Seoul.")
@click.option("--format", "form", type=click.Choice(["md", "html", "json"]), default="md", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def command(database: Path, *, since: str, which: str, zone: str, form: str, output: Path | None) -> None:
    """Print the brief: escalated articles first, then by topic, with sentences and order from the desk's brief page.

    An article with several topics is listed under the one with the highest score and names the others. Topics that an
    analyst corrected replace the flagged ones. A story from several sources is one entry that names the sources. The
    HTML is suitable for mail.
    """
    from pipeline.services.brief import WHICH, compose, parse_since
    from pipeline.services.brief_formats import FORMATS
    from pipeline.settings.schedule import is_timezone
    from pipeline.store import open_readonly

    period = parse_since(since)
    if not is_timezone(zone):
        raise BadValue(f"“{zone}” is not a time zone. Expected an IANA name, for example Asia/Seoul.")
    chosen = next(name for name in WHICH if name == which.replace("-", "_"))
    conn = open_readonly(database)
    brief = compose(conn, datetime.now(UTC), period, chosen, zone)
    conn.close()
    text = FORMATS[form](brief)
    if output is None:
        click.echo(text)
    else:
        options.write_file(output, (text + "\n").encode())
