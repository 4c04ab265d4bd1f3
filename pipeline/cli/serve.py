"""``tumen serve``: the desk and Datasette on the live database."""

from __future__ import annotations

import errno
import getpass
import ipaddress
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
from pipeline.errors import BadValue, Unavailable

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_SETTINGS = {
    "suggest_facets": "off",  # facets over unindexed columns of a large archive are too slow
    "sql_time_limit_ms": "3000",
    "facet_time_limit_ms": "400",  # per facet; slower facets are left out
    "allow_download": "off",
    "max_returned_rows": "1000",
    "truncate_cells_html": "200",  # long texts would make rows several screens high
}


@click.command()
@options.database
@options.config
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--open", "open_", is_flag=True, help="Open a browser, signed in.")
@click.option(
    "--analyst", default=None, metavar="NAME", help="Analyst signed in by the link.  [default: your user name]"
)
@click.option("--proxy-header", metavar="NAME", help="Header in which a trusted proxy sends the analyst's name.")
@click.option(
    "--proxy-from", metavar="NETWORKS", default="127.0.0.1", show_default=True, help="Addresses of trusted proxies."
)
def command(
    database: Path,
    folder: Path | None,
    host: str,
    port: int,
    *,
    open_: bool,
    analyst: str | None,
    proxy_header: str | None,
    proxy_from: str,
) -> None:
    """Serve the desk: review, search, dashboard, and every table in Datasette.

    Prints a one-time link that signs you in. Other analysts sign in with a password (“tumen analysts add”). Everybody
    who can reach the address can read, so the default is to listen on this machine only. With another --host, or behind
    a proxy, only signed-in analysts can run their own SQL.
    """
    from pipeline.review import tables
    from pipeline.settings import load_settings
    from pipeline.store import open_store
    from pipeline.store.lock import hold_desk

    proxies = _networks(proxy_from)
    load_settings(folder, feeds_required=False)  # the desk itself would do without a wrong config
    open_store(database, create=False).close()
    port = _free_port(host, port)
    hold_desk(database)
    key = secrets.token_urlsafe(24)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    os.environ |= {
        "TUMEN_ENTRY_KEY": key,
        "TUMEN_ENTRY_NAME": analyst or _own_name(),
        "DATASETTE_SECRET": _secret(database.with_name(f"{database.stem}.secret")),
    }
    if folder is not None:
        os.environ["TUMEN_CONFIG"] = str(folder.absolute())
    if host not in _LOOPBACK:
        click.echo(f"tumen: everybody who can reach {address} can read the whole database.", err=True)
    click.echo(f"The desk is on {address}/-/tumen  (stop with Ctrl-C)", err=True)
    click.echo(f"Sign in (works once): {address}/-/tumen/enter?key={key}", err=True)
    sys.stderr.flush()
    if open_:
        _open_when_up(host, port, f"{address}/-/tumen/enter?key={key}")
    described = tables.describe(database.stem, sql_for_all=host in _LOOPBACK and not proxy_header)
    plugin: dict[str, object] = {}
    if host not in _LOOPBACK or proxy_header:  # otherwise the desk answers to loopback names only
        plugin["hosts"] = ["*"]
    if proxy_header:
        plugin |= {"proxy_header": proxy_header, "proxy_from": proxies}
    described["plugins"] = {"tumen": plugin}
    arguments = _datasette_arguments(database, host, port, described)
    os.execv(sys.executable, [sys.executable, "-m", "datasette", *arguments])  # noqa: S606 - our own list, no shell


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "analyst"


def _networks(text: str) -> list[str]:
    """Return the addresses of proxies.

    Raises:
        BadValue: one of them is neither an address nor a network.
    """
    names = [name.strip() for name in text.split(",")]
    for name in names:
        try:
            ipaddress.ip_network(name)
        except ValueError:
            raise BadValue(f"--proxy-from {name}: must be an address or a network, such as 10.1.0.0/16.") from None
    return names


def _free_port(host: str, port: int) -> int:
    """Return the port, or a free one for 0. Found out before the link is printed.

    Raises:
        Unavailable: the port is taken, or the address is not one of this machine.
    """
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as server:
            return int(server.getsockname()[1])
    except OSError as error:
        reason = "the port is taken" if error.errno == errno.EADDRINUSE else str(error.strerror or error)
        raise Unavailable(f"{host}:{port}: cannot be served ({reason}); choose another --host or --port.") from None


def _secret(path: Path) -> str:
    """Return the key that signs cookies. It is kept in a private file, so a restart does not sign analysts out."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if stored := path.read_text(encoding="ascii").strip():
            return stored
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
    """Open the link in a browser once the desk answers. Runs in a child, because this process becomes Datasette."""
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
