"""The errors that stop a command, and the exit code each one gives.

What may happen to one feed or one page is not here: those are outcomes, and outcomes are values (see
``pipeline.model``). A ``TumenError`` is for the caller who cannot go on; its text says what happened, to what,
and what to do about it, in one line.

    TumenError
    ├── ConfigError        78  a file in the config folder is wrong
    ├── NothingToWatch     66  there is no feed to poll
    ├── NotFound           66  the article, feed, topic or file that was asked for is not there
    ├── NetworkUnreachable 69  no feed at all could be reached
    ├── StoreError         73  the database cannot be opened, read or written
    │   └── SchemaTooNew   73  the database was made by a later Tumen
    ├── LockHeld           75  another cycle is running on this database
    └── Unavailable        69  something optional that the command needs is not installed
"""

from __future__ import annotations

from pathlib import Path


def printable(text: str) -> str:
    """A text that came from outside, for a terminal or a message: a blank for each control character but line feeds."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)


class TumenError(Exception):
    """What stopped a command. ``exit_code`` is the process's exit status (numbers as in BSD's sysexits.h)."""

    exit_code = 70

    def __str__(self) -> str:
        """The text without control characters: what it quotes may hold any."""
        return printable(super().__str__())


class ConfigError(TumenError):
    """A config file that cannot be used.

    Args:
        file: the file that is wrong.
        key: the place in it, as a person would name it: ``feed "TASS" › url`` or ``line 12``.
        problem: what is wrong and what was expected, as one sentence.
    """

    exit_code = 78

    def __init__(self, file: Path | str, key: str, problem: str) -> None:
        self.file = Path(file)
        self.key = key
        self.problem = problem
        super().__init__(f"{file}: {key}: {problem}" if key else f"{file}: {problem}")

    def __reduce__(self) -> tuple[type[ConfigError], tuple[Path, str, str]]:
        """Come out of another process as it went in."""
        return type(self), (self.file, self.key, self.problem)


class NothingToWatch(TumenError):
    """There is no enabled feed in the config."""

    exit_code = 66


class BadValue(TumenError):
    """Something given on the command line cannot be taken."""

    exit_code = 2


class NotFound(TumenError):
    """What the command was asked for does not exist."""

    exit_code = 66


class NetworkUnreachable(TumenError):
    """Not one feed could be reached: the fault is most likely on this side."""

    exit_code = 69


class Unavailable(TumenError):
    """An optional part that the command needs is not installed."""

    exit_code = 69


class StoreError(TumenError):
    """The database cannot be opened, read or written.

    Args:
        message: what happened, to which file, and what to do.
        damaged: whether the file is damaged, so that only a backup helps.
    """

    exit_code = 73

    def __init__(self, message: str, *, damaged: bool = False) -> None:
        super().__init__(message)
        self.damaged = damaged


class SchemaTooNew(StoreError):
    """The database has migrations that this Tumen does not know."""


class LockHeld(TumenError):
    """Another process runs a cycle on the same database."""

    exit_code = 75
