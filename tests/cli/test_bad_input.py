"""Mistakes of operators and damage to files: one clear line, a documented exit status, nothing lost."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.demo import World, running, write_config
from tests.alerts.mailbox import mailbox
from tests.command import tumen as run_command
from tests.cycle.crash import contents

if TYPE_CHECKING:
    from collections.abc import Iterator

_AS_OTHERS = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]  # root may all else
modes_count = pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may write anywhere, and cannot lay that down"
)


@pytest.fixture(scope="module")
def served() -> Iterator[World]:
    with running(World(now=datetime.now(UTC))) as world:
        yield world


@pytest.fixture(scope="module")
def made(served: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a config and a database that a cycle has filled."""
    folder = tmp_path_factory.mktemp("made")
    write_config(served, folder / "config")
    assert tumen(folder, "run").returncode == 1  # the world's broken feed
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(made, tmp_path / "desk")
    return tmp_path / "desk"


def tumen(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return run_command(*_with_places(folder, words))


def tumen_as_user(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a process that has no rights beyond those of file modes."""
    before = _AS_OTHERS if os.geteuid() == 0 else []
    call = [*before, sys.executable, "-m", "pipeline", *map(str, _with_places(folder, words))]
    return subprocess.run(call, capture_output=True, text=True, timeout=100, check=False)


def _with_places(folder: Path, words: tuple[str | Path, ...]) -> list[str | Path]:
    options: list[str | Path] = ["--db", folder / "tumen.db"]
    if words[0] in ("run", "doctor", "daemon", "reextract", "serve") or words[:2] == ("alerts", "send"):
        options += ["--config", folder / "config"]
    return [*words, *options]


def refused(done: subprocess.CompletedProcess[str], status: int, *words: str) -> None:
    """Check the exit status and that standard error is one line with these words."""
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("tumen: ")
    for word in words:
        assert word in done.stderr


def digest(folder: Path) -> bytes:
    return (folder / "tumen.db").read_bytes()


# ------------------------------------------------------------------------------------------------ config


@pytest.mark.parametrize("name", ["tumen.toml", "feeds.toml", "alerts.toml"])
@pytest.mark.parametrize("command", ["run", "daemon"])
def test_half_written_config_is_named_and_nothing_is_polled(
    place: Path, served: World, command: str, name: str
) -> None:
    whole = '[[rule]]\nname = "A"\nto = ["duty"]\n' if name == "alerts.toml" else ""
    path = place / "config" / name
    text = path.read_text(encoding="utf-8") if path.exists() else whole
    path.write_text(text[: text.rindex('"')], encoding="utf-8")
    before, asked = digest(place), len(served.log)
    refused(tumen(place, command), 78, name)
    assert digest(place) == before
    assert len(served.log) == asked


def test_desk_refuses_a_wrong_config(place: Path) -> None:
    (place / "config" / "tumen.toml").write_text("[desk]\ntranslator = 5\n", encoding="utf-8")
    refused(tumen_as_user(place, "serve", "--port", "0"), 78, "tumen.toml", "translator")


def test_missing_config_folder_is_named(place: Path) -> None:
    shutil.rmtree(place / "config")
    for command in ("run", "daemon"):
        refused(tumen(place, command), 78, "config", "is not a folder")


# ------------------------------------------------------------------------------------------------ permissions


@modes_count
@pytest.mark.parametrize("words", [("run",), ("daemon",), ("reindex",), ("alerts", "send")], ids=" ".join)
def test_database_without_write_permission(place: Path, words: tuple[str, ...]) -> None:
    (place / "tumen.db").chmod(0o400)
    reason = "it is read-only; check the mount, and who owns the file and its folder"
    refused(tumen_as_user(place, *words), 73, "tumen.db", reason)
    assert tumen_as_user(place, "status").returncode == 1  # the broken feed: it can be read
    assert "cannot be written by this user" in tumen_as_user(place, "doctor").stdout


@modes_count
def test_database_without_read_permission(place: Path) -> None:
    (place / "tumen.db").chmod(0)
    refused(tumen_as_user(place, "run"), 73, "tumen.db", "no permission")
    refused(tumen_as_user(place, "status"), 2, "tumen.db", "no permission")
    refused(tumen_as_user(place, "backup", place / "copy.db"), 73, "tumen.db", "no permission")


@modes_count
def test_folder_without_write_permission(place: Path) -> None:
    for path in place.glob("tumen.db.lock"):
        path.unlink()
    place.chmod(0o500)
    try:
        refused(tumen_as_user(place, "run"), 73, "tumen.db.lock", "Permission denied", "--db")
        refused(tumen_as_user(place, "backup", place / "copy.db"), 73, "copy.db", "could not be written")
    finally:
        place.chmod(0o700)


@modes_count
def test_config_without_read_permission(place: Path) -> None:
    (place / "config" / "feeds.toml").chmod(0)
    refused(tumen_as_user(place, "run"), 78, "feeds.toml", "cannot be read")


def test_doctor_reports_secrets_that_everybody_can_read(place: Path) -> None:
    (place / "tumen.secret").write_text("s", encoding="ascii")
    (place / "tumen.secret").chmod(0o644)
    done = tumen(place, "doctor")
    assert done.returncode == 1
    assert "tumen.secret may hold a secret" in done.stdout
    (place / "tumen.secret").chmod(0o600)
    assert tumen(place, "doctor").returncode == 0


# ------------------------------------------------------------------------------------------------ the file


@pytest.mark.parametrize(
    "words",
    [("run",), ("daemon",), ("status",), ("brief",), ("backup", "copy.db"), ("reindex",), ("alerts", "list")],
    ids=" ".join,
)
def test_database_of_a_later_version_is_refused_and_unchanged(place: Path, words: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(place / "tumen.db")) as conn:
        conn.execute("PRAGMA user_version = 9999")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = digest(place)
    refused(
        tumen(place, *words), 2 if words == ("status",) else 73, "created by a newer Tumen", "Install the newer Tumen"
    )
    assert digest(place) == before


def _damage(folder: Path, what: str) -> None:
    """Overwrite the header, the pages of a table's middle, or an index."""
    path = folder / "tumen.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = conn.execute("PRAGMA page_size").fetchone()[0]
        names = {"a table": "articles", "an index": "entries_waiting"}
        pages = [0]
        if what in names:
            rows = conn.execute("SELECT pageno FROM dbstat WHERE name = ? ORDER BY pageno", (names[what],))
            pages = [row[0] - 1 for row in rows]
    with path.open("r+b") as file:
        for page in pages:
            file.seek(page * size)
            file.write(b"\xa5" * (100 if what == "the header" else size))


@pytest.mark.parametrize(
    ("what", "message"),
    [("the header", "not an SQLite database"), ("a table", "damaged"), ("an index", "damaged")],
)
def test_corrupt_database_is_one_line_with_a_way_out(place: Path, what: str, message: str) -> None:
    good = place / "copy.db"
    assert tumen(place, "backup", good).returncode == 0
    undisturbed = contents(good)
    _damage(place, what)
    done = tumen(place, "run", "--force")
    if what == "the header" or done.returncode != 1:  # without new entries the damaged pages may not be read
        refused(done, 73, message)
    doctor = tumen(place, "doctor")
    assert doctor.returncode == 1
    assert message in doctor.stdout
    assert "Traceback" not in doctor.stdout + doctor.stderr
    if what == "a table":
        assert "restore the last backup" in doctor.stdout
    for path in place.glob("tumen.db*"):
        path.unlink()
    shutil.copyfile(good, place / "tumen.db")
    assert tumen(place, "run", "--force").returncode == 1  # the world's broken feed
    assert contents(place / "tumen.db") == undisturbed


def test_damage_found_by_housekeeping_shows_in_status(place: Path) -> None:
    _damage(place, "an index")
    done = tumen(place, "doctor", "--housekeeping")
    assert done.returncode == 1
    assert "damaged" in done.stdout
    status = tumen(place, "status")
    assert status.returncode in (1, 2)
    assert "damaged" in status.stdout + status.stderr


# ------------------------------------------------------------------------------------------------ beside it


def test_refusing_mail_server_keeps_alerts_and_is_one_line(place: Path, served: World) -> None:
    with mailbox() as box:
        box.full = True
        (place / "config" / "alerts.toml").write_text(
            f'[[target]]\nname = "duty"\nurl = "{box.address}"\n'
            '[[rule]]\nname = "Feeds"\nto = ["duty"]\nwhen = "feed"\n[[rule]]\nname = "All"\nto = ["duty"]\n',
            encoding="utf-8",
        )
        for path in place.glob("tumen.db*"):
            path.unlink()
        done = tumen(place, "run", "--quiet")
        assert done.returncode == 1  # the world's broken feed
        assert [line for line in done.stderr.splitlines() if "mailbox full" in line] == [done.stderr.splitlines()[-1]]
        assert done.stderr.count("\n") == 2
        with closing(sqlite3.connect(place / "tumen.db")) as conn:
            waiting = conn.execute("SELECT count(*) FROM alerts WHERE state = 'waiting'").fetchone()[0]
            assert waiting > 10
            conn.execute("UPDATE alerts SET try_at = NULL")
            conn.commit()
        box.full = False
        assert f"{waiting} sent" in tumen(place, "alerts", "send").stdout


def test_lock_ends_with_its_process(place: Path, served: World) -> None:
    slow = next(iter(served.origins))
    served.fault(slow, "hang")
    options = ["--db", str(place / "tumen.db"), "--config", str(place / "config")]
    command = [sys.executable, "-m", "pipeline", "run", "--force", *options]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        until = time.monotonic() + 30
        while "process" not in (place / "tumen.db.lock").read_text(encoding="utf-8") and time.monotonic() < until:
            time.sleep(0.05)
        refused(tumen(place, "run"), 75, f"tumen run (process {first.pid}, since {datetime.now(UTC):%Y-%m-%d}")
        assert f"tumen run (process {first.pid}" in tumen(place, "status").stdout
    finally:
        served.fault(slow, None)
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert tumen(place, "run").returncode in (0, 1)
    assert "Active run" not in tumen(place, "status").stdout
