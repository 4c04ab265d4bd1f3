"""``tumen topics``: the rules, whether they are sound, and what a change of them would do."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli import options


@click.group("topics")
def command() -> None:
    """List and check topics; see what a change would gain and lose before it is applied."""


@command.command("list")
@options.config
def list_(folder: Path | None) -> None:
    """Print each topic with its clauses' number and the passages it stands for."""
    from pipeline.flagging import Flagger

    for topic in Flagger.from_config(folder).topics:
        click.echo(f"{topic.id:<22} {len(topic.clause):>3} clauses  {', '.join(topic.passages):<12} {topic.title}")


@command.command("lint")
@click.option("--words", is_flag=True, help="Print, too, what dictionary words each Russian stem catches.")
@options.config
def lint(folder: Path | None, words: bool) -> int:
    """Load everything, and say what is most likely wrong. Exit status 1 when there is a finding, 78 for a mistake.

    A surface in two concepts; one that matches ordinary words; a Russian stem that catches a great many; a clause that
    can never fire; a topic that stands for no passage.
    """
    from pipeline.flagging import Flagger
    from pipeline.flagging.dictionary import caught_by, stems
    from pipeline.flagging.lint import lint as look

    flagger = Flagger.from_config(folder)
    if words:
        listed = list(stems(flagger.concepts))
        for (concept, surface), caught in zip(listed, caught_by([one for _, one in listed]), strict=True):
            click.echo(f"{concept}  {surface}  {', '.join(caught) or 'no word of the dictionary'}")
    findings = look(flagger.concepts, flagger.topics, flagger.matcher)
    for finding in findings:
        click.echo(f"{finding.where}: {finding.what}")
    surfaces = sum(len(group) for concept in flagger.concepts for group in concept.surfaces.values())
    told = f"{len(flagger.concepts)} concepts, {surfaces:,} surfaces, {len(flagger.topics)} topics"
    click.echo(f"{told}: {len(findings)} findings", err=True)
    return 1 if findings else 0


@command.command("backtest")
@options.database
@options.config
def backtest(database: Path, folder: Path | None) -> None:
    """Flag the archive with a config without storing anything, and compare with the stored flags.

    Name the changed folder with --config; “tumen reflag” applies it.
    """
    from pipeline.cli.archive import pages
    from pipeline.flagging import Flagger
    from pipeline.flagging.backtest import Backtest
    from pipeline.store import open_readonly

    flagger = Flagger.from_config(folder)
    conn = open_readonly(database)
    told = Backtest()
    for page in pages(conn):
        for one in page:
            told.add(one.title, one.topics, flagger.score(one.title, one.text, home=one.home).topics.keys())
    conn.close()
    click.echo(f"{told.articles:,} articles, config {flagger.version} against the stored flags")
    click.echo("\n".join(told.lines()))
