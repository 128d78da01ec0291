"""A stop: every page is told, at once, and nobody who does not listen is waited for (M16)."""

import asyncio
from pathlib import Path

import aiohttp

from middleware.app import SERVER
from tests.flex.twilio import open_twilio
from tests.journeys.town import serve_app
from tests.waiting import DEADLINE, until
from tests.wall.street import Poller, Raw, websocket

GOING_AWAY = 1001
"""https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1: the server goes down; a client comes back by itself."""


async def _told(raw: Raw) -> int | None:
    """With which code the websocket ends."""
    await raw.ends()
    return raw.websocket.close_code


async def test_a_stop_tells_every_socket_and_waits_for_none_that_is_deaf(tmp_path: Path) -> None:
    """The library sends no close frame, and a process with twenty websockets took 55 seconds to go."""
    loop = asyncio.get_running_loop()
    async with open_twilio() as twilio, aiohttp.ClientSession() as http:
        async with serve_app(tmp_path, twilio) as (url, app):
            honest = [await (await websocket(http, url)).join() for _ in range(5)]
            newcomer, deaf = await websocket(http, url), await (await websocket(http, url)).join()
            poller = await Poller(http, url).join()
            ends = [asyncio.create_task(_told(raw)) for raw in (*honest, newcomer)]
            poll = asyncio.create_task(poller.get())
            await until(lambda: app[SERVER].eio.lines[poller.sid].polling, what="the poll")
            began = loop.time()
        took = loop.time() - began
        assert [GOING_AWAY] * 6 == await asyncio.gather(*ends)
        assert (await poll)[0] in {200, 400}
        assert not deaf.websocket.closed
    assert took < DEADLINE


async def test_a_node_that_goes_sends_its_pages_on_one_after_the_other(tmp_path: Path) -> None:
    """All at once they would all be at the next node's door in the same moment; and nobody new is let in meanwhile."""
    async with (
        open_twilio() as twilio,
        aiohttp.ClientSession() as http,
        serve_app(tmp_path, twilio) as (url, app),
    ):
        pages = [await (await websocket(http, url)).join() for _ in range(12)]
        poller = await Poller(http, url).join()
        ends = [asyncio.create_task(_told(raw)) for raw in pages]
        moving = asyncio.create_task(app[SERVER].move(within=3.0))
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        assert not all(end.done() for end in ends)
        async with http.get(f"{url}/socket.io/?EIO=4&transport=polling") as refused:
            assert (503, "1") == (refused.status, refused.headers["Retry-After"])
        assert [GOING_AWAY] * 12 == await asyncio.gather(*ends)
        await moving
        await until(lambda: not app[SERVER].eio.lines, what="every line to end")
        assert 400 == (await poller.get())[0]
