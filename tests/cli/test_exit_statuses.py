"""Exit statuses and the one line that goes with each, whatever happens."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pipeline import cli
from pipeline.store import open_store

DEV_FULL = Path("/dev/full")


@pytest.fixture(autouse=True)
def signals_are_restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def ended(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    """The exit status of a command that raises this."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli.tumen, "main", fail)
    with pytest.raises(SystemExit) as caught:
        cli.main([])
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (TypeError("of\nours"), 70, "tumen: internal error: TypeError: of ours (test_exit_statuses.py, line"),
        (OverflowError("date value out of range"), 70, "OverflowError"),
        (FileNotFoundError(2, "No such file or directory", "nodir/x"), 74, "tumen: nodir/x: No such file"),
        (PermissionError(13, "Permission denied", "locked"), 74, "tumen: locked: Permission denied."),
        (click.exceptions.Abort(), 130, "tumen: stopped."),
    ],
)
def test_every_exception_is_one_line_with_its_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, status: int, line: str
) -> None:
    monkeypatch.setattr(logging.getLogger("tumen"), "level", logging.WARNING)
    assert ended(monkeypatch, error) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert line in err
    assert "Traceback" not in err


def test_traceback_is_printed_on_request(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(logging.getLogger("tumen"), "level", logging.WARNING)
    monkeypatch.setenv("TUMEN_DEBUG", "1")
    assert ended(monkeypatch, ValueError("x")) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.skipif(not DEV_FULL.exists(), reason="Linux only")
@pytest.mark.parametrize("words", [["status"], ["feeds", "list"]])
def test_output_to_a_full_disk_is_one_line_and_74(tmp_path: Path, words: list[str]) -> None:
    open_store(tmp_path / "tumen.db").close()
    options = ["--db", str(tmp_path / "tumen.db")] if words == ["status"] else []
    with DEV_FULL.open("w", encoding="ascii") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *words, *options],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        74,
        "tumen: the output, or a file, cannot be written (No space left on device).\n",
    )


@pytest.mark.parametrize(
    ("sent", "raised", "ignored"),
    [
        (signal.SIGTERM, "click.exceptions.Abort", False),
        (signal.SIGTERM, "KeyboardInterrupt", True),  # behind an ampersand
        (signal.SIGHUP, "KeyboardInterrupt", False),
    ],
)
def test_signal_is_one_line_and_its_status(tmp_path: Path, sent: int, raised: str, ignored: bool) -> None:
    script = f"""
import click, signal, time, pipeline.cli as cli

def wait():
    try:
        print("up", flush=True)
        time.sleep(30)
    except KeyboardInterrupt:
        raise {raised}

signal.signal(signal.SIGINT, signal.{"SIG_IGN" if ignored else "default_int_handler"})
cli.tumen.main = lambda **_: wait()
cli.main([])
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[2])},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(sent)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 128 + sent
    assert err == "tumen: stopped. Nothing is lost; the next run continues from here.\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_switched_off(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    colours: list[object] = []
    monkeypatch.setattr(cli.tumen, "main", lambda **options: colours.extend([options["color"]]))
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        cli.main([])
    assert colours == [False]
