"""A mail server on loopback that accepts mail, reports a full mailbox, or kills the sender."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage


class Mailbox(socketserver.ThreadingTCPServer):
    """Received messages, in order; ``full`` refuses the next one."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.got: list[EmailMessage] = []
        self.full = False
        self._kill: Callable[[], None] | None = None
        self._keep = True

    def at_data(self, kill: Callable[[], None], *, keep: bool) -> None:
        """Call ``kill`` after the next message arrived, before it is acknowledged; store the message if ``keep``."""
        self._kill, self._keep = kill, keep

    def take(self, message: EmailMessage) -> bool:
        """Store a message; return False if its sender was killed."""
        kill, self._kill = self._kill, None
        if kill is None or self._keep:
            self.got.append(message)
        if kill is not None:
            kill()
        return kill is None

    @property
    def address(self) -> str:
        port = self.server_address[1]
        return f"mailto://127.0.0.1:{port}/?from=tumen@desk.example&to=duty@desk.example&mode=insecure&format=text"

    @property
    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for message in self.got]


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Mailbox)
        self.say("220 mailbox")
        for raw in self.rfile:
            word = raw.split()[0].upper() if raw.split() else b""
            if word == b"DATA":
                self.say("354 go on")
                lines = []
                for line in self.rfile:
                    if line == b".\r\n":
                        break
                    lines.append(line)
                parsed = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                assert isinstance(parsed, EmailMessage)
                if not self.server.take(parsed):
                    return
                self.say("250 taken")
            elif word == b"RCPT" and self.server.full:
                self.say("452 4.2.2 mailbox full")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    server = Mailbox()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
