"""Mutation testing: plants small faults in a copy of the tree and counts those that the tests notice.

``./dev mutate`` plants faults in every decision module of ``tests/mutation.toml`` with mutmut, then the hand-planted
faults of that file, which cover SQL and module-level code that mutmut leaves alone. ``./dev mutate MODULE`` does it for
one module. Everything happens in a temporary copy, so the tree stays as it is, also when this is stopped.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLAN = ROOT / "tests" / "mutation.toml"
_USAGE, _INTERRUPTED = 64, 130
_SQL_TEXT = re.compile(r"'[^']*'")
_NOTICED = {"killed", "timeout", "segfault", "caught by type check"}
_COPIED = ("pipeline/", "config/", "db/", "benchmarks/", "docs/", "deploy/", "README.md", "CHANGELOG.md", "dev")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault planted by hand.

    Attributes:
        file: path of the file, from the root of the tree.
        old: text that is in the file once.
        new: what replaces it.
        harm: what a user would suffer.
        tests: arguments for pytest.
    """

    file: str
    old: str
    new: str
    harm: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The content of ``tests/mutation.toml``.

    Attributes:
        modules: tests by module, both as paths.
        faults: the faults planted by hand.
        equivalent: reason by changed line, for mutants that behave like the original.
    """

    modules: dict[str, tuple[str, ...]]
    faults: tuple[Fault, ...]
    equivalent: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Result for one module; ``survivors`` are diffs or descriptions of the faults that no test noticed."""

    name: str
    noticed: int
    equivalent: int
    survivors: tuple[str, ...]

    def line(self) -> str:
        """Return one row of the table."""
        total = self.noticed + len(self.survivors)
        share = f"{self.noticed / total:.0%}" if total else "–"
        return f"| {self.name} | {total} | {self.noticed} | {share} | {self.equivalent} |"


def load_plan() -> Plan:
    """Read ``tests/mutation.toml``."""
    data = tomllib.loads(PLAN.read_text(encoding="utf-8"))
    faults = tuple(Fault(**{**row, "tests": tuple(row["tests"])}) for row in data["fault"])
    equivalent = {row["line"].strip(): row["reason"] for row in data.get("equivalent", ())}
    return Plan(
        modules={file: tuple(tests) for file, tests in data["modules"].items()}, faults=faults, equivalent=equivalent
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 64 for an unknown module, 130 if it was stopped."""
    parser = argparse.ArgumentParser(
        prog="./dev mutate", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("module", nargs="*", help="for example pipeline/feeds/schedule.py; without it, all of the plan")
    parser.add_argument("--planted", action="store_true", help="only the faults planted by hand")
    options = parser.parse_args(arguments)
    plan = load_plan()
    modules = options.module or list(plan.modules)
    known = set(plan.modules) | {fault.file for fault in plan.faults}
    for module in modules:
        if module not in known:
            print(f"{module} is not in tests/mutation.toml; give one of its modules, or add it there.", file=sys.stderr)
            return _USAGE
    if _git("status", "--porcelain"):
        print("The tree has changes that are not committed; they are part of what is measured.", file=sys.stderr)
    try:
        with _copied_tree() as folder:
            _report(_scores(plan, modules, folder, planted_only=options.planted))
    except KeyboardInterrupt:
        print("Stopped. The tree was not touched; faults were planted in a copy only.", file=sys.stderr)
        return _INTERRUPTED
    return 0


def _scores(plan: Plan, modules: Iterable[str], folder: Path, *, planted_only: bool) -> Iterator[Score]:
    chosen = set(modules)
    if not planted_only:
        for module in modules:
            if module in plan.modules:
                yield _mutate(module, plan, folder)
    faults = [fault for fault in plan.faults if fault.file in chosen or chosen == set(plan.modules)]
    if faults:
        yield _planted(faults, folder)


def _report(scores: Iterable[Score]) -> None:
    survivors: list[str] = []
    print("| module | faults | noticed | share | equivalent |\n| --- | --- | --- | --- | --- |", flush=True)
    for score in scores:
        print(score.line(), flush=True)
        survivors += score.survivors
    if survivors:
        print(f"\n{len(survivors)} faults that no test noticed:\n")
        print("\n\n".join(survivors))


@contextmanager
def _copied_tree() -> Iterator[Path]:
    """Copy all files that git knows, or would add, to a temporary folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="tumen-mutate-") as name:
        folder = Path(name)
        for file in _git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
            if file and (ROOT / file).is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, folder / file)
        yield folder


