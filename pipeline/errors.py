"""Errors that stop a command, and the exit status of each.

A failure of a single feed or page is not here: it is an outcome, and outcomes are values (``pipeline.model``). The text
of a ``TumenError`` is one line that says what happened, to what, and what to do next.

    TumenError
    ├── ConfigError        78  a file in the config folder is wrong
    ├── NothingToWatch     66  there is no feed to poll
    ├── BadValue            2  a value on the command line is invalid
    ├── NotFound           66  the requested article, feed, topic or file does not exist
    ├── NetworkUnreachable 69  no feed could be reached
    ├── Unavailable        69  an optional part that the command needs is not installed
    ├── Unwritable         73  the output of a command cannot be written
    ├── StoreError         73  the database cannot be opened, read or written
    │   └── SchemaTooNew   73  the database was made by a newer version of Tumen
    └── LockHeld           75  another cycle is running on this database
"""

from __future__ import annotations

from pathlib import Path

_LONGEST = 600  # characters of a part of a message


def printable(text: str) -> str:
    """Return untrusted text for a terminal or a message: control characters other than line feeds become blanks."""
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text)


def _short(text: str) -> str:
    """Return a text without the middle of a very long value that it quotes."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


class TumenError(Exception):
    """An error that stops a command. ``exit_code`` is the exit status (numbers of BSD's sysexits.h)."""

    exit_code = 70

    def __str__(self) -> str:
        """Return the text without control characters; quoted text may contain them."""
        return printable(super().__str__())


class ConfigError(TumenError):
    """A config file is wrong.

    Args:
        file: the file.
        key: the place in it, as people name it: ``feed "TASS" › url`` or ``line 12``.
        problem: what is wrong and what is expected, as one sentence.
    """

    exit_code = 78

    def __init__(self, file: Path | str, key: str, problem: str) -> None:
        self.file = Path(file)
        self.key = key
        self.problem = problem
        text = ": ".join(_short(part) for part in (key, problem) if part)
        super().__init__(f"{file}: {text}".replace("\n", " "))  # quoted values and names may have several lines

    def __reduce__(self) -> tuple[type[ConfigError], tuple[Path, str, str]]:
        """Support pickling: workers return this error to the main process."""
        return type(self), (self.file, self.key, self.problem)


class NothingToWatch(TumenError):
    """The config has no enabled feed."""

    exit_code = 66


class BadValue(TumenError):
    """A value on the command line is invalid."""

    exit_code = 2


class NotFound(TumenError):
    """The requested object does not exist."""

    exit_code = 66


class NetworkUnreachable(TumenError):
    """No feed could be reached. The fault is most likely on this side."""

    exit_code = 69


class Unavailable(TumenError):
    """An optional part that the command needs is not installed."""

    exit_code = 69


class Unwritable(TumenError):
    """The output of a command cannot be written to the given file."""

    exit_code = 73


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
    """The database has migrations that this version of Tumen does not know."""


class LockHeld(TumenError):
    """Another process runs a cycle on the same database."""

    exit_code = 75
