"""The desk is told of every change as it happens, and can be closed at any moment."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientResponse, ClientSession

from middleware.simulator import Seed, serve_simulator
from tests.simulator.house import House
from tests.waiting import DEADLINE


class Stream:
    """Server-Sent Events, read one by one."""

    def __init__(self, answer: ClientResponse) -> None:
        self._answer = answer

    async def next(self, name: str) -> Any:
        """The data of the next event with this name."""
        async with asyncio.timeout(DEADLINE):
            while True:
                lines = (await self._answer.content.readuntil(b"\n\n")).decode().splitlines()
                if lines[0] == f"event: {name}":
                    return json.loads(lines[1].removeprefix("data: "))


@asynccontextmanager
async def following(house: House) -> AsyncIterator[Stream]:
    async with house.http.get(house.address + "/desk/api/live") as answer:
        assert "text/event-stream" == answer.content_type
        yield Stream(answer)


async def test_the_whole_state_comes_at_once_and_after_a_change(house: House) -> None:
    """A page needs no first request, and no polling."""
    async with following(house) as stream:
        assert [] == (await stream.next("state"))["tasks"]
        channel = await house.open_channel()
        await house.say(channel)
        while not (now := await stream.next("state"))["tasks"]:
            pass
        assert channel == now["tasks"][0]["channel_sid"]
        assert (await house.desk("GET", "state")).json == now


async def test_the_log_is_replayed_and_followed(house: House) -> None:
    """Who opens the page late still sees how it began."""
    await house.open_channel()
    async with following(house) as stream:
        assert "/v1/Channels" == (await stream.next("wire"))["path"]
        await house.rest("GET", "/v1/FlexFlows")
        assert "/v1/FlexFlows" == (await stream.next("wire"))["path"]


async def test_mischief_is_told_at_once_when_it_is_switched_and_when_it_strikes(house: House) -> None:
    """The switches at the desk show what is in force, whoever switched it."""
    async with following(house) as stream:
        assert not (await stream.next("mischief"))["on"]
        await house.desk("PUT", "mischief", {"preset": "mild"})
        assert "mild" == (await stream.next("mischief"))["preset"]
        await house.desk("PUT", "mischief", {"rules": [{"fault": "not_found"}]})
        now = await stream.next("mischief")
        assert (None, {"not_found": 0}) == (now["preset"], now["made"])
        await house.rest("GET", "/v1/FlexFlows")
        assert {"not_found": 1} == (await stream.next("mischief"))["made"]


async def test_a_run_is_the_same_until_a_reset(house: House) -> None:
    """Who comes back after a break keeps the log they have, but not that of an account which is no more."""
    async with following(house) as stream:
        run = await stream.next("run")
    async with following(house) as stream:
        assert run == await stream.next("run")
        await house.desk("POST", "reset")
        assert run != await stream.next("run")


async def test_only_the_latest_entries_are_replayed(house: House) -> None:
    """Two hundred are enough to understand."""
    for _ in range(205):
        await house.rest("GET", "/v1/FlexFlows")
    async with following(house) as stream:
        assert 6 == (await stream.next("wire"))["n"]


async def test_a_burst_of_changes_becomes_few_states(house: House) -> None:
    """A load test beside an open desk must not drown it."""
    async with following(house) as stream:
        await stream.next("state")
        channel = await house.open_channel()
        await asyncio.gather(*(house.say(channel, str(number), heard=False) for number in range(100)))
        states = 0
        while True:
            states += 1
            if len((await stream.next("state"))["channels"].get(channel, {"messages": []})["messages"]) == 100:
                break
        assert states < 60


async def test_a_watcher_who_goes_is_forgotten(house: House) -> None:
    """And those who stay are still told."""
    async with following(house) as staying:
        async with following(house) as going:
            await going.next("state")
        await staying.next("state")
        await house.open_channel()
        assert 1 == len((await staying.next("state"))["channels"])


async def test_a_watcher_does_not_keep_the_simulator_from_stopping() -> None:
    """Ctrl-C has to work while a desk is open."""
    async with ClientSession() as http:
        async with asyncio.timeout(DEADLINE), serve_simulator(Seed()) as address:
            answer = await http.get(address + "/desk/api/live")
            await Stream(answer).next("state")
        rest = await answer.content.read()
        assert b"event" not in rest
