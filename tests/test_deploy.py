"""Files in deploy/: systemd accepts the units, the cron lines run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

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
