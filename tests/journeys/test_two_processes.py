"""Two nodes as processes, a real PostgreSQL, a real Redis: whatever ends, visitor and agent hear each other."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.journeys.page import Page
from tests.journeys.processes import Houses, open_houses
from tests.promises.stores import dsn_of
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.waiting import DEADLINE, until

POSTS = "POST .*Messages$"


@pytest.fixture
async def houses(tmp_path: Path, postgres: Postgres, redis: Redis) -> AsyncIterator[Houses]:
    """Two nodes that ring by Redis."""
    async with open_houses(tmp_path, await dsn_of(postgres, tmp_path), REDIS_URL=redis.url) as opened:
        yield opened


async def chat(houses: Houses) -> tuple[Page, str, str]:
    """A visitor at the first node who was accepted: their page, their token, their channel."""
    page = await houses.page(houses.first)
    token = (await page.grant("open", {"name": "Ada"}))["token"]
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    channel = await houses.accepted()
    await houses.arrives(channel, "Hello")
    return page, token, channel


async def hears(page: Page, text: str) -> None:
    """Wait until the page was told this text, as news or in a catch-up."""
    await until(lambda: text in page.all_texts(), what=f"{text} on the page")


async def says(page: Page, number: int, text: str) -> None:
    """Ask until it is granted, as the widget does."""
    async with asyncio.timeout(DEADLINE * 2):
        while not (await page.ask("say", {"ask_id": str(number), "text": text}))["ok"]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_redis_is_killed_paused_and_emptied_while_they_talk(houses: Houses, redis: Redis) -> None:
    """T10: without the bell news are found by looking; no word is lost or told twice, and the bell comes back."""
    page, _, channel = await chat(houses)
    troubles: dict[str, tuple[Any, Any]] = {
        "nothing": (lambda: None, lambda: None),
        "killed": (redis.kill, redis.start),
        "paused": (redis.pause, redis.go_on),
        "flushed": (lambda: redis.ask("FLUSHALL"), lambda: None),
        "cut off": (lambda: redis.ask("CLIENT KILL TYPE pubsub"), lambda: None),
    }
    for number, (name, (begin, end)) in enumerate(troubles.items(), start=2):
        await asyncio.to_thread(begin)
        await houses.agent_says(channel, f"{name}, says the agent")
        await says(page, number, f"{name}, says Ada")
        await hears(page, f"{name}, says the agent")
        await asyncio.to_thread(end)
    await until(lambda: _redis_at(houses, "ok"), what="Redis to ring again on both nodes")
    expected = ["Hello"] + [f"{name}, says {who}" for name in troubles for who in ("the agent", "Ada")]
    await houses.arrives(channel, *expected, in_order=False)
    told = page.texts()
    assert len(told) == len({*told}), "told twice as news"


async def _redis_at(houses: Houses, word: str) -> bool:
    told = [await houses.ready(node) for node in (houses.first, houses.second)]
    return [(200, word)] * 2 == [(status, body["redis"]) for status, body in told]


async def test_a_redis_that_is_away_is_told_and_nobody_is_unready_for_it(houses: Houses, redis: Redis) -> None:
    """A balancer that took every node away for it would make a small trouble a large one."""
    await until(lambda: _redis_at(houses, "ok"), what="Redis to ring on both nodes")
    redis.kill()
    await until(lambda: _redis_at(houses, "away"), what="Redis to be missed on both nodes")


async def test_a_node_that_dies_in_the_midst_of_sending_is_no_loss(houses: Houses) -> None:
    """Flex has the message, nobody has the answer, and the echo is lost: the other node looks before it sends."""
    page, token, channel = await chat(houses)
    await houses.befall(
        {"fault": "late", "route": POSTS, "seconds": [60, 60]}, {"fault": "lose", "route": "onMessageSent"}
    )
    await page.grant("say", {"ask_id": "2", "text": "Are you there?"})
    await page.grant("say", {"ask_id": "3", "text": "And you?"})
    await houses.arrives(channel, "Hello", "Are you there?")
    await houses.first.kill()
    await houses.befall()
    again = await houses.page(houses.second, token)

    async def settled() -> bool:
        found = await again.grant("resume", {"chat": None, "after": 0})
        return [message["status"] for message in found["messages"]] == ["sent"] * 3

    await until(settled, what="all of it to be sent")
    await houses.arrives(channel, "Hello", "Are you there?", "And you?")


async def test_postgresql_is_started_anew_while_they_talk(tmp_path: Path, own_postgres: Postgres) -> None:
    """T9: asks are refused meanwhile and asked again, Twilio's webhooks likewise; no node is started for it."""
    async with open_houses(tmp_path, own_postgres.dsn()) as houses:
        page, _, channel = await chat(houses)
        for number, end in enumerate((signal.SIGQUIT, signal.SIGINT), start=2):
            await asyncio.to_thread(own_postgres.stop, end)
            await houses.agent_says(channel, f"agent {number}")
            refused = await page.ask("say", {"ask_id": str(number), "text": f"Ada {number}"})
            assert "unavailable" == refused["error"]["code"]
            await asyncio.to_thread(own_postgres.start)
            await says(page, number, f"Ada {number}")
            await hears(page, f"agent {number}")
        await houses.arrives(channel, "Hello", "Ada 2", "Ada 3", "agent 2", "agent 3", in_order=False)


async def test_a_node_goes_in_two_steps_and_another_takes_over(tmp_path: Path, postgres: Postgres) -> None:
    """A rolling restart: the balancer knows first, pages are moved, and what was under way is another's."""
    async with open_houses(tmp_path, await dsn_of(postgres, tmp_path), DRAIN_SECONDS="10") as houses:
        page, token, channel = await chat(houses)
        houses.first.signal(signal.SIGTERM)
        await until(lambda: _going(houses), what="the node to say that it is going")
        await page.grant("say", {"ask_id": "2", "text": "Still here"})
        await until(lambda: not page.connected, what="the page to be sent on")
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await houses.http.ws_connect(f"{houses.first.url}/socket.io/?EIO=4&transport=websocket")
        again = await houses.page(houses.second, token)
        await again.grant("say", {"ask_id": "3", "text": "Here now"})
        assert 0 == await houses.first.ended()
        assert [] == houses.first.said("unforeseen")
        await houses.arrives(channel, "Hello", "Still here", "Here now")
        assert (200, True) == ((told := await houses.ready(houses.second))[0], told[1]["ready"])


async def _going(houses: Houses) -> bool:
    status, told = await houses.ready(houses.first)
    return status == 503 and told["ready"] is False and told["store"] == "ok"


async def test_polling_can_be_switched_off(tmp_path: Path, postgres: Postgres) -> None:
    """Then no balancer has to bring the requests of one page to one node."""
    async with open_houses(tmp_path, await dsn_of(postgres, tmp_path), TRANSPORTS="websocket") as houses:
        async with houses.http.get(f"{houses.first.url}/socket.io/?EIO=4&transport=polling") as answer:
            assert 400 == answer.status
        page = await houses.page(houses.first)
        await page.grant("open")
