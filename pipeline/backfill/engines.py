"""Engines: run one function on many jobs, in a pool of processes on this machine or on a Dask cluster.

In: jobs. Out: each job with its report, as they are done. A lost worker's job is done again by the engine. A job that
ends its worker again and again gets a report with the problem, and the others go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipeline import __version__
from pipeline.backfill import task
from pipeline.backfill.jobs import Job, Report
from pipeline.errors import TumenError, Unavailable
from pipeline.flagging import config_version
from pipeline.processing.pool import Workers, WorkFailed

if TYPE_CHECKING:
    from distributed import Client, Future

_ATTEMPTS = 6  # a page is left out after two deaths; further attempts are for a second such page
_FILE_SECONDS = 6 * 3600.0
_FILES_PER_WORKER = 50
_TICK_SECONDS = 0.5
_CONNECT_SECONDS = 10

Reports = Iterator[tuple[Job, Report]]


class Engine(Protocol):
    """Runs ``task.process_file`` on jobs; calls ``tick`` twice a second meanwhile."""

    def run(self, jobs: Sequence[Job], tick: Callable[[], None]) -> Reports:
        """Yield each job with its report."""


class PoolEngine:
    """A pool of worker processes on this machine.

    Args:
        processes: number of workers.
        memory_mb: MiB that a worker may allocate beyond what it has at its start.
    """

    def __init__(self, processes: int, memory_mb: int) -> None:
        self._processes = processes
        self._memory_mb = memory_mb

    def run(self, jobs: Sequence[Job], tick: Callable[[], None]) -> Reports:
        """Yield each job with its report."""
        if not jobs:
            return
        preloads = {task.__name__: (jobs[0].folder,)}
        workers = Workers(
            self._processes, _FILE_SECONDS, self._memory_mb, tasks_per_worker=_FILES_PER_WORKER, preloads=preloads
        )
        with asyncio.Runner() as runner:
            waiting = list(reversed(jobs))
            running: dict[asyncio.Task[Report], Job] = {}
            try:
                while waiting or running:
                    while waiting and len(running) <= self._processes:
                        job = waiting.pop()
                        running[runner.get_loop().create_task(_attempt(workers, job))] = job
                    done, _ = runner.run(_wait(running))
                    tick()
                    for each in done:
                        yield running.pop(each), each.result()
            finally:
                runner.run(workers.close())


async def _wait(tasks: dict[asyncio.Task[Report], Job]) -> tuple[set[asyncio.Task[Report]], set[asyncio.Task[Report]]]:
    return await asyncio.wait(tasks, timeout=_TICK_SECONDS, return_when=asyncio.FIRST_COMPLETED)


async def _attempt(workers: Workers, job: Job) -> Report:
    reason = ""
    for _ in range(_ATTEMPTS):
        try:
            return await workers.run(task.process_file, job)
        except WorkFailed as failed:
            reason = failed.reason
            if failed.kind == "error":
                break
    return Report(problem=f"{job.path}: could not be read: {reason}.")


class DaskEngine:
    """A Dask cluster.

    Args:
        address: of a running scheduler; None to start workers on this machine.
        processes: number of workers that are started.
    """

    def __init__(self, address: str | None, processes: int) -> None:
        self._address = address
        self._processes = processes

    def run(self, jobs: Sequence[Job], tick: Callable[[], None]) -> Reports:
        """Yield each job with its report.

        Raises:
            Unavailable: ``distributed`` is not installed, the cluster cannot be reached or is lost, or its workers have
                another version of Tumen or of the config.
        """
        if not jobs:
            return
        with ExitStack() as stack:
            client = stack.enter_context(_connected(self._address, self._processes))
            _check_workers(client, jobs[0].folder, self._address)
            futures = client.map(task.process_file, jobs, key=[job.result.name for job in jobs], pure=False)
            waiting = dict(zip(futures, jobs, strict=True))
            del futures
            while waiting:
                done = _done(client, waiting)
                for future, report in done:
                    yield waiting.pop(future), report
                tick()
                if not done:
                    _pause(waiting)


def _done(client: Client, waiting: dict[Future, Job]) -> list[tuple[Future, Report]]:
    """Return the futures that are done, with their reports.

    Raises:
        Unavailable: the scheduler was lost.
    """
    done = [future for future in waiting if future.done()]
    with suppress(OSError):  # of the broken connection
        if client.status == "running" and not any(future.cancelled() for future in done):
            return [(future, _report_of(future)) for future in done]
    raise Unavailable(
        f"The Dask scheduler was lost before {len(waiting)} files were read. Run the command again to read them."
    )


def _pause(waiting: dict[Future, Job]) -> None:
    """Wait until a future is done, or for the time of a tick."""
    from distributed import wait

    with suppress(TimeoutError, OSError, CancelledError):
        wait(list(waiting), timeout=_TICK_SECONDS, return_when="FIRST_COMPLETED")


def _report_of(future: Future) -> Report:
    if future.status == "finished":
        report: Report = future.result()
        return report
    return Report(problem=f"{future.key}: could not be read: {_reason(future.exception())}.")


def _reason(error: BaseException | None) -> str:
    if type(error).__name__ == "KilledWorker":
        return "it ended its worker process several times"
    line = f"{error}".strip().partition("\n")[0].rstrip(".")
    return f"{type(error).__name__}: {line}"


@contextmanager
def _connected(address: str | None, processes: int) -> Iterator[Client]:
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise Unavailable("Dask is not installed. Run: pip install 'tumen[cluster]'") from None
    for name in [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "distributed"]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is in our own lines
    with ExitStack() as stack:
        cluster: Any = nullcontext()
        if address is None:
            cluster = LocalCluster(
                n_workers=processes, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
            )
        started = stack.enter_context(cluster)
        try:
            client = stack.enter_context(Client(started or address, timeout=_CONNECT_SECONDS))
            client.wait_for_workers(1, timeout=3 * _CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise Unavailable(
                f"{address}: no Dask scheduler with a worker answers there ({type(error).__name__})."
                " Start one as docs/backfill.md describes, or leave out --cluster."
            ) from None
        yield client


def _check_workers(client: Client, folder: Path, address: str | None) -> None:
    """Raise ``Unavailable`` unless all workers have this version of Tumen and see the same config."""
    own = versions(str(folder))
    try:
        answers = client.run(versions, str(folder))
    except Exception as error:  # noqa: BLE001 - the worker's own error, most often a missing module
        raise Unavailable(f"{address}: a worker cannot run Tumen {__version__} ({_reason(error)}).") from None
    for worker, (tumen, config) in answers.items():
        if tumen != own[0]:
            raise Unavailable(f"{address}: worker {worker} has Tumen {tumen}, this is {own[0]}. Install one version.")
        if config != own[1]:
            raise Unavailable(f"{address}: worker {worker} sees another config at {folder} ({config}, not {own[1]}).")


def versions(folder: str) -> tuple[str, str]:
    """Return the versions of Tumen and of the config on this machine."""
    try:
        return __version__, config_version(Path(folder))
    except (TumenError, OSError) as error:
        return __version__, f"{error}"
