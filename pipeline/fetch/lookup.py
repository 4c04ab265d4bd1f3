"""Name look-ups in threads of their own, so that names without an answer do not delay other work.

In: a host name. Out: its addresses. asyncio's own look-up shares a few threads with all other background work: six
names whose name server does not answer would stop every feed of a run.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from threading import Thread

Resolver = Callable[[str, int], Awaitable[list[str]]]


class NameLookup:
    """The system's resolver.

    Args:
        most: look-ups at the same time. A look-up whose caller gave up counts until the system gives up too.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)

    async def __call__(self, host: str, port: int) -> list[str]:
        """Return all addresses of a name, in the system's order.

        Raises:
            OSError: the name has no address.
        """
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[str]] = loop.create_future()

        def finish(addresses: list[str], error: OSError | None) -> None:
            self._free.release()
            if found.done():  # the caller gave up
                return
            if error is None:
                found.set_result(addresses)
            else:
                found.set_exception(error)

        def look_up() -> None:
            addresses, failure = [], None
            try:
                addresses = _addresses(host, port)
            except OSError as error:
                failure = error
            except UnicodeError:
                failure = OSError("the name is not valid")
            with suppress(RuntimeError):  # the run is over
                loop.call_soon_threadsafe(finish, addresses, failure)

        Thread(target=look_up, name=f"look-up of {host}", daemon=True).start()  # daemon: must not delay the exit
        return await found


def _addresses(host: str, port: int) -> list[str]:
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
