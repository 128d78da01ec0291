"""Two nodes on one PostgreSQL database: whoever hears what, the visitor is told."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from middleware.app import SERVER
from tests.flex.twilio import open_twilio
from tests.journeys.page import Page
from tests.journeys.town import Town, serve_app
from tests.promises.stores import dsn_of
from tests.servers.postgres import Postgres


@dataclass(frozen=True, slots=True)
class Nodes:
    """Twilio calls the first; pages of the town are on the second."""

    first: str
    town: Town


@pytest.fixture
async def nodes(tmp_path: Path, postgres: Postgres) -> AsyncIterator[Nodes]:
    """Two nodes, up."""
    shared: dict[str, Any] = {"database_url": await dsn_of(postgres, tmp_path), "database_connections": 4}
    async with (
        open_twilio() as twilio,
        serve_app(tmp_path, twilio, node="first", **shared) as (public, _),
        serve_app(tmp_path, twilio, node="second", public_url=public, **shared) as (url, app),
        aiohttp.ClientSession() as http,
        AsyncExitStack() as pages,
    ):
        yield Nodes(public, Town(url, twilio, http, pages, app[SERVER]))


@asynccontextmanager
async def _page_at(url: str, token: str) -> AsyncIterator[Page]:
    page = Page(url)
    await page.connect({"token": token})
    yield page
    await page.close()


async def test_what_one_node_hears_the_visitor_at_the_other_is_told(nodes: Nodes) -> None:
    """No sticky address brings Twilio to the node that has the visitor's socket."""
    town = nodes.town
    page, opened = await town.visitor("Ada")
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    channel = await town.accepted(name="Ada")
    await town.agent_says(channel, "Hi Ada")
    told = await page.hears("opened", lambda news: any(m["text"] == "Hi Ada" for m in news["messages"]))
    assert opened["chat"]["id"] == told["chat"]["id"]
    await page.grant("say", {"ask_id": "2", "text": "Bye"})
    await town.arrives(channel, "Hello", "Hi Ada", "Bye")
    await town.agent_ends()
    await page.hears("opened", lambda news: news["chat"]["state"] == "ended")
    assert "chat_ended" == (await page.ask("say", {"ask_id": "3", "text": "One more"}))["error"]["code"]


async def test_a_page_may_come_back_to_another_node(nodes: Nodes) -> None:
    """A restart, or a balancer's whim: the visitor's token and position count everywhere."""
    page, opened = await nodes.town.visitor("Ada")
    said = await page.grant("say", {"ask_id": "1", "text": "Hello"})
    async with _page_at(nodes.first, opened["token"]) as again:
        assert said["seq"] == (await again.grant("say", {"ask_id": "1", "text": "Hello"}))["seq"]
        resumed = await again.grant("resume", {"chat": said["chat"], "after": 0})
    assert ["Hello"] == [message["text"] for message in resumed["messages"]]
