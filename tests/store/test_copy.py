"""A store that outgrew its file goes on in PostgreSQL: with all it holds, or not at all."""

import sqlite3
from pathlib import Path

import asyncpg
import pytest

from middleware.relay.badge import Badge, BadgeId
from middleware.relay.errors import StoreUnavailable
from middleware.relay.meters import Load
from middleware.relay.model import (
    Author,
    Chat,
    ChatId,
    DeliveryKind,
    Draft,
    EventKey,
    Said,
    VisitorId,
)
from middleware.relay.ports import Reading, Store, Transaction
from middleware.store.errors import StoreRefused
from middleware.store.migrate import migrate, migrations
from middleware.store.postgres import PostgresStore
from middleware.store.postgres_copy import TABLES, copy
from middleware.store.sqlite import SqliteStore
from tests.journeys.test_commands import running
from tests.promises.stores import ADA, CHAT, OTHER, REF, dsn_of, said, three_owed
from tests.servers.postgres import Postgres
from tests.store.scenes import outsider

BADGE = Badge(BadgeId("one"), ADA, since=10.0, generation=7, verified={"id": "42"})
HELD = Said(REF, EventKey("k2"), 5, Author.AGENT, "alex", "too early")
AWKWARD = "a\x00b \ufdd0 \U0001f469\u200d\U0001f680 'quoted' \\N \t"


async def life(tx: Transaction) -> None:
    """A unit: some of everything."""
    await three_owed(tx)
    await tx.set_ref(CHAT.id, REF)
    await tx.add_message(Draft(CHAT.id, Author.AGENT, AWKWARD, at=21.5, name="Alex"))
    await tx.owe(OTHER.id, DeliveryKind.OPEN, due=100.0)
    await tx.add_badge(BADGE)
    for event in (HELD, Said(REF, EventKey("k1"), 0, Author.AGENT, "alex", "in time")):
        assert await tx.remember(event.key, ref=REF, at=30.0)
    await tx.hold(HELD)


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """A file with a life behind it: one delivery is buried, one claimed, the first and the last are finished."""
    path = tmp_path / "relay.db"
    async with SqliteStore(path) as store:
        await store.write(life)
        opening, _ = await store.write(lambda tx: tx.claim(now=200.0, until=900.0, limit=9))
        await store.write(lambda tx: tx.finish(opening, now=200.0))
        (say,) = await store.write(lambda tx: tx.claim(now=200.0, until=900.0, limit=1))
        await store.write(lambda tx: tx.bury(say, reason="refused", now=200.0))
        await store.write(lambda tx: tx.add_message(said("last", ask="9")))
        await store.write(lambda tx: tx.owe(OTHER.id, DeliveryKind.END, due=100.0))
        *_, newest = await store.write(lambda tx: tx.owed_to(OTHER.id))
        await store.write(lambda tx: tx.settle(newest.id, now=200.0))
    return path


@pytest.fixture
async def dsn(postgres: Postgres, tmp_path: Path) -> str:
    """An empty database."""
    return await dsn_of(postgres, tmp_path)


async def seen(store: Store) -> list[object]:
    """All that the heart can see of Ada's chat."""

    async def view(reading: Reading) -> list[object]:
        chat = await reading.last_chat_of(ADA)
        messages = await reading.messages_after(CHAT.id, seq=0, limit=99)
        known = await reading.message_of(ADA, ask=messages[-1].ask or pytest.fail("no ask"))
        return [chat, messages, known, await reading.badge(BADGE.id), await reading.load(), await reading.oldest_owed()]

    return await store.read(view)


async def test_everything_is_there_and_goes_on(file: Path, dsn: str) -> None:
    """Chats, messages in their order, what is owed, held, remembered and signed."""
    counts = await copy(file, dsn)
    assert {"chat": 2, "message": 3, "delivery": 2, "buried": 1, "inbox": 2, "badge": 1} == counts
    async with SqliteStore(file) as before, PostgresStore(dsn, node="one") as after:
        assert await seen(before) == await seen(after)
        assert AWKWARD in [
            message.text for message in await after.read(lambda v: v.messages_after(CHAT.id, seq=0, limit=9))
        ]
        assert [HELD] == await after.write(lambda tx: tx.take_held(REF))
        assert not await after.write(lambda tx: tx.remember(EventKey("k1"), ref=REF, at=99.0))
        second = await after.write(lambda tx: tx.add_message(said("goes on")))
        assert 4 == second.seq


