"""The command ``tumen`` in the process of the tests: output and exit status of a new process, without its start."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from subprocess import CompletedProcess
from typing import TYPE_CHECKING
from unittest import mock

from pipeline.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def tumen(*words: str | Path, stdin: str = "", **environment: str) -> CompletedProcess[str]:
    """Run a command and return what it printed and its exit status."""
    arguments = [str(word) for word in words]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in "oe")
    with _unchanged_process(environment), redirect_stdout(out), redirect_stderr(err):
        sys.stdin = io.StringIO(stdin)
        try:
            main(arguments)
        except SystemExit as ended:
            status = ended.code
    assert isinstance(status, int)
    printed = [stream.detach().getvalue().decode() for stream in (out, err)]
    return CompletedProcess(arguments, status, *printed)


@contextmanager
def _unchanged_process(environment: dict[str, str]) -> Iterator[None]:
    """Undo what a command changes in its process: signal handlers, logging, environment, standard input."""
    root, stdin = logging.getLogger(), sys.stdin
    signals = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    handlers, loggers = list(root.handlers), [root, logging.getLogger("tumen"), logging.getLogger("apscheduler")]
    levels = [logger.level for logger in loggers]
    try:
        with mock.patch.dict(os.environ, environment):
            yield
    finally:
        sys.stdin = stdin
        for number, handler in signals.items():
            signal.signal(number, handler)
        root.handlers[:] = handlers
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
