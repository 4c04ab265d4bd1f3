"""``tumen train``: make the model from labelled items."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli import options
from pipeline.errors import Unavailable

_LEAST_ITEMS = 50


@click.command()
@click.argument("labels", nargs=-1, required=True, metavar="FILE|FOLDER…", type=click.Path(path_type=Path))
@click.option(
    "--stream",
    multiple=True,
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path),
    help="Labelled items drawn from a real stream: they weigh three times, and set the base rate.",
)
@click.option("--rule", default="", metavar="TEXT", help="Edition of the labelling rule, for the model's record.")
@click.option("--half", multiple=True, metavar="SET", help="A set that counts half, such as probes.")
@click.option("--quick", is_flag=True, help="Do not leave each set out in turn; no figures.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the model here.  [default: print]"
)
@options.config
def command(
    *,
    labels: tuple[Path, ...],
    stream: tuple[Path, ...],
    rule: str,
    half: tuple[str, ...],
    quick: bool,
    output: Path | None,
    folder: Path | None,
) -> None:
    r"""Learn the weights of relevance and topics from labelled items.

    Each file has one item per line (fields: tests/eval/README.md). The model is written only when everything could be
    read and fitted; an existing file stays as it is otherwise. Figures are out of sample: each set is predicted by a
    model that saw neither it nor its stories.

    \b
    Exit status:
      0   the model is written
      69  SciPy is not installed: pip install "tumen[train]"
      78  a labelled file or the config is wrong
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the matrices are small; threads only wait for each other
    try:
        import scipy  # noqa: F401 - only to give the message below
    except ImportError:
        raise Unavailable('Training needs SciPy. Install it with: pip install "tumen[train]"') from None
    from pipeline.errors import ConfigError
    from pipeline.flagging import Flagger
    from pipeline.flagging.labels import read_labels
    from pipeline.flagging.model import Model, Provenance, dump_model
    from pipeline.flagging.report import by_set
    from pipeline.flagging.training import Settings, design, leave_sets_out, priors, train

    flagger = Flagger.from_config(folder, model=Model())
    items = read_labels([*labels, *stream], {topic.id for topic in flagger.topics}, stream=stream)
    items = [replace(item, weight=item.weight / 2) if item.set in half else item for item in items]
    if len(items) < _LEAST_ITEMS:
        problem = f"{len(items)} labelled items are too few; training needs {_LEAST_ITEMS}."
        raise ConfigError([*labels, *stream][0], "", problem)
    if len({item.relevant for item in items}) < 2:
        problem = "all items have the same label; training needs relevant and not relevant ones."
        raise ConfigError([*labels, *stream][0], "", problem)
    settings = Settings()
    figures: list[str] = []
    if not quick:
        data = design(flagger, items, settings)
        predicted = leave_sets_out(data, priors(flagger, data.columns, None), settings)
        figures = [found.line() for found in by_set(data, predicted, settings)]
        click.echo("Each set left out of training:", err=True)
        click.echo("\n".join(f"  {line}" for line in figures), err=True)
    model = train(flagger, items, settings)
    sets = [f"{name}: {sum(item.set == name for item in items)} items" for name in dict.fromkeys(i.set for i in items)]
    provenance = Provenance(made=f"{datetime.now(UTC):%Y-%m-%d}", rule=rule, sets=tuple(sets), figures=tuple(figures))
    text = dump_model(replace(model, provenance=provenance))
    if output is None:
        click.echo(text, nl=False)
        return
    part = output.with_name(f"{output.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(output)
    click.echo(f"Wrote {output}: {len(model.heads)} heads, {model.size:,} weights.", err=True)
