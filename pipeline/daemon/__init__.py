"""Daemon: runs cycles and housekeeping on a schedule.

In: a database and a config folder. Out: cycles and housekeeping, each in a process of its own (``child``), so that
neither leaks nor crashes reach the daemon, and one log line for each. One job runs at a time; missed runs become one
run, and a clock that jumps restarts the schedule.

SIGTERM and SIGINT stop the running child and end the daemon. SIGHUP reloads the config; a wrong config is refused with
a log line, and the old one stays in use.
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
from dataclasses import fields
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
from pipeline.model import RunCounts
from pipeline.settings import Settings, find_file, load_settings

log = logging.getLogger("tumen.daemon")
_CLOCK_CHECK_SECONDS = 20.0
_JUMP_SECONDS = 60.0  # corrections of a clock by NTP are smaller
_CYCLE_LIMIT = 3.0  # times “[cycle] minutes”: a healthy cycle needs less than twice as long
_HOUSEKEEPING_SECONDS = 6 * 3600.0
_FIGURES = ("run", *(counter.name for counter in fields(RunCounts)), "waiting", "alerts_sent", "seconds")
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
    """The schedule, the running child, and the config in use.

    Args:
        database: the database file.
        folder: the config folder that people edit. Children read a copy of its last valid state.
        check: raises ``ConfigError`` if a folder's lexicon or topics are wrong.
        clock: returns seconds since the epoch.
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
        self._previous: Path | None = None
        self.stopping = threading.Event()
        self.reloading = threading.Event()
        self.waking = threading.Event()
        self.children = Children(database)
        self._cycle_seconds = 0.0
        self._reloads = 0
        self._offset = self._clock_offset()

    def run(self) -> None:
        """Run until a signal stops the daemon.

        Raises:
            ConfigError: the config is wrong at the start.
        """
        try:
            settings = self._adopt(self.folder)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, self._on_signal)
            pool = ThreadPoolExecutor(2)
            scheduler = BackgroundScheduler(executors={"default": pool}, timezone=settings.daemon.timezone)
            self._schedule(scheduler, settings)
            scheduler.start()
            scheduler.add_job(self.cycle, id="first")
            log.info("watching %d feeds, database %s, %s", len(settings.sources), self.database, _when(settings))
            notify.send("READY=1", "STATUS=watching")
            self._watch(scheduler)
        finally:
            shutil.rmtree(self.copies, ignore_errors=True)

    def _watch(self, scheduler: BackgroundScheduler) -> None:
        watchdog = notify.watchdog_seconds()
        try:
            while not self.stopping.is_set():
                self.waking.wait(min(watchdog or _CLOCK_CHECK_SECONDS, _CLOCK_CHECK_SECONDS))
                self.waking.clear()
                if self.reloading.is_set():
                    self.reloading.clear()
                    self._reload(scheduler)
                self._check_clock(scheduler)
                if scheduler.running and watchdog:
                    notify.send("WATCHDOG=1")
        finally:
            notify.send("STOPPING=1")
            if self.children.stop():
                log.info("the running job was stopped; the next run continues its work")
            scheduler.shutdown(wait=False)
            log.info("stopped")

    def cycle(self) -> None:
        """Run ``tumen run`` as a child; log its figures, and a line for each feed whose health changed."""
        ended = self.children.call("run", "--json", "--config", str(self.config), limit=self._cycle_seconds)
        if ended is None:
            return
        try:
            report = json.loads(ended.out.splitlines()[-1])
        except (ValueError, IndexError):
            level = logging.WARNING if ended.status == 75 else logging.ERROR
            log.log(level, "cycle failed (%s)", _reason(ended))
            return
        figures = {name: report.get(name) for name in _FIGURES}
        run = {"run": report.get("run")}
        line = " ".join(f"{name}={value}" for name, value in figures.items())
        log.info("cycle %s", line, extra={"figures": figures})
        if ended.status not in (0, 1):
            log.error("%s", ended.last_line, extra=run)
        for change in report.get("feed_changes", ()):
            level = logging.INFO if change["what"] == "well" else logging.WARNING
            log.log(level, "%s", change["sentence"], extra=run)
        for problem in report.get("alert_problems", ()):
            log.warning("alerts not sent: %s", problem, extra=run)

    def housekeeping(self) -> None:
        """Run ``tumen doctor --housekeeping`` as a child: tidy, check and back up the database."""
        command = ("doctor", "--housekeeping", "--config", str(self.config))
        ended = self.children.call(*command, limit=_HOUSEKEEPING_SECONDS)
        if ended is None:
            return
        level = logging.INFO if ended.status == 0 else logging.ERROR
        output = "; ".join(line for line in (ended.out + ended.err).splitlines() if line)
        log.log(level, "housekeeping: %s", output or ("done" if ended.status == 0 else _reason(ended)))

    def _check_clock(self, scheduler: BackgroundScheduler) -> None:
        """Restart the schedule after a jump of the clock (set by hand, machine suspended): its next run is wrong."""
        jump = self._clock_offset() - self._offset
        if abs(jump) < _JUMP_SECONDS:
            return
        self._offset += jump
        log.warning("the clock jumped by %+.0f seconds; the schedule restarts with a cycle now", jump)
        self._schedule(scheduler, self._settings)
        scheduler.modify_job("cycle", next_run_time=datetime.now(UTC))

    def _clock_offset(self) -> float:
        """Return the clock's time minus the monotonic time. It changes only when the clock jumps."""
        return self.clock() - time.monotonic()

    def _on_signal(self, number: int, _: Any) -> None:
        (self.reloading if number == signal.SIGHUP else self.stopping).set()
        self.waking.set()

    def _reload(self, scheduler: BackgroundScheduler) -> None:
        notify.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            settings = self._adopt(self.folder)
        except TumenError as error:
            log.error("the new config is wrong, the old one stays in use: %s", error)
        else:
            self._schedule(scheduler, settings)
            log.info("config reloaded: %d feeds, %s", len(settings.sources), _when(settings))
        notify.send("READY=1")

    def _adopt(self, folder: Path) -> Settings:
        """Copy the config, check the copy, and use it from now on. Children never read a half-edited config."""
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
            load_settings(folder)  # an error must name the file that people edit, not the copy
            settings = load_settings(copy)
            self.check(copy)
            triggers(settings, folder)
        except BaseException:
            shutil.rmtree(copy, ignore_errors=True)
            raise
        if self._previous is not None:
            shutil.rmtree(self._previous, ignore_errors=True)
        self._previous = self.config  # a running cycle may still read the copy it was started with
        self.config, self._settings = copy, settings
        self._cycle_seconds = settings.cycle.minutes * 60 * _CYCLE_LIMIT
        return settings

    def _schedule(self, scheduler: BackgroundScheduler, settings: Settings) -> None:
        cycles, housekeeping = triggers(settings, self.folder)
        options: dict[str, Any] = {
            "coalesce": True,
            "max_instances": 1,
            "misfire_grace_time": None,
            "replace_existing": True,
        }
        scheduler.add_job(self.cycle, cycles, id="cycle", **options)
        scheduler.add_job(self.housekeeping, housekeeping, id="housekeeping", **options)


def triggers(settings: Settings, folder: Path) -> tuple[Any, Any]:
    """Return the triggers of cycles and housekeeping.

    Raises:
        ConfigError: a cron expression or the time zone is invalid.
    """
    import zoneinfo

    daemon, file = settings.daemon, find_file(folder, "tumen.toml")
    try:
        zone = zoneinfo.ZoneInfo(daemon.timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            file, "[daemon] › timezone", f"“{daemon.timezone}” is not a time zone; an example is “Asia/Seoul”."
        ) from None

    def cron(key: str, text: str) -> CronTrigger:
        try:
            return CronTrigger.from_crontab(text, timezone=zone)
        except ValueError as error:
            raise ConfigError(file, f"[daemon] › {key}", f"“{text}” is not a cron expression ({error}).") from None

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
        return "it exceeded its time limit and was stopped; the next run continues its work"
    return f"status {ended.status}: {ended.last_line or 'no message'}"
