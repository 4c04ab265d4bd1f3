"""Messages to systemd about the daemon's state (sd_notify(3)): datagrams to the socket in ``$NOTIFY_SOCKET``.

Packages for this are no longer than these lines, and some need libsystemd.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress


def send(*lines: str) -> None:
    """Send lines such as ``READY=1``. Do nothing if systemd does not listen."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path.startswith(("/", "@")):
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto("\n".join(lines).encode(), address)


def watchdog_seconds() -> float | None:
    """Return the interval of watchdog messages, half of what systemd allows; None if systemd expects none."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 2_000_000 if microseconds.isdecimal() and int(microseconds) else None
