"""The schema moves forward step by step, and never under a program that does not know it."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from middleware.relay.model import Author, Edited, EventKey, FlexRef, MessageStatus, Place, Said
from middleware.store.errors import StoreRefused
from middleware.store.migrate import Migration, migrate, migrations, schema_version
from middleware.store.sqlite import SqliteStore
from middleware.store.sqlite_file import OneNode
from middleware.store.upgrade import upgrade
from tests.store.scenes import CHAT, opened, outsider, saying, texts

FIRST = Migration(1, "first", "CREATE TABLE one (a INTEGER) STRICT; INSERT INTO one VALUES (1);")
SECOND = Migration(2, "second", "CREATE TABLE two (b INTEGER) STRICT; INSERT INTO two SELECT a FROM one;")
BROKEN = Migration(2, "broken", "CREATE TABLE two (b INTEGER) STRICT; INSERT INTO nowhere VALUES (1);")


OF_SCHEMA_2 = """
INSERT INTO chat (id, visitor, opened_at, state, ref, last_seq, next_index)
VALUES ('chat-of-ada', 'ada', 10, 'open', 'ref', 1, 0);
INSERT INTO message (id, chat, seq, author, text, at, status) VALUES ('m1', 1, 1, 'visitor', 'before', 20, 'sending');
INSERT INTO delivery (chat, kind, message, head, due) VALUES (1, 'say', 1, 1, 20);
INSERT INTO inbox (key, ref, at, place, held) VALUES ('k', 'ref', 20, 3,
    '{"event":"Said","ref":"ref","key":"k","index":3,"author":"agent","author_id":"alex","text":"Hi","at":null}');
"""
"""What the program before the third step had written."""


@pytest.fixture
def empty() -> Iterator[sqlite3.Connection]:
    """A database without anything."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def tables(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_schema ORDER BY name")]


def test_steps_are_numbered_without_gaps() -> None:
    """A step that came in between would never be applied where its number was passed."""
    steps = migrations("sqlite")
    assert list(range(1, len(steps) + 1)) == [step.number for step in steps]


def test_steps_are_applied_in_order_and_once(empty: sqlite3.Connection) -> None:
    """Starting again changes nothing; a newer program applies only what is new."""
    migrate(empty, [FIRST])
    migrate(empty, [FIRST])
    migrate(empty, [FIRST, SECOND])
    assert 2 == schema_version(empty)
    assert [(1,)] == empty.execute("SELECT b FROM two").fetchall()


def test_a_step_is_applied_whole_or_not_at_all(empty: sqlite3.Connection) -> None:
    """A start that failed half way can be tried again with a mended program."""
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(empty, [FIRST, BROKEN])
    assert (1, ["one"]) == (schema_version(empty), tables(empty))
    assert not empty.in_transaction
    migrate(empty, [FIRST, SECOND])
    assert ["one", "two"] == tables(empty)


def test_a_newer_schema_is_refused(empty: sqlite3.Connection) -> None:
    """An older program would write what the newer one cannot read."""
    migrate(empty, [FIRST, SECOND])
    with pytest.raises(StoreRefused, match="schema 2, this program knows 1: start the newer program"):
        migrate(empty, [FIRST])


async def test_a_database_of_an_older_program_keeps_all_it_holds(tmp_path: Path) -> None:
    """Chats that were open before the upgrade go on: what was said, what is owed, what is held."""
    path = tmp_path / "house.db"
    older = outsider(path)
    migrate(older, migrations("sqlite")[:2])
    older.executescript(OF_SCHEMA_2)
    older.close()
    async with SqliteStore(path) as store:
        await store.write(saying("after the upgrade"))
        first, *_ = await store.read(lambda view: view.messages_after(CHAT.id, seq=0, limit=9))
        chat = await store.read(lambda view: view.chat(CHAT.id))
        assert chat is not None
        assert chat.holds
        held = await store.write(lambda tx: tx.take_held(FlexRef("ref")))
        assert ["before", "after the upgrade"] == await texts(store)
        assert (None, None, MessageStatus.SENDING) == (first.edited, first.place, first.status)
        assert [Said(FlexRef("ref"), EventKey("k"), 3, Author.AGENT, "alex", "Hi")] == held
        assert 2 == len(await store.write(lambda tx: tx.owed_to(CHAT.id)))
        await store.write(lambda tx: tx.rewrite(replace(first, text="", edited=Edited.WITHDRAWN, place=Place(0))))
        assert [1] == [m.seq for m in await store.read(lambda view: view.changed(CHAT.id, upto=9, limit=9))]


async def test_a_store_of_a_newer_program_is_left_as_it_is(tmp_path: Path) -> None:
    """After a rollback of the deployment the data wait for the program that knows them."""
    path = tmp_path / "house.db"
    async with opened(path) as store:
        await store.write(saying("hello"))
    set_version(path, 999)
    with pytest.raises(StoreRefused, match="schema 999"):
        await SqliteStore(path).open()
    set_version(path, len(migrations("sqlite")))
    async with SqliteStore(path) as store:
        assert ["hello"] == await texts(store)


async def test_a_file_that_a_node_has_is_up_to_date_or_left_alone(tmp_path: Path) -> None:
    """A release step beside a running node is no trouble; beside one of an older program it says what to do."""
    path, newest = tmp_path / "house.db", migrations("sqlite")[-1].number
    async with SqliteStore(path):
        assert (newest, newest) == upgrade(path, patience=0.0)
    assert (newest, newest) == upgrade(path)
    set_version(path, newest - 1)
    held = OneNode(path)
    held.take()
    with pytest.raises(StoreRefused, match="stop the other process"):
        upgrade(path, patience=0.0)
    held.give_back()
    other = outsider(path)
    assert (newest - 1,) == other.execute("PRAGMA user_version").fetchone()
    other.close()


def set_version(path: Path, version: int) -> None:
    other = outsider(path)
    other.execute(f"PRAGMA user_version = {version}")
    other.close()
