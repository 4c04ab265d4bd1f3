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
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from msgspec.structs import replace

from pipeline.cycle.config_check import missing_contact, oversights
from pipeline.daemon import notify
from pipeline.daemon.child import Children, Ended
from pipeline.daemon.config_copy import copy_config
from pipeline.daemon.schedule import describe, longest_interval, triggers
from pipeline.errors import ConfigError, TumenError
from pipeline.model import RunCounts
from pipeline.settings import Settings, origins
from pipeline.store.lock import DaemonLock

log = logging.getLogger("tumen.daemon")
_CLOCK_CHECK_SECONDS = 20.0
_JUMP_SECONDS = 60.0  # corrections of a clock by NTP are smaller
_CYCLE_LIMIT = 3.0  # times “[cycle] minutes”: a healthy cycle needs less than twice as long
_HOUSEKEEPING_LIMIT = 6 * 3600.0  # seconds
_FIGURES = ("run", *(counter.name for counter in fields(RunCounts)), "waiting", "alerts_sent", "seconds")


class Daemon:
    """The schedule, the running child, and the config in use.

    Args:
        database: the database file.
        folder: the config folder that people edit. Children read a copy of its last valid state.
        check: returns the settings of a folder, or raises ``ConfigError`` if anything in it is wrong.
        clock: returns seconds since the epoch.
    """

    _settings: Settings
    lock: DaemonLock

    def __init__(
        self,
        database: Path,
        folder: Path,
        check: Callable[[Path], Settings],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.database = database
        self.folder = folder
        self.check = check
        self.clock = clock
        self.copies = database.with_name(f"{database.name}.config")
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
            ConfigError, NothingToWatch: the config is wrong at the start.
            LockHeld: another daemon watches this database.
        """
        self.lock = DaemonLock(self.database)
        try:
            self._run()
        except TumenError:
            self.lock.release()
            raise
        self.lock.release()  # not after an unexpected error: “tumen status” reports a daemon that is gone

    def _run(self) -> None:
        shutil.rmtree(self.copies, ignore_errors=True)  # of a daemon that was killed
        try:
            settings = self._adopt(self.folder)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, self._on_signal)
            pool = ThreadPoolExecutor(2)
            scheduler = BackgroundScheduler(executors={"default": pool}, timezone=settings.daemon.timezone)
            self._schedule(scheduler, settings)
            scheduler.start()
            scheduler.add_job(self.cycle, id="first")
            log.info("watching %d feeds, database %s, %s", _enabled(settings), self.database, describe(settings.daemon))
            self._log_config(settings)
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
        """Run ``tumen run`` as a child; log its figures, and a line for each feed whose health changed.

        The child would create a missing database: after a lost mount, all news once more on another disk.
        """
        if not self.database.exists():
            log.error("%s is gone: mount its disk, or stop the daemon and restore a backup", self.database)
            return
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
        if report.get("outage"):
            log.error("%s", ended.last_line, extra=run | {"figures": figures})
            return
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
        ended = self.children.call("doctor", "--housekeeping", "--config", str(self.config), limit=_HOUSEKEEPING_LIMIT)
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
            log.info("config reloaded: %d feeds, %s", _enabled(settings), describe(settings.daemon))
            self._log_config(settings)
        notify.send("READY=1")

    def _log_config(self, settings: Settings) -> None:
        """Log which files are in use, and what an operator probably did not mean."""
        log.info("config %s", origins(self.folder))
        edited = replace(settings, folder=self.folder)
        for sentence in filter(None, (*oversights(edited), missing_contact(edited))):
            log.warning("%s", sentence)

    def _adopt(self, folder: Path) -> Settings:
        """Copy the config, check the copy, and use it from now on. Children never read a half-edited config."""
        self._reloads += 1
        copy = self.copies / str(self._reloads)
        copy.mkdir(mode=0o700, parents=True)
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, copy, ignore_errors=True)
            try:
                copy_config(folder, copy)
                settings = self.check(copy)
            except ConfigError as error:  # the message must name the file that people edit, not the copy
                file = folder / error.file.relative_to(copy) if error.file.is_relative_to(copy) else error.file
                raise ConfigError(file, error.key, error.problem.replace(str(copy), str(folder))) from None
            undo.pop_all()
        if self._previous is not None:
            shutil.rmtree(self._previous, ignore_errors=True)
        self._previous = self.config  # a running cycle may still read the copy it was started with
        self.config, self._settings = copy, settings
        self._cycle_seconds = settings.cycle.minutes * 60 * _CYCLE_LIMIT
        return settings

    def _schedule(self, scheduler: BackgroundScheduler, settings: Settings) -> None:
        cycles, housekeeping = triggers(settings.daemon)
        for name, job, trigger in (("cycle", self.cycle, cycles), ("housekeeping", self.housekeeping, housekeeping)):
            scheduler.add_job(job, trigger, id=name, misfire_grace_time=None, replace_existing=True)
        self.lock.write(longest_interval(cycles))


def _enabled(settings: Settings) -> int:
    return sum(source.enabled for source in settings.sources)


def _reason(ended: Ended) -> str:
    if ended.too_long:
        return "it exceeded its time limit and was stopped; the next run continues its work"
    return f"status {ended.status}: {ended.last_line or 'no message'}"
