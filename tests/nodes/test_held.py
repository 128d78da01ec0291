"""What one node holds while another waits for the chat is said once, in its turn and in its newest words."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import asyncpg

from middleware.relay.in_order import accept, accept_receipt
from middleware.relay.model import Author, Event, EventKey, FlexRef, Receipt, Reworded, Said
from middleware.relay.ports import Transaction, Unit
from middleware.store import postgres_sql
from middleware.store.postgres import PostgresStore
from middleware.store.postgres_line import Line
from middleware.store.postgres_transaction import PostgresTransaction
from middleware.store.rows import Row
from tests.promises.stores import dsn_of
from tests.servers.postgres import Postgres
from tests.store.scenes import CHAT, open_chat, saying, texts
from tests.waiting import DEADLINE, until

REF = FlexRef("ref-of-ada")
_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%behind' AND wait_event_type = 'Lock'"


def spoken(index: int) -> Said:
    """The bot's words of this index."""
    return Said(REF, EventKey(f"message:{index}"), index, Author.BOT, "bot", f"words {index}")


class _Outside:
    """Statements of a transaction that the test holds open."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def rows(self, statement: str, parameters: Row = ()) -> list[Row]:
        return await self._line.rows(postgres_sql.WRITING.get(statement, statement), parameters)

    async def count(self, statement: str, parameters: Row = ()) -> int:
        return await self._line.count(postgres_sql.WRITING.get(statement, statement), parameters)


@asynccontextmanager
async def a_store(postgres: Postgres, folder: Path) -> AsyncIterator[tuple[PostgresStore, Line]]:
    """A node, with a chat that is open at Flex; and a connection of another's."""
    dsn = await dsn_of(postgres, folder)
    elsewhere = await asyncpg.connect(dsn)
    try:
        async with PostgresStore(dsn, node="behind", patience=DEADLINE) as store, asyncio.timeout(2 * DEADLINE):
            await store.write(open_chat)
            await store.write(lambda tx: tx.set_ref(CHAT.id, REF))
            yield store, Line(elsewhere)
    finally:
        await elsewhere.close()


async def accepted(store: PostgresStore, event: Event) -> None:
    await store.write(partial(accept, event=event, now=20.0))


async def behind(store: PostgresStore, line: Line, *, first: Event, then: Unit[object]) -> None:
    """The other node accepts the first event while this one already waits for the chat with what comes then."""
    async with line.connection.transaction():
        await accept(PostgresTransaction(_Outside(line), node="ahead"), first, now=20.0)
        waiting = asyncio.create_task(store.write(then))
        await until(lambda: line.value(_WAITS), what="the node behind to wait")
    await waiting


async def test_an_event_held_meanwhile_takes_its_turn_and_is_said_once(postgres: Postgres, tmp_path: Path) -> None:
    """Told again, it would be new if it had not taken its turn; and the held one would be said by the next look."""
    async with a_store(postgres, tmp_path) as (store, line):
        await behind(store, line, first=spoken(1), then=partial(accept, event=spoken(0), now=20.0))
        assert ["words 0", "words 1"] == await texts(store)
        await accepted(store, spoken(1))
        assert [] == await store.write(lambda tx: tx.take_held(REF))
        assert ["words 0", "words 1"] == await texts(store)


async def test_an_event_held_meanwhile_follows_the_receipt(postgres: Postgres, tmp_path: Path) -> None:
    """The answer to a message of ours moves the turn on like any other."""
    async with a_store(postgres, tmp_path) as (store, line):
        await store.write(saying("hello"))
        (delivery,) = await store.write(lambda tx: tx.claim(now=30.0, until=90.0, limit=1))

        async def settle(tx: Transaction) -> object:
            return await accept_receipt(tx, delivery, receipt=Receipt(EventKey("message:0"), 0), now=30.0)

        await behind(store, line, first=spoken(1), then=settle)
        assert ["hello", "words 1"] == await texts(store)


async def test_words_reworded_meanwhile_are_said_in_the_new_words(postgres: Postgres, tmp_path: Path) -> None:
    """The visitor sees what the agent wants to have said, and never the slip."""
    reworded = Reworded(REF, EventKey("reworded:0"), 0, "other words", at=20.0)
    async with a_store(postgres, tmp_path) as (store, line):
        await behind(store, line, first=reworded, then=partial(accept, event=spoken(0), now=20.0))
        assert ["other words"] == await texts(store)
