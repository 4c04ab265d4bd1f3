"""Runs cycles on a schedule, for a year, with nobody watching.

In: a database and a config folder. Out: cycles and housekeeping, each in a process of its own, so that nothing grows
and nothing that one of them does can end the daemon; a line in the log for each. One job runs at a time; runs that were
missed are joined into one.

SIGTERM and SIGINT: stop what is in hand (a cycle puts it back), leave. SIGHUP: read the config anew; a wrong one is
refused with a line, and the old one stays.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from pipeline.daemon import notify
from pipeline.errors import ConfigError, TumenError
from pipeline.settings import Settings, find_file, load_settings
from pipeline.store import health, open_readonly

log = logging.getLogger("tumen.daemon")
_PATIENCE_SECONDS = 8.0  # of the ten that a stop may take
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
_FILES = ("tumen.toml", "feeds.toml", "alerts.toml", "reference.toml", "datasette.json", "concepts", "topics")


class Daemon:
    """The schedule, the child in hand, and the config in use.

    Args:
        database: the database file.
        folder: the config folder that a person edits; children read a copy of it, as it was when last found right.
        check: raises ``ConfigError`` when a folder's lexicon or topics are wrong.
    """

    def __init__(self, database: Path, folder: Path, check: Callable[[Path], None]) -> None:
        self.database = database
        self.folder = folder
        self.check = check
        self.copies = Path(tempfile.mkdtemp(prefix="tumen-daemon-"))
        self.config = self.copies / "0"
        self.stopping = threading.Event()
        self.reloading = threading.Event()
        self.waking = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._reloads = 0
        self._told = 0

    def run(self) -> None:
        """Work until a signal says stop.

        Raises:
            ConfigError: the config is wrong at the start.
        """
        settings = self._take(self.folder)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._signalled)
        scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(2)}, timezone=settings.daemon.timezone)
        with closing(open_readonly(self.database)) as conn:
            self._told = health.last_event(conn)
        self._plan(scheduler, settings)
        scheduler.start()
        scheduler.add_job(self.cycle, id="first")
        log.info("watching %d feeds, database %s, %s", len(settings.sources), self.database, _when(settings))
        notify.tell("READY=1", "STATUS=watching")
        beat = notify.watchdog_seconds()
        try:
            while not self.stopping.is_set():
                self.waking.wait(beat)
                self.waking.clear()
                if self.reloading.is_set():
                    self.reloading.clear()
                    self._reload(scheduler)
                if scheduler.running and beat:
                    notify.tell("WATCHDOG=1")
        finally:
            notify.tell("STOPPING=1")
            self._stop_child()
            scheduler.shutdown(wait=False)
            shutil.rmtree(self.copies, ignore_errors=True)
            log.info("stopped")

    def cycle(self) -> None:
        """One ``tumen run`` as a child; its figures as one line."""
        done = self._call("run", "--json", "--config", str(self.config))
        if done is None:
            return
        status, out, err = done
        try:
            told = json.loads(out.splitlines()[-1])
        except (ValueError, IndexError):
            level = logging.WARNING if status == 75 else logging.ERROR
            log.log(level, "cycle not done (status %d): %s", status, _last_line(err) or "it said nothing")
            return
        log.info("cycle %s", " ".join(f"{name}={told.get(name)}" for name in _FIGURES))
        self._tell_of_feeds()

    def _tell_of_feeds(self) -> None:
        """A feed that begins to fail, falls silent, or is well again is told of once."""
        with closing(open_readonly(self.database)) as conn:
            found = health.events(conn, after=self._told)
        for event in found:
            log.log(logging.INFO if event.what == "well" else logging.WARNING, "%s", event.sentence())
            self._told = event.id

    def housekeeping(self) -> None:
        """Tidy and check the database, and copy it where the config says."""
        done = self._call("doctor", "--housekeeping", "--config", str(self.config))
        if done is None:
            return
        status, out, err = done
        level = logging.INFO if status == 0 else logging.ERROR
        log.log(level, "housekeeping: %s", "; ".join((out + err).split("\n")).strip("; ") or "done")

    def _call(self, *words: str) -> tuple[int, str, str] | None:
        with self._one_at_a_time:
            if self.stopping.is_set():
                return None
            command = [sys.executable, "-m", "pipeline", *words, "--db", str(self.database)]
            self._child = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=os.environ | {"NOTIFY_SOCKET": ""},
            )
            out, err = self._child.communicate()
            status, self._child = self._child.returncode, None
            return (status, out, err) if not self.stopping.is_set() else None

    def _stop_child(self) -> None:
        child = self._child
        if child is None or child.poll() is not None:
            return
        child.send_signal(signal.SIGINT)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        if child.poll() is None:  # nothing is lost: a cycle that is killed goes on where it was
            child.kill()
        log.info("the cycle in hand was stopped; the next one goes on from there")

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
            _triggers(settings, folder)
        except BaseException:
            shutil.rmtree(copy, ignore_errors=True)
            raise
        shutil.rmtree(self.config, ignore_errors=True)
        self.config = copy
        return settings

    def _plan(self, scheduler: BackgroundScheduler, settings: Settings) -> None:
        cycles, housekeeping = _triggers(settings, self.folder)
        rules: dict[str, Any] = {
            "coalesce": True,
            "max_instances": 1,
            "misfire_grace_time": None,
            "replace_existing": True,
        }
        scheduler.add_job(self.cycle, cycles, id="cycle", **rules)
        scheduler.add_job(self.housekeeping, housekeeping, id="housekeeping", **rules)


def _triggers(settings: Settings, folder: Path) -> tuple[Any, Any]:
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
        cron("cron", daemon.cron)
        if daemon.cron
        else IntervalTrigger(seconds=max(round(daemon.every_minutes * 60), 1), timezone=zone)
    )
    return cycles, cron("housekeeping", daemon.housekeeping)


def _when(settings: Settings) -> str:
    daemon = settings.daemon
    return (
        f"cycles at “{daemon.cron}” {daemon.timezone}"
        if daemon.cron
        else f"a cycle every {daemon.every_minutes:g} minutes"
    )


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
