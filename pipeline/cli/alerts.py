"""``tumen alerts``: test the targets, show the outbox, send what is due."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli import options
from pipeline.errors import NetworkUnreachable, NotFound

_COLOURS = {"waiting": "yellow", "sending": "yellow", "sent": "green", "failed": "red"}


@click.group()
def command() -> None:
    """Alerts by the rules of alerts.toml: mail, Slack, Telegram, Matrix, webhooks and other Apprise services."""


@command.command("test")
@click.argument("names", nargs=-1, metavar="[TARGET]...")
@options.config
def test(names: tuple[str, ...], folder: Path | None) -> None:
    """Send a test message to each target, or to those named, and show the result."""
    from pipeline.alerts import send
    from pipeline.settings import load_settings

    targets = load_settings(folder).alerts.target
    if not targets:
        raise NotFound("alerts.toml has no target; add a [[target]].")
    if unknown := set(names) - {target.name for target in targets}:
        known = ", ".join(target.name for target in targets)
        raise NotFound(f"alerts.toml has no target {', '.join(sorted(unknown))}; it has: {known}.")
    failed = 0
    for target in targets:
        if names and target.name not in names:
            continue
        problem = send(target, "Tumen: test", "This is a test message. Alerts of Tumen reach you.", "test")
        failed += problem is not None
        result = click.style("sent", fg="green") if problem is None else f"{click.style('failed', fg='red')}: {problem}"
        click.echo(f"{target.name}: {result}")
    if failed:
        raise NetworkUnreachable(f"{failed} of the targets did not accept the message.")


@command.command("list")
@options.database
@click.option("-n", "limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="Number of alerts.")
def show(database: Path, limit: int) -> None:
    """Show the outbox: first waiting and failed alerts, then the last sent ones."""
    from pipeline.store import open_readonly, outbox

    conn = open_readonly(database)
    rows = outbox.latest(conn, limit)
    conn.close()
    if not rows:
        click.echo("The outbox is empty.")
    shown = ""
    for row in rows:
        state = click.style(f"{row['state']:<8}", fg=_COLOURS[row["state"]])
        click.echo(f"{row['sent_at'] or row['made_at']}  {state} {row['target']}: {row['subject']}  ({row['rule']})")
        if row["problem"]:
            tries = "once" if row["tries"] == 1 else f"{row['tries']} times"
            again = f", next try {row['try_at']}" if row["state"] == "waiting" and row["try_at"] else ""
            problem = row["problem"] if row["problem"] != shown else "the same"
            shown = row["problem"]
            click.echo(f"{'':<31}{problem} (tried {tries}{again})")


@command.command("send")
@options.database
@options.config
@click.option("--retry", is_flag=True, help="Try all alerts that wait now, and those that were given up.")
def send_due(database: Path, folder: Path | None, *, retry: bool) -> int:
    """Send the alerts that are due. Every cycle does this at its end."""
    from pipeline.alerts import after_cycle
    from pipeline.settings import load_settings
    from pipeline.store import cycle_lock, open_store, outbox

    settings = load_settings(folder)
    with cycle_lock(database, "tumen alerts send"):
        conn = open_store(database, create=False)
        try:
            if retry:
                outbox.retry_failed(conn, datetime.now(UTC))
            result = after_cycle(conn, settings, datetime.now(UTC), lambda: datetime.now(UTC))
        finally:
            conn.close()
    click.echo(f"{result.sent} sent, {result.waiting} waiting, {result.failed} given up.")
    for problem in result.problems:
        click.echo(problem, err=True)
    return 1 if result.problems else 0
