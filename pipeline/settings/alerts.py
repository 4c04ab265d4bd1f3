"""Reads ``alerts.toml``: who is told of what, how, and when not."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Literal

import tomli

from pipeline.errors import ConfigError
from pipeline.model import Source
from pipeline.settings.reader import convert, load

_CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
_QUIET = re.compile(rf"{_CLOCK}-{_CLOCK}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where alerts go.

    Attributes:
        name: how rules, the database and the log call it: the address, which may hold a password, is in none of them.
        url: an Apprise address: ``mailto://…``, ``slack://…``, ``tgram://…``, ``matrix://…``, ``json://…``.
        url_env: the environment variable that holds the address, instead of ``url``.
    """

    name: str
    url: str = ""
    url_env: str = ""

    def address(self) -> str:
        """The address; empty when its environment variable is not set."""
        return os.environ.get(self.url_env, "") if self.url_env else self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Of what somebody is told.

    Attributes:
        name: shown in the message, and kept with each alert.
        to: names of targets.
        when: ``article``: one was flagged; ``verdict``: an analyst gave one; ``feed``: its health changed.
        topics: of these topics only; empty: of any.
        sources: from these feeds only.
        languages: in these languages only.
        min_score: the topic's score, or the relevance where ``topics`` is empty, must reach this (0 to 1).
        verdicts: of these kinds only.
        health: of these changes only.
        digest: a cron expression: alerts are gathered and sent as one message at these times; empty: at once.
        quiet: ``22:00-07:00``: nothing is sent then; what comes up waits for the end.
    """

    name: str
    to: tuple[str, ...]
    when: Literal["article", "verdict", "feed"] = "article"
    topics: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    min_score: float = 0.0
    verdicts: tuple[Literal["relevant", "not_relevant", "escalate"], ...] = ("escalate",)
    health: tuple[Literal["failing", "silent", "well"], ...] = ("failing", "silent", "well")
    digest: str = ""
    quiet: str = ""

    def is_quiet(self, local: datetime) -> bool:
        """Whether nothing may be sent at this local time."""
        found = _QUIET.fullmatch(self.quiet)
        if found is None:
            return False
        start, end = (time(int(found[i]), int(found[i + 1])) for i in (1, 3))
        now = local.time()
        return start <= now < end if start <= end else now >= start or now < end


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """All of ``alerts.toml``.

    Attributes:
        desk: the address of the web desk, for links in messages: ``https://desk.example.org``; empty: no links.
    """

    desk: str = ""
    target: tuple[Target, ...] = ()
    rule: tuple[Rule, ...] = ()


def load_alerts(path: Path, sources: Iterable[Source], topics: Path) -> AlertSettings:
    """Read and check the rules.

    Args:
        path: ``alerts.toml``.
        sources: the feeds that rules may name.
        topics: the folder whose files name the topics; read only when a rule names one.

    Raises:
        ConfigError: names the rule or target and the key, and what was expected.
    """
    settings = convert(load(path), AlertSettings, file=path)
    _check_targets(path, settings.target)
    if settings.desk and not re.fullmatch(r"https?://[^\s]+", settings.desk):
        raise ConfigError(path, "desk", "must be an address that begins with http(s)://.")
    known = {
        "to": {target.name for target in settings.target},
        "sources": {source.name for source in sources},
        "topics": _topic_ids(topics) if any(rule.topics for rule in settings.rule) else set(),
    }
    for number, rule in enumerate(settings.rule, 1):
        _check_rule(path, rule, number, known)
    _check_twice(path, "rule", [rule.name for rule in settings.rule])
    return settings


def _check_targets(path: Path, targets: tuple[Target, ...]) -> None:
    for number, target in enumerate(targets, 1):
        key = f'target "{target.name}"' if target.name.strip() else f"target number {number}"
        if not target.name.strip():
            raise ConfigError(path, f"{key} › name", "must be a name.")
        if bool(target.url) == bool(target.url_env):
            raise ConfigError(path, key, "needs either url or url_env (the environment variable that holds it).")
        if target.url and "://" not in target.url:
            raise ConfigError(path, f"{key} › url", "must be an Apprise address such as mailto://user:password@host.")
    _check_twice(path, "target", [target.name for target in targets])


def _check_rule(path: Path, rule: Rule, number: int, known: dict[str, set[str]]) -> None:
    key = f'rule "{rule.name}"' if rule.name.strip() else f"rule number {number}"
    if not rule.name.strip():
        raise ConfigError(path, f"{key} › name", "must be a name.")
    if not rule.to:
        raise ConfigError(path, f"{key} › to", "must name at least one target.")
    for kind, names in (("to", rule.to), ("sources", rule.sources), ("topics", rule.topics)):
        for name in names:
            if name not in known[kind]:
                raise ConfigError(path, f"{key} › {kind}", f"“{name}” is not known; {_near(name, known[kind])}.")
    if not 0 <= rule.min_score <= 1:
        raise ConfigError(path, f"{key} › min_score", f"must be from 0 to 1, not {rule.min_score}.")
    if rule.digest:
        _check_cron(path, f"{key} › digest", rule.digest)
    if rule.quiet and not _QUIET.fullmatch(rule.quiet):
        raise ConfigError(path, f"{key} › quiet", f"must be two times such as 22:00-07:00, not “{rule.quiet}”.")


def _check_cron(path: Path, key: str, text: str) -> None:
    from apscheduler.triggers.cron import CronTrigger

    try:
        CronTrigger.from_crontab(text)
    except ValueError as error:
        raise ConfigError(path, key, f"“{text}” is no cron expression such as 30 7 * * * ({error}).") from None


def _check_twice(path: Path, what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(path, f'{what} "{name}"', "is there twice; give one of them another name.")


def _topic_ids(folder: Path) -> set[str]:
    found: set[str] = set()
    for file in sorted(folder.glob("*.toml")):
        try:
            found |= set(tomli.loads(file.read_text(encoding="utf-8-sig")).get("topic", {}))
        except (ValueError, OSError):
            continue  # whoever reads the topics says what is wrong with them
    return found


def _near(name: str, known: Collection[str]) -> str:
    import difflib

    found = difflib.get_close_matches(name, known, n=1)
    return f"did you mean “{found[0]}”?" if found else f"known are {', '.join(sorted(known)) or 'none'}"
