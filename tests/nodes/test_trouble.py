"""PostgreSQL in trouble under load: nothing acknowledged is lost or doubled, nobody waits for ever, it mends itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from middleware.relay.errors import StoreUnavailable
from middleware.store.postgres import PostgresStore
from middleware.store.postgres_line import Address, connect
from tests.nodes.crowd import Crowd, check
from tests.promises.stores import dsn_of
from tests.servers.postgres import Postgres
from tests.servers.wire import Wire, laid
from tests.store.scenes import open_chat, saying, texts
from tests.waiting import DEADLINE, until

PATIENCE = 0.6
"""Seconds that a unit is tried for, in these tests."""


@asynccontextmanager
async def wired(
    server: Postgres, folder: Path, *, connections: int = 6, patience: float = PATIENCE
) -> AsyncIterator[tuple[PostgresStore, Wire]]:
    """A store behind a wire, with Ada's chat."""
    dsn = await dsn_of(server, folder)
    async with laid(server.port) as wire:
        address = dsn.replace(f":{server.port}/", f":{wire.port}/")
        async with PostgresStore(address, node="one", connections=connections, patience=patience) as store:
            await store.write(open_chat)
            try:
                yield store, wire
            finally:
                wire.flow()


async def terminate_all(server: Postgres, node: str = "one") -> int:
    """End every session of the node, as an administrator would; how many."""
    outsider = await asyncpg.connect(server.dsn())
    try:
        name = f"flex-middleware {node}%"
        ended: int = await outsider.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE $1", name
        )
    finally:
        await outsider.close()
    return ended


@pytest.mark.parametrize("connections", [1, 6])
async def test_every_session_is_ended_again_and_again(postgres: Postgres, tmp_path: Path, connections: int) -> None:
    """A failover, or an administrator; with one connection there is nothing beside the one that is lost."""
    async with wired(postgres, tmp_path, connections=connections) as (store, _):
        async with Crowd(store, writers=12).writing() as crowd:
            for _ in range(5):
                await crowd.until(40)
                assert await terminate_all(postgres)
        await check(store, crowd.acknowledged)


@pytest.mark.parametrize("connections", [1, 6])
async def test_the_network_is_gone_for_longer_than_anybody_waits(
    postgres: Postgres, tmp_path: Path, connections: int
) -> None:
    """It swallows everything and refuses nothing: asks are refused in time, and all goes on when it is back."""
    async with wired(postgres, tmp_path, connections=connections) as (store, wire):
        async with Crowd(store, writers=12).writing() as crowd:
            for cut in (False, True, False):
                await crowd.until(40)
                wire.stall()
                await crowd.refusals(24)
                if cut:
                    wire.cut()
                wire.flow()
        await check(store, crowd.acknowledged)


async def test_idle_connections_that_died_in_silence_cost_one_wait_and_not_one_each(
    postgres: Postgres, tmp_path: Path
) -> None:
    """A firewall forgot them, or a machine is gone without a word: they look alive, and new ones would come through."""
    async with wired(postgres, tmp_path, connections=8, patience=3.0) as (store, wire):
        async with Crowd(store, writers=60).writing() as crowd:
            await crowd.until(200)
            await until(lambda: store._lines._count > 4, what="more lines")
        wire.forget()
        refused = 0
        for number in range(8):
            try:
                await store.write(saying(f"later {number}"))
            except StoreUnavailable:
                refused += 1
        assert refused <= 2, "one, and one more for the line on which the node listens"
        await check(store, [*crowd.acknowledged, *[text for text in await texts(store) if text.startswith("later")]])


async def test_connections_break_off_in_the_midst_of_everything(postgres: Postgres, tmp_path: Path) -> None:
    """Also at the commit: whether it was made is then found out, not guessed."""
    async with wired(postgres, tmp_path) as (store, wire):
        async with Crowd(store, writers=12).writing() as crowd:
            for _ in range(20):
                await crowd.until(5)
                wire.cut()
        await check(store, crowd.acknowledged)


@pytest.mark.parametrize("connections", [1, 6])
async def test_the_server_is_started_anew(own_postgres: Postgres, tmp_path: Path, connections: int) -> None:
    """As a crash would have it, and nobody restarts the node for it."""
    async with wired(own_postgres, tmp_path, connections=connections) as (store, _):
        async with Crowd(store, writers=12).writing() as crowd:
            for _ in range(3):
                await crowd.until(40)
                await asyncio.to_thread(own_postgres.stop)
                await crowd.refusals(12)
                await asyncio.to_thread(own_postgres.start)
        await check(store, crowd.acknowledged)


async def test_a_store_that_is_gone_is_closed_in_time(postgres: Postgres, tmp_path: Path) -> None:
    """A node that is told to stop while the network is away must not wait for it."""
    async with wired(postgres, tmp_path) as (store, wire):
        wire.stall()
        asked = asyncio.gather(*(store.write(open_chat) for _ in range(40)), return_exceptions=True)
        async with asyncio.timeout(DEADLINE):
            await store.close()
        assert {StoreUnavailable} == {type(outcome) for outcome in await asked}
        wire.flow()


async def test_a_server_that_does_not_answer_is_no_server_to_open(postgres: Postgres, tmp_path: Path) -> None:
    """Starting takes no longer than a unit may; the text says where nobody answers."""
    dsn = await dsn_of(postgres, tmp_path)
    async with laid(postgres.port) as wire:
        wire.stall()
        store = PostgresStore(dsn.replace(f":{postgres.port}/", f":{wire.port}/"), node="one", patience=PATIENCE)
        async with asyncio.timeout(DEADLINE):
            with pytest.raises(StoreUnavailable, match=f"could not reach PostgreSQL at 127.0.0.1:{wire.port}"):
                await store.open()


async def test_a_fault_in_the_midst_of_a_batch_is_the_end_of_that_batch_alone(
    postgres: Postgres, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A writer that died of it would leave units waiting that nobody ever runs."""
    left = 40

    def crash(point: str) -> None:
        nonlocal left
        if point == "before_commit" and left > 0:
            left -= 1
            raise RuntimeError("a fault of ours")

    dsn = await dsn_of(postgres, tmp_path)
    async with PostgresStore(dsn, node="one", connections=4, crash=crash) as store, asyncio.timeout(DEADLINE):
        while left:
            with pytest.raises(RuntimeError, match="a fault of ours"):
                await store.write(open_chat)
        await store.write(open_chat)
        assert "A unit failed in an unforeseen way." in caplog.messages
        assert [] == await texts(store)


@pytest.mark.parametrize("answers", [0, 1, 2, 3])
async def test_a_connection_that_stays_half_made_is_not_kept(postgres: Postgres, answers: int) -> None:
    """Each would be a socket here and a session there, for as long as the network is bad."""
    async with laid(postgres.port) as wire:
        wire.answers = answers
        address = Address(postgres.dsn(port=wire.port), name="PostgreSQL", node="half")
        with pytest.raises(StoreUnavailable, match="could not reach PostgreSQL"):
            await connect(address, within=0.5)
        await until(lambda: not wire.carrying, what="the half-made line's end")
