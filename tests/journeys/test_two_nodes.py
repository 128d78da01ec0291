"""Two nodes on one PostgreSQL database: whoever hears what, the visitor is told."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from middleware.app import SERVER
from middleware.store import postgres_sql
from tests.flex.twilio import open_twilio
from tests.journeys.page import Page
from tests.journeys.town import Town, serve_app
from tests.promises.stores import dsn_of
from tests.servers.postgres import Postgres
from tests.waiting import until


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
        yield Nodes(public, Town(twilio, url, http, pages, app[SERVER]))


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


_EAR = f"""
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
AND (classid::bigint << 32) | objid::bigint = {postgres_sql._KEY.format("'second'")}"""  # noqa: S608
"""The connection on which the second node listens: the one that holds its name."""


@asynccontextmanager
async def _database(postgres: Postgres, folder: Path) -> AsyncIterator[asyncpg.Connection]:
    """The nodes' database, from outside."""
    connection = await asyncpg.connect(await dsn_of(postgres, folder))
    yield connection
    await connection.close()


async def test_what_is_told_while_a_node_is_deaf_is_caught_up(nodes: Nodes, postgres: Postgres, tmp_path: Path) -> None:
    """M17: a listening connection that stands still gives no error; what rang meanwhile comes from the store."""
    page, _ = await nodes.town.visitor("Ada")
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    channel = await nodes.town.accepted(name="Ada")
    async with _database(postgres, tmp_path) as database:
        ear = await database.fetchval(_EAR)
        os.kill(ear, signal.SIGSTOP)
        try:
            await nodes.town.agent_says(channel, "Hi Ada")
            await page.hears("opened", lambda news: any(m["text"] == "Hi Ada" for m in news["messages"]))
        finally:
            os.kill(ear, signal.SIGCONT)


async def test_a_listening_connection_that_was_cut_is_made_anew(
    nodes: Nodes, postgres: Postgres, tmp_path: Path
) -> None:
    """M18: something in between ends connections that are idle; nobody is at work who would notice."""
    page, _ = await nodes.town.visitor("Ada")
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    channel = await nodes.town.accepted(name="Ada")
    async with _database(postgres, tmp_path) as database:
        ear = await database.fetchval(_EAR)
        await database.execute("SELECT pg_terminate_backend($1)", ear)

        async def listens_again() -> bool:
            return await database.fetchval(_EAR) not in {None, ear}

        await until(listens_again, what="another connection to listen on")
    await nodes.town.agent_says(channel, "Hi Ada")
    await page.hears("opened", lambda news: any(m["text"] == "Hi Ada" for m in news["messages"]))
