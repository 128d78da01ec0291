"""Two nodes write the same at the same time: one does, and the other finds it."""

import asyncio
from pathlib import Path

import asyncpg

from middleware.relay.from_visitor import FromVisitor
from middleware.relay.model import AskId, Message
from middleware.relay.outbox import Words
from middleware.relay.ports import Transaction
from middleware.relay.to_visitor import ToVisitor
from middleware.store.postgres import PostgresStore
from tests.fakes.bell import FakeBell
from tests.fakes.clock import FakeClock
from tests.promises.stores import dsn_of
from tests.promises.stores import said as draft
from tests.servers.postgres import Postgres
from tests.store.scenes import CHAT, open_chat
from tests.waiting import DEADLINE, until

_HOLD = "SELECT FROM chat WHERE id = $1 FOR NO KEY UPDATE"
_SAY = """
INSERT INTO message (id, chat, seq, author, text, at, status, asker, ask)
SELECT 'elsewhere', number, 99, 'visitor', 'hello', 1, 'sending', visitor, 'ask' FROM chat WHERE id = $1"""

_END = "UPDATE chat SET state = 'ended', ended_by = 'visitor', ended_at = 2 WHERE id = $1"
_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%behind' AND wait_event_type = 'Lock'"


async def test_an_ask_that_had_to_wait_and_then_clashes_is_found(postgres: Postgres, tmp_path: Path) -> None:
    """A page that was moved asks the next node again, while the first is still at it: neither may fail for that."""
    runs, waiting = 0, asyncio.Event()

    async def say(tx: Transaction) -> Message:
        nonlocal runs
        runs += 1
        known = await tx.message_of(CHAT.visitor, ask=AskId("ask"))
        if known is not None:
            return known
        if runs == 2:
            waiting.set()
        return await tx.add_message(draft("hello", ask="ask"))

    dsn = await dsn_of(postgres, tmp_path)
    elsewhere = await asyncpg.connect(dsn)
    try:
        async with PostgresStore(dsn, node="one", patience=DEADLINE) as store, asyncio.timeout(DEADLINE):
            await store.write(open_chat)
            await elsewhere.execute("BEGIN")
            await elsewhere.execute(_HOLD, CHAT.id)
            saying = asyncio.create_task(store.write(say))
            await waiting.wait()
            await elsewhere.execute(_SAY, CHAT.id)
            await elsewhere.execute("COMMIT")
            assert "elsewhere" == (await saying).id
    finally:
        await elsewhere.close()


async def test_an_ask_that_had_to_wait_until_the_chat_was_over_is_found(postgres: Postgres, tmp_path: Path) -> None:
    """Told that the chat is over, the visitor would say it again in the next one, and it would be said twice."""
    dsn = await dsn_of(postgres, tmp_path)
    elsewhere = await asyncpg.connect(dsn)
    try:
        async with PostgresStore(dsn, node="behind", patience=DEADLINE) as store, asyncio.timeout(2 * DEADLINE):
            await store.write(open_chat)
            visitors = FromVisitor(store, to_visitor=ToVisitor(FakeBell()), wake=lambda: None, clock=FakeClock())
            async with elsewhere.transaction():
                await elsewhere.execute(_HOLD, CHAT.id)
                saying = asyncio.create_task(visitors.say(CHAT.visitor, Words(AskId("ask"), "hello")))
                await until(lambda: elsewhere.fetchval(_WAITS), what="the ask to wait for the chat")
                await elsewhere.execute(_SAY, CHAT.id)
                await elsewhere.execute(_END, CHAT.id)
            assert "elsewhere" == (await saying).id
    finally:
        await elsewhere.close()
