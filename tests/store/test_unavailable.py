"""When the disk does not do as it should: nobody is told a lie, nobody waits for ever, and it mends itself."""

import asyncio
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from middleware.relay.errors import StoreUnavailable
from middleware.relay.ports import Transaction, Unit
from middleware.store.sqlite import SqliteStore
from middleware.store.sqlite_file import connect
from middleware.store.sqlite_units import Viewing, Writing
from tests.store.scenes import CHAT, opened, outsider, saying, texts


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program is in the midst of writing."""
    other = outsider(path)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """The system lets no file of this process grow beyond the size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_the_loop_goes_on_while_the_database_is_locked(tmp_path: Path) -> None:
    """A slow disk must never stop heartbeats and other visitors' sockets."""
    path = tmp_path / "house.db"
    async with opened(path) as store:
        with locked(path):
            waiting = asyncio.create_task(store.write(saying("hello")))
            for _ in range(1000):
                await asyncio.sleep(0)
            assert [] == await texts(store), "reading goes on"
            assert not waiting.done()
        assert "hello" == (await waiting).text


async def test_a_lock_that_lasts_makes_the_store_unavailable_until_it_goes(tmp_path: Path) -> None:
    """Whoever asked is told to ask again, and may; nothing has to be restarted."""
    path = tmp_path / "house.db"
    async with opened(path, patience=0.05) as store:
        with locked(path):
            asked = [store.write(saying(word)) for word in "abc"]
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
            assert [StoreUnavailable] * 3 == [type(outcome) for outcome in outcomes]
            assert "locked" in str(outcomes[0])
        assert [] == await texts(store)
        await store.write(saying("again"))
        assert ["again"] == await texts(store)


async def test_an_exclusive_lock_stops_even_opening_but_not_for_good(tmp_path: Path) -> None:
    """A backup tool that holds everything delays the start; the text says why."""
    path = tmp_path / "house.db"
    async with opened(path):
        pass
    other = outsider(path)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    store = SqliteStore(path, patience=0.05)
    with pytest.raises(StoreUnavailable, match="locked"):
        await store.open()
    other.close()
    async with store:
        assert [] == await texts(store)


async def test_a_disk_that_takes_no_more_is_told_and_mended(tmp_path: Path) -> None:
    """A commit that cannot be written is no commit; with room again, everything goes on."""
    path = tmp_path / "house.db"
    async with opened(path) as store:
        await store.write(saying("before"))
        log = path.with_name("house.db-wal")
        with files_no_larger_than(log.stat().st_size):
            outcomes = await asyncio.gather(*(store.write(saying(w)) for w in "abc"), return_exceptions=True)
            assert [StoreUnavailable] * 3 == [type(outcome) for outcome in outcomes]
            assert ["before"] == await texts(store)
        await store.write(saying("after"))
        assert ["before", "after"] == await texts(store)


async def large(tx: Transaction) -> None:
    """A unit that finds no room."""
    await saying("large" * 20_000)(tx)


async def stubborn(tx: Transaction) -> None:
    """A unit that finds no room and will not hear of it."""
    with suppress(Exception):
        await large(tx)
    await saying("in spite of all")(tx)


@pytest.mark.parametrize("greedy", [large, stubborn], ids=lambda unit: unit.__name__)
async def test_a_unit_that_fills_the_database_loses_only_itself(tmp_path: Path, greedy: Unit[None]) -> None:
    """SQLite throws the whole transaction away then: the units before it are run again, and each is told the truth."""
    path = tmp_path / "house.db"
    await prepared(path)
    most = pages(path) + 8

    def small() -> sqlite3.Connection:
        connection = connect(path, query_only=False)
        connection.execute(f"PRAGMA max_page_count = {most}")
        return connection

    writing = Writing(small, path=path, viewing=Viewing(small), crash=lambda _point: None)
    outcomes = writing([saying("a"), greedy, saying("b")])
    assert [None, StoreUnavailable, None] == [outcome.error and type(outcome.error) for outcome in outcomes]
    most = 1_000_000
    writing.close()
    assert [None] == [outcome.error for outcome in writing([saying("c")])]
    writing.close()
    assert ["a", "b", "c"] == await written(path)


async def prepared(path: Path) -> None:
    async with opened(path):
        pass


async def written(path: Path) -> list[str]:
    async with SqliteStore(path) as store:
        return await texts(store)


def pages(path: Path) -> int:
    other = outsider(path)
    count: int = other.execute("PRAGMA page_count").fetchone()[0]
    other.close()
    return count


async def test_a_disk_that_fails_at_the_commit_writes_none_of_its_units(tmp_path: Path) -> None:
    """What could not be flushed is acknowledged to nobody and seen by nobody."""
    failing = [False]

    def crash(point: str) -> None:
        if point == "before_commit" and failing[0]:
            raise sqlite3.OperationalError("disk I/O error")

    async with SqliteStore(tmp_path / "house.db", crash=crash) as store:
        await store.write(lambda tx: tx.add_chat(CHAT))
        failing[0] = True
        outcomes = await asyncio.gather(*(store.write(saying(w)) for w in "abc"), return_exceptions=True)
        assert [StoreUnavailable] * 3 == [type(outcome) for outcome in outcomes]
        failing[0] = False
        await store.write(saying("d"))
        assert ["d"] == await texts(store)


async def test_ping_tells_whether_the_store_can_be_written(tmp_path: Path) -> None:
    """Readiness is about writing: a store that only reads would lose what visitors say."""
    path = tmp_path / "house.db"
    async with opened(path, patience=0.05) as store:
        await store.ping()
        with locked(path), pytest.raises(StoreUnavailable):
            await store.ping()
        await store.ping()


async def test_the_reading_connection_cannot_write(tmp_path: Path) -> None:
    """The database itself keeps views from writing beside the one writer."""
    path = tmp_path / "house.db"
    await prepared(path)
    connection = connect(path, query_only=True)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM chat")
    connection.close()
