"""Who has left a line is told nothing more on it: the next to come there may be another visitor."""

import asyncio
from typing import Any

import pytest

from middleware.relay.to_visitor import since
from middleware.web import bell
from tests.journeys.town import Town
from tests.waiting import until
from tests.wall.street import Raw, websocket

SECRET = "only for whoever said it"


async def said(town: Town) -> str:
    """The token of a visitor who has said something."""
    page = await (await websocket(town.http, town.url)).join()
    token = (await page.ask("open", {}))["token"]
    assert (await page.ask("say", {"ask_id": "1", "text": SECRET}))["ok"]
    return str(token)


async def another(raw: Raw) -> None:
    """Leave, and come back on the same line as nobody in particular."""
    await raw.send("41/chat,")
    await raw.join()


async def forgotten(raw: Raw) -> None:
    """Be a new visitor from here on."""
    assert (await raw.ask("forget"))["ok"]


@pytest.mark.parametrize("leave", [another, forgotten])
async def test_what_is_still_being_read_is_told_to_nobody(
    town: Town, monkeypatch: pytest.MonkeyPatch, leave: Any
) -> None:
    """A store may take its time over what a socket has missed."""
    token = await said(town)
    reading, go_on, read = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(*args: Any, **options: Any) -> Any:
        reading.set()
        await go_on.wait()
        read.set()
        return await since(*args, **options)

    monkeypatch.setattr(bell, "since", slow)
    raw = await (await websocket(town.http, town.url)).join({"token": token})
    await reading.wait()
    monkeypatch.setattr(bell, "since", since)
    await leave(raw)
    go_on.set()
    await read.wait()
    told = town.server.namespace_handlers["/chat"].bell
    await until(lambda: not told._catching_up, what="the reading to be over")
    await raw.send('42/chat,9["resume",{}]')
    heard = [await raw.next()]
    while not str(heard[-1]).startswith("43/chat,9"):
        heard.append(await raw.next())
    assert [] == [frame for frame in heard if SECRET in str(frame)]
