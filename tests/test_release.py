"""What a release consists of: versions agree, the package is whole, compose file and workflow fit the repository."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from pipeline import __version__

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_version_is_that_of_changelog_and_image() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    assert __version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    images = re.findall(r"image: tumen:(\S+)", (ROOT / "compose.yaml").read_text(encoding="utf-8"))
    assert images == [__version__] * 2


def test_package_has_a_description_that_stands_alone_and_a_type_marker() -> None:
    text = (ROOT / PROJECT["readme"]).read_text(encoding="utf-8")
    assert not re.findall(r"\]\((?!https?://)", text), "relative links lead nowhere on a package index"
    assert set(re.findall(r"tumen\[(\w+)\]", text)) == set(PROJECT["optional-dependencies"]) - {
        "test",
        "check",
        "mutate",
    }
    assert (ROOT / "pipeline" / "py.typed").is_file()
    assert "Typing :: Typed" in PROJECT["classifiers"]


def test_supported_versions_of_python_are_those_that_ci_tries() -> None:
    named = {each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)}
    for workflow in ("ci.yml", "release.yml"):
        text = (ROOT / ".github" / "workflows" / workflow).read_text(encoding="utf-8")
        tried = re.search(r"python: \[(.+)\]", text)
        assert tried is not None
        assert set(re.findall(r"[\d.]+", tried[1])) == named


def test_desk_and_daemon_share_one_volume() -> None:
    yaml = pytest.importorskip("yaml")
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    daemon, desk = compose["services"]["daemon"], compose["services"]["desk"]
    assert "data:/data" in daemon["volumes"]
    assert daemon["volumes"] == desk["volumes"]
    assert (ROOT / daemon["build"]["dockerfile"]).is_file()
    assert all(port.startswith("127.0.0.1:") for port in desk["ports"])
    assert all("healthcheck" in service for service in compose["services"].values())


def test_files_that_ci_names_are_there() -> None:
    named = re.findall(r"\btests/[\w/.]+", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
