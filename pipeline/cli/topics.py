"""``tumen topics``: list the topics, check them, and see what a change would do."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli import options


@click.group("topics")
def command() -> None:
    """List and check topics; see what a change would add and remove before it is applied."""


@command.command("list")
@options.config
def list_(folder: Path | None) -> None:
    """Print each topic with its seed clauses, its learned weights, and its passages of the reference."""
    from pipeline.flagging import Flagger

    flagger = Flagger.from_config(folder)
    for topic in flagger.topics:
        head = flagger.model.heads.get(topic.id)
        learned = "seed clauses only" if head is None else f"{sum(map(bool, head.weights.values())):>3} weights"
        passages = ", ".join(topic.passages)
        click.echo(f"{topic.id:<22} {len(topic.seed)} clauses  {learned:<17}  {passages:<15} {topic.title}")


@command.command("lint")
@click.option("--words", is_flag=True, help="Also print the dictionary words that each Russian stem matches.")
@options.config
def lint(folder: Path | None, words: bool) -> int:
    r"""Load the whole config and print what is most likely wrong.

    \b
    Findings: a surface in two concepts; a surface that matches ordinary words; a trap or a term of ordinary
    words that implies a state; a surface of one letter and digits; a Russian stem that matches many words;
    a clause that can never hold, or that one concept meets alone; a topic without a passage.

    \b
    Exit status:
      0   no finding
      1   there are findings
      78  the config cannot be loaded
    """
    from pipeline.flagging import Flagger
    from pipeline.flagging.dictionary import caught_by, stems
    from pipeline.flagging.lint import lint as findings_of

    flagger = Flagger.from_config(folder)
    if words:
        listed = list(stems(flagger.concepts))
        for (concept, surface), caught in zip(listed, caught_by([surface for _, surface in listed]), strict=True):
            click.echo(f"{concept}  {surface}  {', '.join(caught) or 'no word of the dictionary'}")
    findings = findings_of(flagger.concepts, flagger.topic_set, flagger.matcher)
    for finding in findings:
        click.echo(f"{finding.where}: {finding.what}")
    surfaces = sum(len(group) for concept in flagger.concepts for group in concept.surfaces.values())
    size = f"{len(flagger.concepts)} concepts, {surfaces:,} surfaces, {len(flagger.topics)} topics"
    click.echo(f"{size}: {len(findings)} findings", err=True)
    return 1 if findings else 0


@command.command("backtest")
@options.database
@options.config
def backtest(database: Path, folder: Path | None) -> None:
    """Flag the archive with a config, store nothing, and compare with the stored flags.

    Name the changed folder with --config; “tumen reflag” applies it.
    """
    from pipeline.flagging import Flagger
    from pipeline.services.backtest import backtest as compare

    version = Flagger.from_config(folder).version  # also: a wrong config is reported before any work
    result = compare(database, folder)
    click.echo(f"{result.articles:,} articles, config {version} against the stored flags")
    click.echo("\n".join(result.lines()))
