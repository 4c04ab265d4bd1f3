"""Tells systemd how the daemon does (sd_notify(3)): a datagram to the socket that ``$NOTIFY_SOCKET`` names.

Fifteen lines of our own: the packages for it are no more than that, and some need libsystemd.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress


def tell(*words: str) -> None:
    """Send lines like ``READY=1``; nothing happens where nobody listens."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place.startswith(("/", "@")):
        return
    address = "\0" + place[1:] if place.startswith("@") else place
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto("\n".join(words).encode(), address)


def watchdog_seconds() -> float | None:
    """How often to say that we live: half of what systemd allows; None when it does not ask."""
    asked = os.environ.get("WATCHDOG_USEC", "")
    return int(asked) / 2_000_000 if asked.isdecimal() and int(asked) else None
