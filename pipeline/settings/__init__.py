"""Settings: the TOML files of a config folder as typed values.

A folder given by ``--config`` may hold only what differs from the shipped config: a file (or a folder of concepts or
topics) that it lacks is taken from there, except ``feeds.toml``. Each default and its bounds stand once, in the structs
of this package; ``config/tumen.toml`` shows them with their meaning.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from pipeline import shipped
from pipeline.errors import ConfigError
from pipeline.model import Source
from pipeline.settings.alerts import AlertSettings, load_alerts
from pipeline.settings.checks import check_addresses, check_fetch, check_poll, check_variable
from pipeline.settings.daemon import DaemonSettings, check_daemon
from pipeline.settings.edits import EditSettings, check_edits
from pipeline.settings.fetch import FetchSettings
from pipeline.settings.places import find_file, find_folder, has_own, is_shipped, origins, unread
from pipeline.settings.poll import PollSettings
from pipeline.settings.reader import convert, load
from pipeline.settings.sources import load_sources
from pipeline.settings.topics import load_topic_ids

__all__ = ["MainFile", "Settings", "find_file", "load_settings", "origins", "unread"]

_Minutes = Annotated[float, Meta(ge=0.1, le=525_600)]  # a year
_Days = Annotated[int, Meta(ge=1, le=36_500)]


class CycleSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one cycle.

    Attributes:
        minutes: after this long a cycle starts no further page; the rest waits for the next cycle.
        retry_minutes: wait after the first failed attempt at a page; it is four times as long after each attempt.
        tries: failed attempts after which a page is no longer asked for; the text of the feed stays.
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
    """The tables of ``tumen.toml``.

    Attributes:
        feeds: ``shipped``: a folder without ``feeds.toml`` uses the shipped feeds. Else the file is required.
    """

    feeds: Literal["own", "shipped"] = "own"
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


def load_settings(folder: Path | None = None, *, feeds_required: bool = True) -> Settings:
    """Read ``tumen.toml``, ``feeds.toml`` and ``alerts.toml``.

    Args:
        folder: the config folder; None for the shipped config.
        feeds_required: refuse a folder without ``feeds.toml`` whose ``tumen.toml`` does not ask for the shipped feeds.
            Without it, such a folder has no sources.

    Raises:
        ConfigError: the folder does not exist, or one of the files has a mistake.
    """
    folder = folder or shipped.CONFIG
    _check_folder(folder)
    path = find_file(folder, "tumen.toml")
    main = convert(load(path), MainFile, file=path)
    main = replace(main, fetch=check_fetch(main.fetch, main.cycle.minutes, path))
    check_poll(main.poll, path)
    check_daemon(main.daemon, path)
    check_edits(main.edits, path)
    translate = re.sub(r"\{(url|title|language)\}", "x", main.desk.translate)
    check_addresses(path, ("[desk] › translate", translate), ("[desk] › translator", main.desk.translator))
    check_variable(path, "[desk] › translator_key_env", main.desk.translator_key_env)
    sources = _load_sources(folder, main.feeds, required=feeds_required)
    alerts = load_alerts(find_file(folder, "alerts.toml"), sources, find_folder(folder, "topics"))
    return Settings(folder=folder, sources=sources, alerts=alerts, **asdict(main))


def _check_folder(folder: Path) -> None:
    try:
        is_folder = folder.is_dir()
    except OSError as error:
        raise ConfigError(folder, "", f"cannot be read ({error.strerror}).") from None
    if not is_folder:
        raise ConfigError(folder, "", "is not a folder; --config takes a folder with tumen.toml, feeds.toml …")


def _load_sources(folder: Path, feeds: str, *, required: bool) -> tuple[Source, ...]:
    """Read ``feeds.toml``. The shipped one is used only on request, so that a lost file does not change the feeds."""
    path = folder / "feeds.toml"
    if has_own(path):
        topics = () if is_shipped(folder) else load_topic_ids(find_folder(folder, "topics"))
        return load_sources(find_file(folder, "feeds.toml"), topics=topics)
    if feeds == "shipped":
        return load_sources(shipped.CONFIG / "feeds.toml")
    if not required:
        return ()
    hints = [sentence for sentence in unread(folder) if sentence.endswith("did you mean feeds.toml?")]
    problem = 'is missing. Add it, or write feeds = "shipped" at the top of tumen.toml to poll the shipped feeds.'
    raise ConfigError(path, "", " ".join([problem, *hints]))
