"""Runs cycles on a schedule, for a year, with nobody watching.

In: a database and a config folder. Out: cycles and housekeeping, each in a process of its own (``child``), so that
nothing grows and nothing that one of them does can end the daemon; a line in the log for each. One job runs at a time;
runs that were missed are joined into one, and a clock that jumps starts the schedule anew.

SIGTERM and SIGINT: stop what is in hand (a cycle puts it back), leave. SIGHUP: read the config anew; a wrong one is
refused with a line, and the old one stays.
"""

from __future__ import annotations

import json
import logging
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from pipeline.daemon import notify
from pipeline.daemon.child import Children, Ended
from pipeline.errors import ConfigError, TumenError
from pipeline.settings import Settings, find_file, load_settings

log = logging.getLogger("tumen.daemon")
_LOOK_SECONDS = 20.0  # at the clock, at the least
_JUMP_SECONDS = 60.0  # a clock that is put right drifts by less
_LONGEST_CYCLES = 3.0  # times “[cycle] minutes”; no cycle that works takes twice as long
_HOUSEKEEPING_SECONDS = 6 * 3600.0
_FIGURES = (
    "run",
    "feeds_polled",
    "feeds_failed",
    "articles_stored",
    "articles_flagged",
    "waiting",
    "alerts_sent",
    "seconds",
)
_FILES = (
    "tumen.toml",
    "feeds.toml",
    "alerts.toml",
    "reference.toml",
    "model.toml",
    "datasette.json",
    "concepts",
    "topics",
)


