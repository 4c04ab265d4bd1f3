"""Reader of ``alerts.toml``: which events are sent to which targets, and when."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from msgspec import Meta, Struct

from pipeline.errors import ConfigError
from pipeline.model import Source
from pipeline.settings.checks import check_addresses, check_variable
from pipeline.settings.codes import LANGUAGES
from pipeline.settings.reader import convert, load, only_keys, suggest, tables
from pipeline.settings.schedule import check_cron
from pipeline.settings.topics import load_topic_ids

T = TypeVar("T")

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
        when: the event: ``article`` (an article was flagged), ``verdict`` (an analyst gave one), ``feed`` (the
            health of a feed changed), or ``edited`` (the page of a flagged article was edited or deleted).
        topics: only these topics; empty for all.
        sources: only these feeds; empty for all.
        languages: only these languages; empty for all.
        search: name of a saved search of the desk, or words as on its search page: new articles that it finds, flagged
            or not.
        min_score: lowest score of the topic, or lowest relevance if ``topics`` is empty (0 to 1).
        verdicts: only these verdicts.
        health: only these changes of a feed's health.
        edits: only these classes of edits.
        digest: a cron expression: alerts are collected and sent as one message at these times; empty to send at once.
        quiet: hours without messages, such as ``22:00-07:00``; alerts wait until they end.
    """

    name: str
    to: tuple[str, ...]
    when: Literal["article", "verdict", "feed", "edited"] = "article"
    topics: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    search: str = ""
    min_score: Annotated[float, Meta(ge=0, le=1)] = 0.0
    verdicts: tuple[Literal["relevant", "not_relevant", "escalate"], ...] = ("escalate",)
    health: tuple[Literal["failing", "silent", "well"], ...] = ("failing", "silent", "well")
    edits: tuple[Literal["gone", "back", "headline", "fact", "sentence"], ...] = (
        "gone", "back", "headline", "fact", "sentence",
    )  # fmt: skip
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
    data = load(path)
    only_keys(data, ("desk", "target", "rule"), file=path)
    settings = AlertSettings(
        desk=convert({"desk": data.get("desk", "")}, AlertSettings, file=path).desk,
        target=tuple(_named(data, "target", Target, path)),
        rule=tuple(_named(data, "rule", Rule, path)),
    )
    check_addresses(path, ("desk", settings.desk))
    for target in settings.target:
        _check_target(path, target)
    known = {
        "to": {target.name for target in settings.target},
        "sources": {source.name for source in sources},
        "topics": load_topic_ids(topics) if any(rule.topics for rule in settings.rule) else set(),
    }
    for rule in settings.rule:
        _check_rule(path, rule, known)
    return settings


def _named(data: dict[str, Any], name: str, kind: type[T], path: Path) -> Iterator[T]:
    """Yield the tables ``[[name]]`` as structs; messages call each by its own name."""
    names: set[str] = set()
    for number, item in enumerate(tables(data, name, file=path), 1):
        own = item.get("name")
        good = isinstance(own, str) and bool(own.strip()) and own.isprintable()
        key = f'{name} "{own}"' if good else f"{name} number {number}"
        entry = convert(item, kind, file=path, key=key)
        if not good:
            raise ConfigError(path, f"{key} › name", "must be a name.")
        if own in names:
            raise ConfigError(path, key, "appears twice; give one of them another name.")
        names.add(str(own))
        yield entry


def _check_target(path: Path, target: Target) -> None:
    key = f'target "{target.name}"'
    if bool(target.url) == bool(target.url_env):
        raise ConfigError(path, key, "needs either url or url_env (the environment variable that holds it).")
    if target.url and not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://\S.*", target.url):
        raise ConfigError(path, f"{key} › url", "must be an Apprise address such as mailto://user:password@host.")
    check_variable(path, f"{key} › url_env", target.url_env)


def _check_rule(path: Path, rule: Rule, known: Mapping[str, Collection[str]]) -> None:
    key = f'rule "{rule.name}"'
    for part in ("to", "verdicts", "health", "edits"):
        if not getattr(rule, part):
            raise ConfigError(path, f"{key} › {part}", f"must name at least one{' target' if part == 'to' else ''}.")
    for part, names in known.items():
        for name in getattr(rule, part):
            if name not in names:
                raise ConfigError(path, f"{key} › {part}", f"“{name}” is unknown; {suggest(name, names)}")
    for language in rule.languages:
        if language not in LANGUAGES:
            problem = f"must be language codes such as en, ru or ko, not “{language}”."
            raise ConfigError(path, f"{key} › languages", problem)
    if rule.digest:
        check_cron(rule.digest, path, f"{key} › digest")
    hours = _QUIET.fullmatch(rule.quiet)
    if rule.quiet and (hours is None or hours[0][:5] == hours[0][6:]):
        problem = f"must be two different times such as 22:00-07:00, not “{rule.quiet}”."
        raise ConfigError(path, f"{key} › quiet", problem)
