"""Files in deploy/: systemd accepts the units, the cron lines run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from pipeline import cli
from pipeline.demo import World, running, write_config

DEPLOY = Path(__file__).parent.parent / "deploy"
TUMEN = Path(sys.executable).with_name("tumen")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for path in [*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")]:
        text = path.read_text(encoding="utf-8").replace("/opt/tumen/.venv/bin/tumen", str(TUMEN))
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    units = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    results = [line for line in done.stderr.splitlines() if any(Path(unit).name in line for unit in units)]
    assert len(units) == 6
    assert results == []


def command_lines() -> Iterator[list[str]]:
    """Yield the arguments of each ``tumen`` command in units, crontab and containers."""
    for path in (*DEPLOY.glob("*.service"), DEPLOY / "crontab"):
        for line in re.findall(r"^[^#]*/opt/tumen/\.venv/bin/tumen ([^|\n]+)", path.read_text("utf-8"), re.MULTILINE):
            yield line.split()
    yaml = pytest.importorskip("yaml")
    services = yaml.safe_load((DEPLOY.parent / "compose.yaml").read_text("utf-8"))["services"]
    yield from (service["command"] for service in services.values() if "command" in service)
    for line in re.findall(r"CMD (\[.*\])$", (DEPLOY / "Containerfile").read_text("utf-8"), re.MULTILINE):
        yield [word for word in json.loads(line) if word != "tumen"]


def test_commands_in_units_crontab_and_containers_have_valid_options() -> None:
    lines = list(command_lines())
    assert len(lines) >= 8
    for name, *arguments in lines:
        command = cli.tumen.get_command(click.Context(cli.tumen), name)
        assert command is not None, name
        context = command.make_context(name, arguments)
        assert name not in ("run", "daemon", "serve", "doctor") or "folder" in context.params


def test_desk_and_daemon_units_use_one_database_and_one_config() -> None:
    units = [path.read_text("utf-8") for path in DEPLOY.glob("*.service")]
    assert all("--db /var/lib/tumen/tumen.db --config /etc/tumen" in unit for unit in units)


def test_cron_lines_work_and_are_silent_after_the_first_report(tmp_path: Path) -> None:
    with running(World(now=datetime.now(UTC))) as world:
        config = write_config(world, tmp_path / "config")
        backups = tmp_path / "backups"
        with (config / "tumen.toml").open("a", encoding="utf-8") as file:
            file.write(f'[daemon]\nbackup_folder = "{backups}"\n')
        lines = []
        for line in (DEPLOY / "crontab").read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                command = line.split(maxsplit=5)[5].replace("/opt/tumen/.venv/bin/tumen", str(TUMEN))
                database = tmp_path / "tumen.db"
                lines.append(
                    command.replace("/var/lib/tumen/tumen.db", str(database)).replace("/etc/tumen", str(config))
                )
        results = [
            subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False) for line in lines * 2
        ]
    assert len(lines) == 2
    assert "Atlantis Wire" in results[0].stderr
    assert [one.stdout + one.stderr for one in results[1:]] == ["", "", ""]
    assert [one.returncode for one in results[1::2]] == [0, 0]
    assert list(backups.glob("tumen-*.db"))
