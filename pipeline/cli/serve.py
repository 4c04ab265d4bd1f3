"""``tumen serve``: Datasette on the live database, with Tumen's titles, descriptions and queries."""

from __future__ import annotations

import getpass
import json
import os
import secrets
import socket
import sys
import time
import webbrowser
from pathlib import Path

import click

from pipeline.cli import options

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_SETTINGS = {
    "suggest_facets": "off",  # a facet over an unindexed column of a large archive takes longer than a person waits
    "sql_time_limit_ms": "3000",
    "facet_time_limit_ms": "400",  # each; beside a search of a large archive they are left out
    "allow_download": "off",
    "max_returned_rows": "1000",
    "truncate_cells_html": "200",  # a table of articles is no place to read them
}


@click.command()
@options.database
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--open", "open_", is_flag=True, help="Open a browser on it, signed in.")
@click.option("--analyst", default=None, metavar="NAME", help="Whom the printed link signs in.  [default: you]")
@click.option("--proxy-header", metavar="NAME", help="Take the analyst's name from this header of a proxy …")
@click.option("--proxy-from", metavar="NETWORKS", default="127.0.0.1", show_default=True, help="… at these addresses.")
def command(
    database: Path, host: str, port: int, *, open_: bool, analyst: str | None, proxy_header: str | None, proxy_from: str
) -> None:
    """Serve the desk: review, search, plots, and every table in Datasette.

    Prints a link that signs you in once; others sign in with the password that “tumen analysts add” gave them.
    Everybody who can reach the address may read, so it listens on this machine only unless --host says otherwise;
    then, or behind a proxy, only who is signed in may ask in SQL of their own.
    """
    from pipeline.review import tables
    from pipeline.store import open_store

    open_store(database, create=False).close()
    if port == 0:
        port = _free_port(host)
    key = secrets.token_urlsafe(24)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    os.environ |= {
        "TUMEN_ENTRY_KEY": key,
        "TUMEN_ENTRY_NAME": analyst or _own_name(),
        "DATASETTE_SECRET": _secret(database.with_name(f"{database.stem}.secret")),
        "TUMEN_HOSTS": "127.0.0.1,localhost,[::1]" if host in _LOOPBACK and not proxy_header else "",
    }
    if host not in _LOOPBACK:
        click.echo(f"tumen: whoever reaches {address} may read the whole database.", err=True)
    click.echo(f"The desk is on {address}/-/tumen  (stop with Ctrl-C)", err=True)
    click.echo(f"Sign in once with {address}/-/tumen/enter?key={key}", err=True)
    sys.stderr.flush()
    if open_:
        _open_when_up(host, port, f"{address}/-/tumen/enter?key={key}")
    described = tables.describe(database.stem, sql_for_all=host in _LOOPBACK and not proxy_header)
    if proxy_header:
        described["plugins"] = {"tumen": {"proxy_header": proxy_header, "proxy_from": proxy_from.split(",")}}
    arguments = _datasette_arguments(database, host, port, described)
    os.execv(sys.executable, [sys.executable, "-m", "datasette", *arguments])  # noqa: S606 - our own list, no shell


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "analyst"


def _free_port(host: str) -> int:
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as server:
        return int(server.getsockname()[1])


def _secret(path: Path) -> str:
    """What signs the cookies, kept so that a restart signs nobody out; only the file's owner can read it."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if kept := path.read_text(encoding="ascii").strip():
            return kept
        handle = os.open(path, os.O_WRONLY | os.O_TRUNC)
    secret = secrets.token_hex(32)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secret)
    return secret


def _datasette_arguments(database: Path, host: str, port: int, described: dict[str, object]) -> list[str]:
    """Write the metadata file and return the arguments of the command ``datasette``."""
    metadata = database.with_name(f"{database.stem}.datasette.json")
    metadata.write_text(json.dumps(described, ensure_ascii=False, indent=1), encoding="utf-8")
    arguments = ["serve", str(database), "--host", host, "--port", str(port), "--metadata", str(metadata)]
    for name, value in _SETTINGS.items():
        arguments += ["--setting", name, value]
    return arguments


def _open_when_up(host: str, port: int, link: str) -> None:
    """Open the link in a browser once the desk answers; from a child, as this process becomes Datasette."""
    if os.fork():
        return
    for _ in range(300):
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            webbrowser.open(link)
            break
    os._exit(0)
