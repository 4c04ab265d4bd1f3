"""HTTP server of a demo world: one loopback socket per site, HTTP/1.1 with keep-alive, a log of every request."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import formatdate
from http import HTTPStatus

from pipeline.demo.world import LoggedRequest, Response, World

_HEAD_BYTES = 64 * 1024
_DRIP_SECONDS = 0.25


class Serving:
    """A served world. ``close`` stops listening and closes every connection."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self, host: str, port: int) -> None:
        """Listen on one port per site, from ``port`` upwards, or on any free ports if it is 0."""
        origins = {}
        for number, site in enumerate(self.world.sites):
            handler = _Handler(self.world, site.id, self._connections)
            server = await asyncio.start_server(
                handler.connection, host, port + number if port else 0, limit=_HEAD_BYTES
            )
            self._servers.append(server)
            origins[site.id] = f"http://{host}:{server.sockets[0].getsockname()[1]}"
        self.world.bind(origins)

    async def close(self) -> None:
        """Stop listening and close open connections, including hanging responses."""
        for server in self._servers:
            server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)


async def serve(world: World, host: str = "127.0.0.1", port: int = 0) -> Serving:
    """Serve the world in this event loop.

    Args:
        world: the world; its ``origins`` are set to the addresses in use.
        host: a loopback address.
        port: the first of the consecutive ports, one per site; 0 for any free ports.

    Raises:
        OSError: a port is in use.
    """
    serving = Serving(world)
    try:
        await serving.open(host, port)
    except OSError:
        await serving.close()
        raise
    return serving


@contextlib.contextmanager
def running(world: World, port: int = 0) -> Iterator[World]:
    """Serve the world in a thread, for callers that are not asynchronous or run their own event loop.

    Raises:
        OSError: a port is in use.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="demo world", daemon=True)
    thread.start()
    serving: Serving | None = None
    try:
        serving = asyncio.run_coroutine_threadsafe(serve(world, "127.0.0.1", port), loop).result()
        yield world
    finally:
        if serving is not None:
            asyncio.run_coroutine_threadsafe(serving.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Handler:
    """Handles the connections to one site."""

    def __init__(self, world: World, site: str, connections: set[asyncio.Task[None]]) -> None:
        self._world = world
        self._site = site
        self._connections = connections

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the client closed the connection or sent no HTTP, or the server stops: no response is possible
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Handle one request. Return True if the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, _, rest = head[0].partition(" ")
        path = rest.rpartition(" ")[0]
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        headers.pop("", None)
        response = self._world.respond(method, path, headers)
        self._world.log.append(
            LoggedRequest(
                at=datetime.now(UTC),
                site=self._site,
                method=method,
                path=path,
                status=response.status,
                headers=headers,
            )
        )
        if response.pace == "hang":
            await reader.read()
            return False
        keep = _keeps(method, headers)
        writer.write(_head(response, method, keep=keep))
        await _send_body(response, method, writer)
        return keep


def _keeps(method: str, headers: Mapping[str, str]) -> bool:
    """Return True if the connection may stay open. A request body is not read; its connection is closed instead."""
    return method in ("GET", "HEAD") and headers.get("connection", "").lower() != "close"


def _head(response: Response, method: str, *, keep: bool) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}", f"date: {formatdate(usegmt=True)}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    if response.status != HTTPStatus.NOT_MODIFIED and method != "HEAD":
        lines.append(f"content-length: {len(response.body)}")
    lines.append(f"connection: {'keep-alive' if keep else 'close'}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _send_body(response: Response, method: str, writer: asyncio.StreamWriter) -> None:
    body = b"" if method == "HEAD" else response.body
    if response.pace == "prompt":
        writer.write(body)
        await writer.drain()
        return
    for at in range(len(body)):
        writer.write(body[at : at + 1])
        await writer.drain()
        await asyncio.sleep(_DRIP_SECONDS)
