"""``tumen learn``: learn from the analysts' verdicts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import options
from pipeline.errors import BadValue, Unavailable

if TYPE_CHECKING:
    from pipeline.services.learn import Outcome

_CONCEPTS = 10


@click.command()
@click.option("--dry-run", is_flag=True, help="Print what would change and write nothing.")
@click.option("--yes", is_flag=True, help="Apply without asking.")
@click.option("--undo", is_flag=True, help="Restore the model that was in use before.")
@options.database
@options.config
def command(*, dry_run: bool, yes: bool, undo: bool, database: Path, folder: Path | None) -> None:
    r"""Learn from verdicts and corrected topics: refit the model, staying near the one before the first verdict.

    Prints figures before and after by cross-validation, each with the 95 % interval of the difference; the articles
    that would change sides; the concepts that gain or lose most. Weights change only if that surely predicts other
    verdicts better. Fewer than 100 verdicts, or 30 of one kind, only calibrate.

    The model is written as model.toml into the folder of --config; --undo restores the previous one.

    \b
    Exit status:
      0   done, or nothing to learn
      2   needs --yes or --dry-run, because there is no terminal to ask on
      66  --undo: there is no earlier model
      69  SciPy is not installed: pip install "tumen[train]"
      73  the database cannot be read, or the folder cannot be written
      78  the config is wrong, or is the shipped one
    """
    from pipeline.services import model_files

    if undo:
        _undo(model_files.check_folder(folder))
        return
    if not dry_run:
        model_files.check_folder(folder)
    try:
        import scipy  # noqa: F401 - only to give the message below
    except ImportError:
        raise Unavailable('Learning needs SciPy. Install it with: pip install "tumen[train]"') from None
    from pipeline.flagging import Flagger, config_version
    from pipeline.flagging.model import dump_model, load_model
    from pipeline.services import learn
    from pipeline.store import open_readonly

    current = Flagger.from_config(folder)
    base = model_files.base_of(folder, current.model.provenance.sets)
    start = current.with_model(load_model(base, current.space, strict=base.parent == folder))
    conn = open_readonly(database)
    items = learn.items_from(conn, [topic.id for topic in start.topics])
    if (why := learn.nothing_to_learn(items)) is not None:
        click.echo(f"{why} The model stays as it is.")
        return
    outcome = learn.learn(start, items)
    _report(outcome, len(items), learn.contradictions(items))
    if outcome.model.heads == current.model.heads:
        click.echo("The model stays as it is.")
        return
    click.echo("\n".join(learn.changed_sides(conn, current, current.with_model(outcome.model)).lines()))
    conn.close()
    if not dry_run and not yes and not sys.stdin.isatty():
        raise BadValue("There is no terminal to ask at. Add --yes to apply, or --dry-run. Nothing was written.")
    if dry_run or not (yes or click.confirm("Apply?")):
        click.echo("Nothing was written.")
        return
    kept = model_files.check_folder(folder)
    model_files.apply(kept, dump_model(learn.recorded(outcome, len(items))), base)
    click.echo(f"Wrote {kept / 'model.toml'}: config {config_version(kept)}. “tumen reflag” applies it to the archive.")


def _undo(folder: Path) -> None:
    from pipeline.flagging import Flagger, config_version
    from pipeline.flagging.model import load_model
    from pipeline.services import model_files

    earlier = model_files.previous(folder)
    load_model(earlier, Flagger.from_config(folder).space)  # a damaged file must not come into use
    model_files.undo(folder)
    click.echo(f"Restored the model before: config {config_version(folder)}. “tumen reflag” applies it to the archive.")


def _report(outcome: Outcome, verdicts: int, contradicting: int) -> None:
    click.echo(f"{verdicts:,} verdicts.")
    if contradicting:
        click.echo(f"{contradicting:,} articles have contradicting verdicts; each verdict counts in part.")
    for head, step in outcome.steps.items():
        if step != "kept":
            click.echo(f"{head}: {'new weights' if step == 'refitted' else 'calibrated'}")
    click.echo("\n".join(outcome.figures))
    for head, concept, change in outcome.concepts[:_CONCEPTS]:
        click.echo(f"  {change:+.2f}  {concept} ({head})")