class Daemon:
    """The schedule, the child in hand, and the config in use.

    Args:
        database: the database file.
        folder: the config folder that a person edits; children read a copy of it, as it was when last found right.
        check: raises ``ConfigError`` when a folder's lexicon or topics are wrong.
        clock: seconds of the epoch.
    """

    _settings: Settings

    def __init__(
        self,
        database: Path,
        folder: Path,
        check: Callable[[Path], object],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.database = database
        self.folder = folder
        self.check = check
        self.clock = clock
        self.copies = Path(tempfile.mkdtemp(prefix="tumen-daemon-"))
        self.config = self.copies / "0"
        self._before: Path | None = None
        self.stopping = threading.Event()
        self.reloading = threading.Event()
        self.waking = threading.Event()
        self.children = Children(database)
        self._longest = 0.0
        self._reloads = 0
        self._offset = self._now_offset()

    def run(self) -> None:
        """Work until a signal says stop.

        Raises:
            ConfigError: the config is wrong at the start.
        """
        try:
            settings = self._take(self.folder)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, self._signalled)
            pool = ThreadPoolExecutor(2)
            scheduler = BackgroundScheduler(executors={"default": pool}, timezone=settings.daemon.timezone)
            self._plan(scheduler, settings)
            scheduler.start()
            scheduler.add_job(self.cycle, id="first")
            log.info("watching %d feeds, database %s, %s", len(settings.sources), self.database, _when(settings))
            notify.tell("READY=1", "STATUS=watching")
            self._watch(scheduler)
        finally:
            shutil.rmtree(self.copies, ignore_errors=True)

    def _watch(self, scheduler: BackgroundScheduler) -> None:
        beat = notify.watchdog_seconds()
        try:
            while not self.stopping.is_set():
                self.waking.wait(min(beat or _LOOK_SECONDS, _LOOK_SECONDS))
                self.waking.clear()
                if self.reloading.is_set():
                    self.reloading.clear()
                    self._reload(scheduler)
                self._heed_the_clock(scheduler)
                if scheduler.running and beat:
                    notify.tell("WATCHDOG=1")
        finally:
            notify.tell("STOPPING=1")
            if self.children.stop():
                log.info("the cycle in hand was stopped; the next one goes on from there")
            scheduler.shutdown(wait=False)
            log.info("stopped")

    def cycle(self) -> None:
        """One ``tumen run`` as a child; its figures as one line, and one for each feed that changed its health."""
        ended = self.children.call("run", "--json", "--config", str(self.config), longest=self._longest)
        if ended is None:
            return
        try:
            told = json.loads(ended.out.splitlines()[-1])
        except (ValueError, IndexError):
            level = logging.WARNING if ended.status == 75 else logging.ERROR
            log.log(level, "cycle not done (%s)", _reason(ended))
            return
        figures = {name: told.get(name) for name in _FIGURES}
        run = {"run": told.get("run")}
        line = " ".join(f"{name}={value}" for name, value in figures.items())
        log.info("cycle %s", line, extra={"figures": figures})
        if ended.status not in (0, 1):
            log.error("%s", ended.last_line, extra=run)
        for change in told.get("feed_changes", ()):
            level = logging.INFO if change["what"] == "well" else logging.WARNING
            log.log(level, "%s", change["sentence"], extra=run)
        for problem in told.get("alert_problems", ()):
            log.warning("alerts wait: %s", problem, extra=run)

    def housekeeping(self) -> None:
        """Tidy and check the database, and copy it where the config says."""
        words = ("doctor", "--housekeeping", "--config", str(self.config))
        ended = self.children.call(*words, longest=_HOUSEKEEPING_SECONDS)
        if ended is None:
            return
        level = logging.INFO if ended.status == 0 else logging.ERROR
        said = "; ".join(line for line in (ended.out + ended.err).splitlines() if line)
        log.log(level, "housekeeping: %s", said or ("done" if ended.status == 0 else _reason(ended)))

    def _heed_the_clock(self, scheduler: BackgroundScheduler) -> None:
        """A clock that jumped (set by hand, or the machine slept) leaves the next run where it does not belong."""
        jump = self._now_offset() - self._offset
        if abs(jump) < _JUMP_SECONDS:
            return
        self._offset += jump
        log.warning("the clock jumped by %+.0f seconds; the schedule starts anew, with a cycle now", jump)
        self._plan(scheduler, self._settings)
        scheduler.modify_job("cycle", next_run_time=datetime.now(UTC))

    def _now_offset(self) -> float:
        """What the clock shows, less the seconds that the machine has been awake."""
        return self.clock() - time.monotonic()

    def _signalled(self, number: int, _: Any) -> None:
        (self.reloading if number == signal.SIGHUP else self.stopping).set()
        self.waking.set()

    def _reload(self, scheduler: BackgroundScheduler) -> None:
        notify.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            settings = self._take(self.folder)
        except TumenError as error:
            log.error("the new config is refused, the old one stays: %s", error)
        else:
            self._plan(scheduler, settings)
            log.info("config read anew: %d feeds, %s", len(settings.sources), _when(settings))
        notify.tell("READY=1")

    def _take(self, folder: Path) -> Settings:
        """Copy the config, check the copy, and use it from now on."""
        self._reloads += 1
        copy = self.copies / str(self._reloads)
        copy.mkdir()
        try:
            for name in _FILES:
                source = find_file(folder, name)
                if source.is_dir():
                    shutil.copytree(source, copy / name)
                elif source.exists():
                    shutil.copyfile(source, copy / name)
            load_settings(folder)  # for messages that name the files that a person can edit
            settings = load_settings(copy)
            self.check(copy)
            triggers(settings, folder)
        except BaseException:
            shutil.rmtree(copy, ignore_errors=True)
            raise
        if self._before is not None:
            shutil.rmtree(self._before, ignore_errors=True)
        self._before = self.config  # a cycle in hand may yet read the copy that it was started with
        self.config, self._settings = copy, settings
        self._longest = settings.cycle.minutes * 60 * _LONGEST_CYCLES
        return settings

    def _plan(self, scheduler: BackgroundScheduler, settings: Settings) -> None:
        cycles, housekeeping = triggers(settings, self.folder)
        rules: dict[str, Any] = {
            "coalesce": True,
            "max_instances": 1,
            "misfire_grace_time": None,
            "replace_existing": True,
        }
        scheduler.add_job(self.cycle, cycles, id="cycle", **rules)
        scheduler.add_job(self.housekeeping, housekeeping, id="housekeeping", **rules)


def triggers(settings: Settings, folder: Path) -> tuple[Any, Any]:
    """When cycles and housekeeping are due.

    Raises:
        ConfigError: a cron expression or the time zone cannot be understood.
    """
    import zoneinfo

    daemon, file = settings.daemon, find_file(folder, "tumen.toml")
    try:
        zone = zoneinfo.ZoneInfo(daemon.timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            file, "[daemon] › timezone", f"“{daemon.timezone}” is no time zone; say “Asia/Seoul”."
        ) from None

    def cron(key: str, text: str) -> CronTrigger:
        try:
            return CronTrigger.from_crontab(text, timezone=zone)
        except ValueError as error:
            raise ConfigError(file, f"[daemon] › {key}", f"“{text}” is no cron expression ({error}).") from None

    cycles = (
        cron("cron", daemon.cron) if daemon.cron else IntervalTrigger(seconds=daemon.every_minutes * 60, timezone=zone)
    )
    return cycles, cron("housekeeping", daemon.housekeeping)


def _when(settings: Settings) -> str:
    daemon = settings.daemon
    return (
        f"cycles at “{daemon.cron}” {daemon.timezone}"
        if daemon.cron
        else f"a cycle every {daemon.every_minutes:g} minutes"
    )


def _reason(ended: Ended) -> str:
    if ended.too_long:
        return "it took too long and was stopped; the next one goes on from there"
    return f"status {ended.status}: {ended.last_line or 'it said nothing'}"
