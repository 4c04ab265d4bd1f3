"""Reader of ``alerts.toml``: which events are sent to which targets, and when."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from pipeline.errors import ConfigError
from pipeline.model import Source
from pipeline.settings.reader import convert, load, suggest

_CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
_QUIET = re.compile(rf"{_CLOCK}-{_CLOCK}")


class Target(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A destination of alerts.

    Attributes:
        name: its name in rules, the database and the log. They never show the address, which may hold a password.
        url: an Apprise address: ``mailto://…``, ``slack://…``, ``tgram://…``, ``matrix://…``, ``json://…``.
        url_env: name of the environment variable that holds the address, instead of ``url``.
    """

    name: str
    url: str = ""
    url_env: str = ""

    def address(self) -> str:
        """Return the address; empty if its environment variable is not set."""
        return os.environ.get(self.url_env, "") if self.url_env else self.url


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alert rule: which events go to which targets.

    Attributes:
        name: shown in the message and stored with each alert.
        to: names of targets.
        when: the event: ``article`` (an article was flagged), ``verdict`` (an analyst gave one), or ``feed`` (the
            health of a feed changed).
        topics: only these topics; empty for all.
        sources: only these feeds; empty for all.
        languages: only these languages; empty for all.
        search: name of a saved search of the desk, or words as on its search page: new articles that it finds, flagged
            or not.
        min_score: lowest score of the topic, or lowest relevance if ``topics`` is empty (0 to 1).
        verdicts: only these verdicts.
        health: only these changes of a feed's health.
        digest: a cron expression: alerts are collected and sent as one message at these times; empty to send at once.
        quiet: hours without messages, such as ``22:00-07:00``; alerts wait until they end.
    """

    name: str
    to: tuple[str, ...]
    when: Literal["article", "verdict", "feed"] = "article"
    topics: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    search: str = ""
    min_score: Annotated[float, Meta(ge=0, le=1)] = 0.0
    verdicts: tuple[Literal["relevant", "not_relevant", "escalate"], ...] = ("escalate",)
    health: tuple[Literal["failing", "silent", "well"], ...] = ("failing", "silent", "well")
    digest: str = ""
    quiet: str = ""

    def is_quiet(self, local: datetime) -> bool:
        """Return whether this local time is in the quiet hours."""
        hours = _QUIET.fullmatch(self.quiet)
        if hours is None:
            return False
        start, end = (time(int(hours[i]), int(hours[i + 1])) for i in (1, 3))
        now = local.time()
        return start <= now < end if start <= end else now >= start or now < end


class AlertSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contents of ``alerts.toml``.

    Attributes:
        desk: address of the web desk for links in messages: ``https://desk.example.org``; empty for no links.
    """

    desk: str = ""
    target: tuple[Target, ...] = ()
    rule: tuple[Rule, ...] = ()


def load_alerts(path: Path, sources: Iterable[Source], topics: Path) -> AlertSettings:
    """Read and check the rules.

    Args:
        path: ``alerts.toml``.
        sources: the feeds that rules may name.
        topics: the folder with the topics; read only if a rule names a topic.

    Raises:
        ConfigError: names the rule or target, the key and what was expected.
    """
    settings = convert(load(path), AlertSettings, file=path)
    _check_targets(path, settings.target)
    if settings.desk and not re.fullmatch(r"https?://[^\s]+", settings.desk):
        raise ConfigError(path, "desk", "must be an address with http:// or https://.")
    known = {
        "to": {target.name for target in settings.target},
        "sources": {source.name for source in sources},
        "topics": _topic_ids(topics) if any(rule.topics for rule in settings.rule) else set(),
    }
    for number, rule in enumerate(settings.rule, 1):
        _check_rule(path, rule, number, known)
    _check_unique(path, "rule", [rule.name for rule in settings.rule])
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
    _check_unique(path, "target", [target.name for target in targets])


def _check_rule(path: Path, rule: Rule, number: int, known: dict[str, set[str]]) -> None:
    key = f'rule "{rule.name}"' if rule.name.strip() else f"rule number {number}"
    if not rule.name.strip():
        raise ConfigError(path, f"{key} › name", "must be a name.")
    if not rule.to:
        raise ConfigError(path, f"{key} › to", "must name at least one target.")
    for kind, names in (("to", rule.to), ("sources", rule.sources), ("topics", rule.topics)):
        for name in names:
            if name not in known[kind]:
                raise ConfigError(path, f"{key} › {kind}", f"“{name}” is unknown; {suggest(name, known[kind])}")
    if rule.digest:
        _check_cron(path, f"{key} › digest", rule.digest)
    if rule.quiet and not _QUIET.fullmatch(rule.quiet):
        raise ConfigError(path, f"{key} › quiet", f"must be two times such as 22:00-07:00, not “{rule.quiet}”.")


def _check_cron(path: Path, key: str, text: str) -> None:
    from apscheduler.triggers.cron import CronTrigger

    try:
        CronTrigger.from_crontab(text)
    except ValueError as error:
        raise ConfigError(path, key, f"“{text}” is not a cron expression such as 30 7 * * * ({error}).") from None


def _check_unique(path: Path, what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(path, f'{what} "{name}"', "appears twice; give one of them another name.")


def _topic_ids(folder: Path) -> set[str]:
    ids: set[str] = set()
    for file in sorted(folder.glob("*.toml")):
        with suppress(ConfigError):  # load_topics reports the mistakes of these files
            ids |= set(load(file).get("topic", {}))
    return ids
