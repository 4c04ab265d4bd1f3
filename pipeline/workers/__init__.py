"""Work in processes that can be killed: a task that hangs or eats memory costs itself and nobody else.

    async with Workers(processes=2, seconds=20, memory_mb=600) as workers:
        parsed = await workers.run(parse, body, url)

``pool`` is the side of the caller, ``nursery`` the side of the processes. Linux and macOS.
"""

from pipeline.workers.pool import Failure, Workers, WorkFailed

__all__ = ["Failure", "WorkFailed", "Workers"]
