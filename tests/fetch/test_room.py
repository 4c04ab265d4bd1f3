"""Hosts that answer faster than anybody reads are asked no more until there is room."""

from __future__ import annotations

import asyncio

from pipeline.fetch import Fetcher
from pipeline.fetch.byte_budget import Room
from pipeline.model import Fetched, Request
from pipeline.settings.fetch import FetchSettings
from tests.world.server import FEED, Answer, Hostile


def test_no_request_is_sent_while_too_much_is_in_hand() -> None:
    async def scene(server: Hostile) -> None:
        chosen = FetchSettings(allow_private=(f"127.0.0.1:{server.port}",), feed_delay=0)
        async with Fetcher(chosen) as fetcher:
            fetcher.room = Room(100)
            with fetcher.room.holding(b"x" * 100):
                asked = asyncio.create_task(fetcher.get(Request(url=server.url("/feed"), kind="feed")))
                await asyncio.sleep(0.2)
                assert not server.log
            assert isinstance(await asked, Fetched)

    with Hostile() as server:
        server.answers["/feed"] = Answer(body=FEED)
        asyncio.run(scene(server))


def test_what_is_let_go_makes_room_also_after_an_error() -> None:
    room = Room(10)
    try:
        with room.holding(b"1234567"), room.holding(b"1234567"):
            assert room.held == 14
            raise ValueError
    except ValueError:
        assert room.held == 0
    asyncio.run(asyncio.wait_for(room.wait(), 1))
