"""One command of ours at a time, as a child process that can be waited for, stopped, and given up.

In: the words of a command. Out: what it said and how it ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_SECONDS = 8.0  # of the ten that a stop may take


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended.

    Attributes:
        status: its exit status, negative for a signal.
        too_long: it had more time than it may take, and was killed.
    """

    status: int
    out: str
    err: str
    too_long: bool = False

    @property
    def last_line(self) -> str:
        """The last line that it wrote to standard error: the sentence with which a command of ours gives up."""
        lines = [line for line in self.err.splitlines() if line.strip()]
        return lines[-1] if lines else ""


class Children:
    """Runs commands on a database, one after the other, whichever threads ask for them."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self._turn = threading.Lock()
        self._hand = threading.Lock()  # over _child and _stopped: a child is never started after ``stop``
        self._child: subprocess.Popen[str] | None = None
        self._stopped = False

    def call(self, *words: str, longest: float) -> Ended | None:
        """Run ``tumen`` with these words when it is our turn; None when ``stop`` came first.

        Args:
            words: the command and its options.
            longest: seconds; a command that takes longer hangs, and is killed: nothing is lost by that.
        """
        with self._turn:
            try:
                child = self._start([sys.executable, "-m", "pipeline", *words, "--db", str(self.database)])
            except OSError as error:  # no memory, no process to be had: the next time may do better
                return Ended(status=71, out="", err=f"no process could be started ({error.strerror})")
            if child is None:
                return None
            too_long = False
            try:
                out, err = child.communicate(timeout=longest)
            except subprocess.TimeoutExpired:
                too_long = True
                child.kill()
                out, err = child.communicate()
            with self._hand:
                self._child = None
                return None if self._stopped else Ended(status=child.returncode, out=out, err=err, too_long=too_long)

    def _start(self, command: list[str]) -> subprocess.Popen[str] | None:
        with self._hand:
            if not self._stopped:
                self._child = subprocess.Popen(  # noqa: S603 - our own command
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    env=os.environ | {"NOTIFY_SOCKET": ""},
                )
            return self._child

    def stop(self) -> bool:
        """End the command in hand, within some eight seconds, and start no other; whether there was one."""
        with self._hand:
            self._stopped = True
            child = self._child
        if child is None:
            return False
        child.send_signal(signal.SIGINT)
        try:
            child.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()  # nothing is lost: a cycle that is killed goes on where it was
            child.wait()
        return True
