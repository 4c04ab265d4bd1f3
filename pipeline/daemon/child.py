"""Child processes of the daemon: one ``tumen`` command at a time, with a time limit.

In: the arguments of a command. Out: its output and exit status.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

_STOP_SECONDS = 8.0  # of the ten that systemd's stop may take


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Result of a command.

    Attributes:
        status: its exit status, negative for a signal.
        out: its standard output.
        err: its standard error.
        too_long: it exceeded its time limit and was killed.
    """

    status: int
    out: str
    err: str
    too_long: bool = False

    @property
    def last_line(self) -> str:
        """Last line of standard error: the message of a failed command."""
        lines = [line for line in self.err.splitlines() if line.strip()]
        return lines[-1] if lines else ""


class Children:
    """Runs commands on a database, one at a time, for any thread."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self._one_at_a_time = threading.Lock()
        self._state = threading.Lock()  # guards _child and _stopped: no child starts after ``stop``
        self._child: subprocess.Popen[str] | None = None
        self._stopped = False

    def call(self, *arguments: str, limit: float) -> Ended | None:
        """Run ``tumen`` with these arguments, after any other running command; None if ``stop`` was called.

        Args:
            arguments: the command and its options.
            limit: seconds after which the command is killed. Nothing is lost by that.
        """
        with self._one_at_a_time:
            try:
                child = self._start([sys.executable, "-m", "pipeline", *arguments, "--db", str(self.database)])
            except OSError as error:  # no memory or no free process now; the next run may succeed
                return Ended(status=71, out="", err=f"no process could be started ({error.strerror})")
            if child is None:
                return None
            too_long = False
            try:
                out, err = child.communicate(timeout=limit)
            except subprocess.TimeoutExpired:
                too_long = True
                child.kill()
                out, err = child.communicate()
            with self._state:
                self._child = None
                return None if self._stopped else Ended(status=child.returncode, out=out, err=err, too_long=too_long)

    def _start(self, command: list[str]) -> subprocess.Popen[str] | None:
        with self._state:
            if not self._stopped:
                self._child = subprocess.Popen(  # noqa: S603 - arguments are our own
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    env=os.environ | {"NOTIFY_SOCKET": ""},
                )
            return self._child

    def stop(self) -> bool:
        """End the running command within about eight seconds, and start no other. Return whether one was running."""
        with self._state:
            self._stopped = True
            child = self._child
        if child is None:
            return False
        child.send_signal(signal.SIGINT)
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()  # nothing is lost: the next cycle continues where this one was
            child.wait()
        return True
