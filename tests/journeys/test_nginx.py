"""Two nodes behind nginx, as compose.yaml has them: whatever way a page talks, it reaches its chat."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio
from aiohttp import web

from middleware.app import SERVER
from tests.conftest import installed
from tests.flex.twilio import open_twilio
from tests.journeys.page import Page
from tests.journeys.town import Town, serve_app
from tests.promises.stores import dsn_of
from tests.servers import nginx
from tests.servers.postgres import Postgres
from tests.waiting import DEADLINE, until


@dataclass(frozen=True, slots=True)
class Street:
    """nginx's address; the town behind it; each node, and how to stop it."""

    url: str
    town: Town
    log: Path
    nodes: list[tuple[web.Application, AsyncExitStack]]


@pytest.fixture
async def street(tmp_path: Path, postgres: Postgres) -> AsyncIterator[Street]:
    """Both nodes and nginx, up. Twilio calls the first node."""
    program = installed(nginx.program(), why_not=nginx.WHY_NOT)
    shared: dict[str, Any] = {"database_url": await dsn_of(postgres, tmp_path), "database_connections": 4}
    shared |= {"trusted_proxies": 1, "sockets_per_address": 50}
    nodes, addresses = [], {}
    async with open_twilio() as twilio, aiohttp.ClientSession() as http, AsyncExitStack() as opened:
        for name in ("node-a", "node-b"):
            node = await opened.enter_async_context(AsyncExitStack())
            url, app = await node.enter_async_context(serve_app(tmp_path, twilio, node=name, **shared))
            shared.setdefault("public_url", url)
            nodes.append((app, node))
            addresses[name] = url.removeprefix("http://")
        url = opened.enter_context(nginx.running(program, tmp_path, nodes=addresses))
        yield Street(url, Town(twilio, url, http, opened, nodes[0][0][SERVER]), tmp_path / "access.log", nodes)


async def test_a_chat_goes_through_over_websockets(street: Street) -> None:
    """Upgrades, asks, news, and Twilio's webhooks beside them."""
    town = street.town
    page, _ = await town.visitor("Ada")
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    channel = await town.accepted(name="Ada")
    await town.agent_says(channel, "Hi Ada")

    async def told() -> bool:
        return "Hi Ada" in str(page.heard)

    await until(told, what="the agent's words")


@pytest.mark.parametrize("number", range(3))
async def test_a_page_that_polls_stays_at_its_node(street: Street, number: int) -> None:
    """A poll that came to the other node would be a stranger there."""
    del number
    page = socketio.AsyncClient(reconnection=False)
    await page.connect(street.url, namespaces=["/chat"], transports=["polling"])
    answer = await page.call("open", {"name": "Ada"}, namespace="/chat", timeout=DEADLINE)
    assert answer["ok"], answer
    for number in range(5):
        said = await page.call("say", {"ask_id": f"{number}", "text": "Hello"}, namespace="/chat", timeout=DEADLINE)
        assert (True, number + 1) == (said["ok"], said["seq"])
    await page.disconnect()


async def test_when_a_node_is_gone_pages_come_to_the_other(street: Street) -> None:
    """Without an error: nginx asks the next."""
    page, opened = await street.town.visitor("Ada")
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    (stop,) = [node.aclose for app, node in street.nodes if app[SERVER].eio.lines]
    await stop()
    again = Page(street.url)

    async def back() -> bool:
        await again.connect({"token": opened["token"]})
        return True

    assert await asyncio.wait_for(back(), DEADLINE)
    resumed = await again.grant("resume", {"chat": opened["chat"]["id"], "after": 0})
    assert ["Hello"] == [message["text"] for message in resumed["messages"]]
    await again.close()


async def test_what_is_the_nodes_own_is_not_for_everybody(street: Street) -> None:
    """No figures through the front door, and no socket's id in the log."""
    for path, status in (("/metrics", 404), ("/live", 200), ("/widget.js", 200)):
        async with street.town.http.get(street.url + path) as answer:
            assert status == answer.status
    async with street.town.http.get(f"{street.url}/socket.io/?EIO=4&transport=polling") as answer:
        assert 200 == answer.status

    def logged() -> bool:
        return "/socket.io/" in street.log.read_text()

    await until(logged, what="the log's line")
    assert "transport" not in street.log.read_text()
