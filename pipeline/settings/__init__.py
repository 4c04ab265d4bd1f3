"""The one reader of the config folder: TOML files in, typed settings out, a ``ConfigError`` for each mistake.

A folder given by ``--config`` may hold only what differs: a file (or a folder of concepts or topics) that is not there
is taken from the shipped config. Every default stands once, in the dataclasses of this package, and is shown with
its meaning in ``config/tumen.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import shipped
from pipeline.errors import ConfigError
from pipeline.model import Source
from pipeline.settings.alerts import AlertSettings, load_alerts
from pipeline.settings.fetch import FetchSettings, parse_allowance
from pipeline.settings.poll import PollSettings
from pipeline.settings.reader import convert, load, only_keys
from pipeline.settings.sources import load_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleSettings:
    """How one cycle is bounded.

    Attributes:
        minutes: after so long a cycle takes no further page in hand; the rest waits for the next one.
        retry_minutes: the wait after the first failed try of a page; it grows four-fold with each try.
        tries: failed tries after which a page is given up.
        feed_text_characters: an entry whose feed carries this much text is not fetched: the feed's text is taken.
    """

    minutes: float = 45.0
    retry_minutes: float = 15.0
    tries: int = 6
    feed_text_characters: int = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractSettings:
    """The worker processes that parse feeds and read pages.

    Attributes:
        processes: 0 means one more than there are cores.
        seconds: a page or feed that takes longer is recorded as failed.
        memory_mb: the most that one process may take beyond what all of them share.
    """

    processes: int = 0
    seconds: float = 20.0
    memory_mb: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FlaggingSettings:
    """What flagging does besides the rules: ``semantic`` names a sentence model for the nearest passages."""

    semantic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """What the database keeps, and how long: articles and verdicts for ever, the rest for ``fetches_days``."""

    fetches_days: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSettings:
    """Copies of the pages as they were fetched, in a second file beside the database (``tumen.pages.db``).

    Attributes:
        pages: keep them, compressed: about 25 kB a page.
        days: how long; 0: for ever.
    """

    pages: bool = False
    days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonSettings:
    """When ``tumen daemon`` does what. Feeds have their own intervals: a cycle only polls those that are due.

    Attributes:
        every_minutes: from the start of one cycle to the next.
        cron: five fields, instead of ``every_minutes``: ``*/10 6-22 * * *``.
        housekeeping: when the database is looked after, as five fields.
        timezone: of both, as the zone database names it.
        backup_folder: where each housekeeping puts a copy of the database; empty: nowhere.
        backups: how many copies stay there.
    """

    every_minutes: float = 5.0
    cron: str = ""
    housekeeping: str = "20 4 * * *"
    timezone: str = "UTC"
    backup_folder: str = ""
    backups: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of a config folder but the lexicon and the topics, which ``pipeline.flagging`` loads when it needs them."""

    folder: Path
    sources: tuple[Source, ...]
    fetch: FetchSettings = field(default_factory=FetchSettings)
    poll: PollSettings = field(default_factory=PollSettings)
    cycle: CycleSettings = field(default_factory=CycleSettings)
    extract: ExtractSettings = field(default_factory=ExtractSettings)
    flagging: FlaggingSettings = field(default_factory=FlaggingSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    archive: ArchiveSettings = field(default_factory=ArchiveSettings)
    daemon: DaemonSettings = field(default_factory=DaemonSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)


def find_file(folder: Path, name: str) -> Path:
    """The file of this name in the config folder, or the shipped one where the folder has none."""
    own = folder / name
    return own if own.exists() else shipped.CONFIG / name


def load_settings(folder: Path | None = None) -> Settings:
    """Read ``tumen.toml``, ``feeds.toml`` and ``alerts.toml``.

    Args:
        folder: the config folder; None: the shipped config.

    Raises:
        ConfigError: the folder is not there, or something in the files is wrong.
    """
    folder = folder or shipped.CONFIG
    if not folder.is_dir():
        raise ConfigError(folder, "", "is not a folder; --config takes a folder with tumen.toml, feeds.toml …")
    path = find_file(folder, "tumen.toml")
    data = load(path)
    parts: dict[str, type] = {
        "fetch": FetchSettings,
        "poll": PollSettings,
        "cycle": CycleSettings,
        "extract": ExtractSettings,
        "flagging": FlaggingSettings,
        "store": StoreSettings,
        "archive": ArchiveSettings,
        "daemon": DaemonSettings,
    }
    only_keys(data, tuple(parts), file=path)
    tables: dict[str, Any] = {
        name: convert(data.get(name, {}), kind, file=path, key=f"[{name}]") for name, kind in parts.items()
    }
    _check_positive(path, tables)
    for text in tables["fetch"].allow_private:
        try:
            parse_allowance(text)
        except ValueError as error:
            raise ConfigError(path, "[fetch] › allow_private", str(error)) from None
    sources = load_sources(find_file(folder, "feeds.toml"))
    alerts = load_alerts(find_file(folder, "alerts.toml"), sources, find_file(folder, "topics"))
    return Settings(folder=folder, sources=sources, alerts=alerts, **tables)


def _check_positive(path: Path, tables: dict[str, Any]) -> None:
    """Refuse numbers that no one can mean."""
    for table, key, least in (
        ("cycle", "minutes", 0.1),
        ("cycle", "retry_minutes", 0.1),
        ("cycle", "tries", 1),
        ("cycle", "feed_text_characters", 200),
        ("poll", "floor_minutes", 1),
        ("poll", "jitter", 0),
        ("poll", "moves_to_adopt", 1),
        ("fetch", "page_delay", 0),
        ("fetch", "feed_delay", 0),
        ("fetch", "concurrency", 1),
        ("fetch", "deadline_seconds", 0.1),
        ("fetch", "max_feed_bytes", 1024),
        ("fetch", "max_page_bytes", 1024),
        ("extract", "processes", 0),
        ("extract", "seconds", 0.5),
        ("extract", "memory_mb", 256),
        ("store", "fetches_days", 1),
        ("archive", "days", 0),
        ("daemon", "every_minutes", 0.01),
        ("daemon", "backups", 1),
    ):
        value = getattr(tables[table], key)
        if value < least:
            raise ConfigError(path, f"[{table}] › {key}", f"must be {least} or more, not {value}.")
