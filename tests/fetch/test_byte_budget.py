"""Back-pressure: fetching stops while too many bytes wait to be processed."""

from __future__ import annotations

import asyncio

from pipeline.fetch import Fetcher
from pipeline.fetch.byte_budget import ByteBudget
from pipeline.model import Fetched, Request
from pipeline.settings.fetch import FetchSettings
from tests.world.server import FEED, Answer, Hostile


def test_no_request_is_sent_above_limit() -> None:
    async def scene(server: Hostile) -> None:
        chosen = FetchSettings(allow_private=(f"127.0.0.1:{server.port}",), feed_delay=0)
        async with Fetcher(chosen) as fetcher:
            fetcher.budget = ByteBudget(100)
            with fetcher.budget.hold(b"x" * 100):
                request = asyncio.create_task(fetcher.get(Request(url=server.url("/feed"), kind="feed")))
                await asyncio.sleep(0.2)
                assert not server.log
            assert isinstance(await request, Fetched)

    with Hostile() as server:
        server.answers["/feed"] = Answer(body=FEED)
        asyncio.run(scene(server))


def test_budget_is_free_again_after_error() -> None:
    budget = ByteBudget(10)
    try:
        with budget.hold(b"1234567"), budget.hold(b"1234567"):
            assert budget.held == 14
            raise ValueError
    except ValueError:
        assert budget.held == 0
    asyncio.run(asyncio.wait_for(budget.wait(), 1))