def _mutate(module: str, plan: Plan, folder: Path) -> Score:
    """Let mutmut plant its faults in one module."""
    project = (folder / "pyproject.toml").read_text(encoding="utf-8")
    config = (
        f'\n[tool.mutmut]\nsource_paths = ["pipeline/"]\nonly_mutate = ["{module}"]\nalso_copy = {list(_COPIED)}\n'
        'pytest_add_cli_args = ["-p", "no:randomly"]\n'
        f"pytest_add_cli_args_test_selection = {list(plan.modules[module])}\n"
    )
    (folder / "pyproject.toml").write_text(project + config.replace("'", '"'), encoding="utf-8")
    try:
        shutil.rmtree(folder / "mutants", ignore_errors=True)
        run = _mutmut(folder, "run")
        if run.returncode not in (0, 1):
            return Score(name=module, noticed=0, equivalent=0, survivors=(f"{module}: mutmut failed: {run.stderr}",))
        return _read_results(module, plan, lambda *arguments: _mutmut(folder, *arguments).stdout)
    finally:
        (folder / "pyproject.toml").write_text(project, encoding="utf-8")


def _read_results(module: str, plan: Plan, mutmut: Callable[..., str]) -> Score:
    states = dict(line.strip().split(": ") for line in mutmut("results", "--all", "true").splitlines() if ": " in line)
    if set(states.values()) <= {"not checked"}:
        return Score(name=module, noticed=0, equivalent=0, survivors=(f"{module}: its tests fail without a fault",))
    missed = [name for name, state in states.items() if state not in _NOTICED]
    equivalent, survivors = 0, []
    for name in missed:
        diff = mutmut("show", name).splitlines()
        changed = [row for row in diff if row[:1] in "-+" and row[:3] not in ("---", "+++")]
        listed = any(row[1:].strip() in plan.equivalent for row in changed if row.startswith("+"))
        if listed or (module.startswith("pipeline/store/") and _is_same_sql(changed)):
            equivalent += 1
        else:
            survivors.append("\n".join([f"{name} ({states[name]})", *changed]))
    noticed = len(states) - len(missed)
    return Score(name=module, noticed=noticed, equivalent=equivalent, survivors=tuple(survivors))


def _is_same_sql(changed: Sequence[str]) -> bool:
    """Return whether rows of a diff differ only in the case of SQL words, which means nothing outside ``'…'``."""
    before, after = ([row[1:] for row in changed if row[0] == sign] for sign in "-+")
    if before == after or [row.casefold() for row in before] != [row.casefold() for row in after]:
        return False
    return all(_SQL_TEXT.findall(old) == _SQL_TEXT.findall(new) for old, new in zip(before, after, strict=True))


def _planted(faults: Sequence[Fault], folder: Path) -> Score:
    """Plant each fault alone and run its tests."""
    noticed, survivors = 0, []
    for fault in faults:
        file = folder / fault.file
        text = file.read_text(encoding="utf-8")
        if text.count(fault.old) != 1:
            survivors.append(
                f"{fault.file}: “{fault.old}” is there {text.count(fault.old)} times; mend tests/mutation.toml"
            )
            continue
        file.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
        try:
            run = _run(folder, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", *fault.tests)
        finally:
            file.write_text(text, encoding="utf-8")
        if run.returncode == 1:
            noticed += 1
        elif run.returncode:
            survivors.append(f"{fault.file}: pytest ended with status {run.returncode}; mend tests/mutation.toml")
        else:
            survivors.append(f"{fault.file}: “{fault.old}” → “{fault.new}”: {fault.harm}")
    return Score(name="planted by hand", noticed=noticed, equivalent=0, survivors=tuple(survivors))


def _mutmut(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return _run(folder, "-m", "mutmut", *arguments)


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
