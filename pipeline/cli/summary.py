"""What a cycle did, for people and for programs: progress bar, closing table, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from pipeline.cycle.run import one_line
from pipeline.model import CycleReport

if TYPE_CHECKING:
    from pipeline.cycle.run import Progress

_MOST_TROUBLES = 12


@contextmanager
def progress(*, enabled: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A bar on a terminal; nothing in a pipe."""
    if not enabled or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        feeds, pages = bar.add_task("feeds", total=None), bar.add_task("pages", total=None, visible=False)

        def watch(now: Progress) -> None:
            bar.update(feeds, completed=now.feeds_done, total=now.feeds_total)
            bar.update(pages, completed=now.pages_done, total=now.pages_total, visible=now.pages_total > 0)

        yield watch


def as_json(report: CycleReport) -> str:
    """One object, one line."""
    return json.dumps(asdict(report) | {"seconds": round(report.seconds, 3)}, ensure_ascii=False)


def show(report: CycleReport) -> None:
    """The closing table, coloured on a terminal, plain in a pipe."""
    unchanged, revised = report.feeds_unchanged, report.articles_revised
    rows = [
        ("feeds polled", report.feeds_polled, f"{unchanged} had nothing new" if unchanged else ""),
        ("feeds failed", report.feeds_failed, ""),
        ("entries new", report.entries_new, ""),
        ("articles stored", report.articles_stored, f"{revised} revised" if revised else ""),
        ("articles flagged", report.articles_flagged, ""),
        ("pages failed", report.articles_failed, ""),
        ("still waiting", report.waiting, "tried again later" if report.waiting else ""),
    ]
    click.echo(click.style(f"Cycle done in {report.seconds:.1f} s", bold=True))
    for name, figure, note in rows:
        bad = figure and name in ("feeds failed", "pages failed")
        click.echo(f"  {name:<18}{click.style(f'{figure:>7}', fg='red' if bad else None)}  {note}".rstrip())
    if report.alerts_sent or report.alerts_waiting:
        note = f"{report.alerts_waiting} waiting" if report.alerts_waiting else ""
        click.echo(f"  {'alerts sent':<18}{report.alerts_sent:>7}  {note}".rstrip())
    for problem in report.alert_problems:
        click.echo(f"  {one_line(problem)}")
    if report.by_topic:
        click.echo("Flagged by topic")
        for topic, figure in sorted(report.by_topic.items(), key=lambda item: (-item[1], item[0])):
            click.echo(f"  {topic:<24}{figure:>1}" if figure < 10 else f"  {topic:<24}{figure}")
    if report.troubles:
        click.echo(failures(report))


def failures(report: CycleReport) -> str:
    """Each failure in a line, feeds first, without control characters: an address may be anything."""
    lines = ["What failed"]
    troubles = sorted(report.troubles, key=lambda trouble: trouble.what != "feed")
    lines += [f"  {t.what} {one_line(t.name)}: {one_line(t.reason)}" for t in troubles[:_MOST_TROUBLES]]
    if len(troubles) > _MOST_TROUBLES:
        lines.append(f"  … and {len(troubles) - _MOST_TROUBLES} more: table “fetches”, or --json")
    return "\n".join(lines)
