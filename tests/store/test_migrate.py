"""The schema moves forward step by step, and never under a program that does not know it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from middleware.store.errors import StoreRefused
from middleware.store.migrate import Migration, migrate, migrations, schema_version
from middleware.store.sqlite import SqliteStore
from tests.store.scenes import opened, outsider, saying, texts

FIRST = Migration(1, "first", "CREATE TABLE one (a INTEGER) STRICT; INSERT INTO one VALUES (1);")
SECOND = Migration(2, "second", "CREATE TABLE two (b INTEGER) STRICT; INSERT INTO two SELECT a FROM one;")
BROKEN = Migration(2, "broken", "CREATE TABLE two (b INTEGER) STRICT; INSERT INTO nowhere VALUES (1);")


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


def set_version(path: Path, version: int) -> None:
    other = outsider(path)
    other.execute(f"PRAGMA user_version = {version}")
    other.close()