async def test_what_was_claimed_is_due_and_looked_for_first(file: Path, dsn: str) -> None:
    """The node that had it in hand is gone; whether it had sent it nobody knows."""
    await copy(file, dsn)
    async with PostgresStore(dsn, node="one") as store:
        claimed = await store.write(lambda tx: tx.claim(now=201.0, until=300.0, limit=9))
        assert {(DeliveryKind.OPEN, True), (DeliveryKind.END, False)} == {(one.kind, one.unsure) for one in claimed}


async def test_no_number_is_given_twice(file: Path, dsn: str) -> None:
    """Who settles late must not settle another's delivery."""
    other = outsider(file)
    (used,) = other.execute("SELECT seq FROM sqlite_sequence WHERE name = 'delivery'").fetchone()
    other.close()
    await copy(file, dsn)
    async with PostgresStore(dsn, node="one") as store:
        late = Chat(ChatId("late"), VisitorId("eve"), opened_at=50.0)
        await store.write(lambda tx: tx.add_chat(late))
        await store.write(lambda tx: tx.owe(late.id, DeliveryKind.OPEN, due=60.0))
        (delivery,) = await store.write(lambda tx: tx.owed_to(late.id))
        assert used < delivery.id


async def test_a_database_that_holds_anything_is_refused(file: Path, dsn: str) -> None:
    """Two histories in one would be nobody's; what is there stays."""
    async with PostgresStore(dsn, node="one") as store:
        await store.write(lambda tx: tx.add_badge(BADGE))
    with pytest.raises(StoreRefused, match="not empty: there is something in its table badge"):
        await copy(file, dsn)
    async with PostgresStore(dsn, node="one") as store:
        assert Load(0, 0) == await store.read(lambda view: view.load())
        assert BADGE == await store.read(lambda view: view.badge(BADGE.id))


async def test_a_copy_that_breaks_off_leaves_nothing_and_can_be_repeated(file: Path, dsn: str) -> None:
    """The last of the tables fails; the first are not there either."""
    async with PostgresStore(dsn, node="one"):
        pass
    connection = await asyncpg.connect(dsn)
    await connection.execute("ALTER TABLE badge ADD CONSTRAINT never CHECK (visitor = 'nobody')")
    with pytest.raises(StoreUnavailable, match="nothing was changed"):
        await copy(file, dsn)
    assert 0 == await connection.fetchval("SELECT count(*) FROM chat")
    await connection.execute("ALTER TABLE badge DROP CONSTRAINT never")
    await connection.close()
    assert 2 == (await copy(file, dsn))["chat"]


async def test_a_file_that_a_node_has_is_refused(file: Path, dsn: str) -> None:
    """What it wrote meanwhile would be left behind."""
    async with SqliteStore(file):
        with pytest.raises(StoreRefused, match="Another process has"):
            await copy(file, dsn)


async def test_a_file_of_an_older_program_is_refused_with_the_remedy(tmp_path: Path, dsn: str) -> None:
    """Its columns are not those of the database."""
    older = outsider(tmp_path / "old.db")
    migrate(older, migrations("sqlite")[:3])
    older.close()
    with pytest.raises(StoreRefused, match=r"schema 3.*run `python -m middleware migrate` on it"):
        await copy(tmp_path / "old.db", dsn)
    with pytest.raises(StoreRefused, match="There is no file"):
        await copy(tmp_path / "none.db", dsn)


def test_every_table_of_the_file_is_copied() -> None:
    """A table that comes with a later step must not be forgotten here."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    migrate(database, migrations("sqlite"))
    there = {name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    database.close()
    assert there - {"sqlite_sequence"} == set(TABLES)


async def test_the_command_tells_what_was_copied(file: Path, dsn: str) -> None:
    """And refuses with a sentence, not with a traceback."""
    for code, words in ((0, "2  chat"), (1, "not empty")):
        async with running("copy", str(file), DATABASE_URL=dsn) as process:
            told, trouble = await process.communicate()
        assert (code, True) == (process.returncode, words in (told + trouble).decode())
        assert b"Traceback" not in trouble
    async with running("copy", str(file), DATABASE_URL=f"sqlite:///{file}") as process:
        _, trouble = await process.communicate()
    assert (1, True) == (process.returncode, b"names no PostgreSQL database" in trouble)
