"""Settings: the TOML files of a config folder as typed values.

A folder given by ``--config`` may hold only what differs from the shipped config: a file (or a folder of concepts or
topics) that it lacks is taken from there. Each default and its bounds stand once, in the structs of this package;
``config/tumen.toml`` shows them with their meaning.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from pipeline import shipped
from pipeline.errors import ConfigError
from pipeline.model import Source
from pipeline.settings.alerts import AlertSettings, load_alerts
from pipeline.settings.edits import EditSettings, check_edits
from pipeline.settings.fetch import FetchSettings, parse_allowance, parse_proxy
from pipeline.settings.poll import PollSettings
from pipeline.settings.reader import convert, load
from pipeline.settings.sources import load_sources

_Minutes = Annotated[float, Meta(ge=0.1, le=525_600)]  # a year
_Days = Annotated[int, Meta(ge=1, le=36_500)]


class CycleSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one cycle.

    Attributes:
        minutes: after this long a cycle starts no further page; the rest waits for the next cycle.
        retry_minutes: wait after the first failed attempt at a page; it is four times as long after each attempt.
        tries: failed attempts after which a page is given up.
        feed_text_characters: an entry with at least this much text in its feed is stored without fetching its page.
    """

    minutes: _Minutes = 45.0
    retry_minutes: _Minutes = 15.0
    tries: Annotated[int, Meta(ge=1, le=100)] = 6
    feed_text_characters: Annotated[int, Meta(ge=200, le=10_000_000)] = 1500


class ExtractSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The worker processes that parse feeds and extract pages.

    Attributes:
        processes: number of workers; 0 means one more than there are cores.
        seconds: a page or feed that takes longer is recorded as failed.
        memory_mb: memory limit of one worker, in addition to what all of them share.
    """

    processes: Annotated[int, Meta(ge=0, le=256)] = 0
    seconds: Annotated[float, Meta(ge=0.5, le=3600)] = 20.0
    memory_mb: Annotated[int, Meta(ge=256, le=1_048_576)] = 1024


class FlaggingSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of flagging.

    Attributes:
        semantic: the sentence model that ranks the op-ed's passages; empty for none.
    """

    semantic: str = ""


class StoreSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the database keeps. Articles and verdicts are kept for ever.

    Attributes:
        fetches_days: how long the log of requests is kept.
    """

    fetches_days: _Days = 90


class ArchiveSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Archive of fetched pages, in a second file beside the database (``tumen.pages.db``).

    Attributes:
        pages: keep fetched pages, compressed to about 25 kB each.
        days: how long; 0 for ever.
    """

    pages: bool = False
    days: Annotated[int, Meta(ge=0, le=36_500)] = 0


class DaemonSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Schedule of ``tumen daemon``. Feeds have their own intervals: a cycle polls only those that are due.

    Attributes:
        every_minutes: from the start of one cycle to the start of the next.
        cron: five cron fields, instead of ``every_minutes``: ``*/10 6-22 * * *``.
        housekeeping: when the database is checked, tidied and backed up, as five cron fields.
        timezone: time zone of both, by its IANA name.
        backup_folder: folder for the backup that each housekeeping makes; empty for none.
        backups: number of backups that are kept.
    """

    every_minutes: Annotated[float, Meta(ge=0.01, le=525_600)] = 5.0
    cron: str = ""
    housekeeping: str = "20 4 * * *"
    timezone: str = "UTC"
    backup_folder: str = ""
    backups: Annotated[int, Meta(ge=1, le=10_000)] = 7


class DeskSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Help with titles in other languages on the desk. Both are off by default.

    Attributes:
        translate: address of a translation page, opened by a link beside the article; ``{url}``, ``{title}`` and
            ``{language}`` are filled in.
        translator: address of a LibreTranslate-like service (``POST /translate``) that translates the titles of the
            queue into English; only titles are sent.
        translator_key_env: name of the environment variable that holds its API key; empty for none.
    """

    translate: str = ""
    translator: str = ""
    translator_key_env: str = ""


class MainFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tables of ``tumen.toml``."""

    fetch: FetchSettings = FetchSettings()
    poll: PollSettings = PollSettings()
    cycle: CycleSettings = CycleSettings()
    extract: ExtractSettings = ExtractSettings()
    flagging: FlaggingSettings = FlaggingSettings()
    store: StoreSettings = StoreSettings()
    archive: ArchiveSettings = ArchiveSettings()
    edits: EditSettings = EditSettings()
    daemon: DaemonSettings = DaemonSettings()
    desk: DeskSettings = DeskSettings()


class Settings(MainFile, frozen=True, kw_only=True):
    """A whole config folder except the lexicon and the topics, which ``pipeline.flagging`` loads when needed."""

    folder: Path
    sources: tuple[Source, ...]
    alerts: AlertSettings = AlertSettings()


def find_file(folder: Path, name: str) -> Path:
    """Return the file of this name in the config folder, or the shipped one if the folder has none."""
    own = folder / name
    return own if own.exists() else shipped.CONFIG / name


def load_settings(folder: Path | None = None) -> Settings:
    """Read ``tumen.toml``, ``feeds.toml`` and ``alerts.toml``.

    Args:
        folder: the config folder; None for the shipped config.

    Raises:
        ConfigError: the folder does not exist, or one of the files has a mistake.
    """
    folder = folder or shipped.CONFIG
    if not folder.is_dir():
        raise ConfigError(folder, "", "is not a folder; --config takes a folder with tumen.toml, feeds.toml …")
    path = find_file(folder, "tumen.toml")
    main = convert(load(path), MainFile, file=path)
    main = replace(main, fetch=_checked(main.fetch, path))
    check_edits(main.edits, path)
    sources = load_sources(find_file(folder, "feeds.toml"))
    alerts = load_alerts(find_file(folder, "alerts.toml"), sources, find_file(folder, "topics"))
    return Settings(folder=folder, sources=sources, alerts=alerts, **asdict(main))


def _checked(fetch: FetchSettings, path: Path) -> FetchSettings:
    """Check what the types of ``[fetch]`` do not; return it with the whole path of ``ca_file``."""
    for text in fetch.allow_private:
        try:
            parse_allowance(text)
        except ValueError as error:
            raise ConfigError(path, "[fetch] › allow_private", str(error)) from None
    if fetch.proxy not in ("", "none"):
        try:
            parse_proxy(fetch.proxy)
        except ValueError as error:
            raise ConfigError(path, "[fetch] › proxy", f"{error}.") from None
    if not fetch.ca_file:
        return fetch
    import ssl  # slow to import, and few configs need it

    file = path.parent / Path(fetch.ca_file).expanduser()
    try:
        ssl.create_default_context(cafile=str(file))
    except OSError as error:  # also what ssl raises for a file without certificates
        problem = error.strerror if isinstance(error, FileNotFoundError) else "it holds no PEM certificate"
        raise ConfigError(path, "[fetch] › ca_file", f"cannot be used ({problem}).") from None
    return replace(fetch, ca_file=str(file))
