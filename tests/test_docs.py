"""The docs agree with the code: settings, commands, options, exit codes, tables, columns, links, generated files."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sqlite3
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from pipeline import errors
from pipeline.cli import tumen
from pipeline.model import Source
from pipeline.settings import load_settings
from pipeline.settings.alerts import AlertSettings, Rule, Target
from pipeline.store import open_store

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("docs/*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]
PAGES += [ROOT / "db" / "README.md", ROOT / "deploy" / "README.md"]
OF_OTHERS = {"extraction.md", "editing-topics.md", "flagging.md"}  # wrapped by their own hands
REQUIRED = object()


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def cells(text: str) -> Iterator[list[str]]:
    """The rows of all tables of a Markdown text."""
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("| ---"):
            yield [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# ------------------------------------------------------------------------------------------------ settings


def documented(text: str) -> dict[str, Any]:
    """Keys with their defaults, from the tables of one section of docs/settings.md."""
    defaults: dict[str, Any] = {}
    for row in cells(text):
        if len(row) == 4 and (key := words(row[0])):
            value = words(row[1])
            plain = {"required": REQUIRED, "none": None}
            defaults[key[0]] = plain[row[1]] if not value else tomllib.loads(f"x = {value[0]}")["x"]
    return defaults


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"^#{2,3} (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def fields(value: Any) -> dict[str, Any]:
    """The settings of one table with their defaults, for a dataclass or a msgspec struct."""
    found = {
        name: getattr(value, name) for kind in type(value).__mro__ for name in getattr(kind, "__annotations__", {})
    }
    return {name: list(one) if isinstance(one, tuple) else one for name, one in found.items()}


def test_every_setting_is_documented_with_its_default() -> None:
    settings = load_settings()
    text = sections(read("docs/settings.md"))
    tables = {key: body for head, body in text.items() for key in re.findall(r"\[(\w+)\]", head)}
    stored = documented(tables["store"])
    assert {key: stored.pop(key) for key in fields(settings.store)} == fields(settings.store)
    assert stored == fields(settings.archive)
    for name in ("fetch", "poll", "cycle", "extract", "flagging", "edits", "daemon", "desk"):
        assert documented(tables[name]) == fields(getattr(settings, name)), name


def test_every_key_of_feeds_and_alerts_is_documented_with_its_default() -> None:
    text = sections(read("docs/settings.md"))
    feed = fields(Source(name="n", url="u", language="en")) | dict.fromkeys(("name", "url", "language"), REQUIRED)
    assert documented(text["feeds.toml"]) == feed
    top, target, rule = re.split(r"^A `\[\[", text["alerts.toml"], flags=re.MULTILINE)
    assert documented(top).items() <= fields(AlertSettings()).items()
    assert documented(target) == fields(Target(name="n")) | {"name": REQUIRED}
    assert documented(rule) == fields(Rule(name="n", to=())) | {"name": REQUIRED, "to": REQUIRED}


# ------------------------------------------------------------------------------------------------ commands


def commands() -> dict[str, click.Command]:
    """Every command that does something, by its words."""
    found: dict[str, click.Command] = {}
    context = click.Context(tumen)

    def walk(command: click.Command, path: tuple[str, ...]) -> None:
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                assert below is not None
                walk(below, (*path, name))
        else:
            found[" ".join(path)] = command

    walk(tumen, ())
    return found


def options(command: click.Command) -> set[str]:
    """The long form of each option, or the short one if it has no other."""
    own = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return {max(option.opts, key=len) for option in own} - {"--db", "--config"}


def test_every_command_is_documented_and_no_other() -> None:
    named: set[str] = set()
    for row in cells(read("docs/commands.md")):
        phrases = words(row[0])
        if phrases and phrases[0].startswith("tumen "):
            first, *others = (re.sub(r" [A-Z|]+.*", "", phrase) for phrase in phrases)
            path = first.removeprefix("tumen ").split()
            named |= {" ".join(path)} | {f"{path[0]} {name}" for name in others}
    assert named == set(commands())


def test_every_option_is_documented_at_its_command_and_no_other() -> None:
    named: set[tuple[str, str]] = set()
    for row in cells(read("docs/commands.md")):
        if len(row) == 3 and (flags := words(row[0])):
            named |= {(command, flag) for command in row[1].split(", ") for flag in flags}
    assert named == {(name, option) for name, command in commands().items() for option in options(command)}


def test_every_command_and_option_has_help() -> None:
    for name, command in commands().items():
        assert command.help, name
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.opts[0] not in ("--limit", "--format"):
                assert parameter.help, (name, parameter.opts)


def test_every_exit_code_is_documented() -> None:
    kinds: list[type[errors.TumenError]] = [errors.TumenError, *_below(errors.TumenError)]
    codes = {kind.exit_code for kind in kinds} | {0, 1, os.EX_IOERR, 129, 130, 143}
    named = {int(row[0]) for row in cells(read("docs/commands.md")) if row[0].isdecimal()}
    assert named == codes


def _below(kind: type[errors.TumenError]) -> Iterator[type[errors.TumenError]]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)


# ------------------------------------------------------------------------------------------------ tables


@pytest.fixture
def schema(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    conn = open_store(tmp_path / "tumen.db")
    yield conn
    conn.close()


def test_every_table_and_column_is_described(schema: sqlite3.Connection) -> None:
    described = json.loads(read("config/datasette.json"))["database"]["tables"]
    names = schema.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
        " AND name NOT GLOB 'sqlite_*' AND name NOT GLOB 'articles_fts*'"
    )
    for (name,) in names.fetchall():
        columns = {row[1] for row in schema.execute(f"PRAGMA table_info({name})")}
        assert described[name]["description"], name
        assert set(described[name].get("columns", {})) == columns, name


def test_every_table_is_in_the_overview(schema: sqlite3.Connection) -> None:
    overview = {name for row in cells(read("db/README.md")) for name in words(row[0])}
    described = json.loads(read("config/datasette.json"))["database"]["tables"]
    hidden = {"_sqlite_migrations", "review_queue", "source_health", "archived_articles"}
    assert overview == set(described) - hidden


# ------------------------------------------------------------------------------------------------ pages


@pytest.mark.parametrize("part", ["picture", "schema"])
def test_generated_files_are_up_to_date(part: str) -> None:
    spec = importlib.util.spec_from_file_location("build_docs", ROOT / "docs" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    path: Path = {"picture": build.PICTURE, "schema": build.SCHEMA}[part]
    text: str = getattr(build, part)()
    assert path.read_text(encoding="utf-8") == text, "run ./dev docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        if path.startswith(("http://", "https://")):
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            heads = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}, link
    for path in re.findall(r"`((?:pipeline|tests|docs|config|db|deploy|benchmarks)/[\w./-]+)`", text):
        assert (ROOT / path).exists() or path == "db/tumen.db", path


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in OF_OTHERS], ids=lambda page: page.name)
def test_lines_of_prose_have_at_most_120_characters(page: Path) -> None:
    long = [line for line in page.read_text(encoding="utf-8").splitlines() if len(line) > 120]
    assert [line for line in long if not line.startswith(("|", "!["))] == []


def test_dev_help_lists_every_command_of_the_script() -> None:
    script = read("dev")
    cases = {name for line in re.findall(r"^([a-z| -]+)\)", script, flags=re.MULTILINE) for name in line.split(" | ")}
    listed = set(re.findall(r"^\./dev (\w+)", script, flags=re.MULTILINE))
    assert {name.strip() for name in cases} - {"-h", "--help"} == listed
