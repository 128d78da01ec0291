"""The database file: who may open it, and what is said to those who may not."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from middleware.relay.errors import StoreUnavailable
from middleware.store.errors import StoreRefused
from middleware.store.sqlite import SqliteStore
from middleware.store.sqlite_file import connect
from tests.store.scenes import opened, saying, texts

NOBODY = 65534


@pytest.fixture
def unprivileged(tmp_path: Path) -> Iterator[Path]:
    """A folder that cannot be written, for one whom file rights bind."""
    folders = [tmp_path, *tmp_path.parents[:2]]
    modes = [folder.stat().st_mode for folder in folders]
    user = os.geteuid()
    for folder in folders:
        folder.chmod(0o555 if folder == tmp_path else 0o755)
    if user == 0:
        os.seteuid(NOBODY)
    yield tmp_path
    os.seteuid(user)
    for folder, mode in zip(folders, modes, strict=True):
        folder.chmod(mode)


async def test_a_second_node_is_refused_and_told_what_to_do(tmp_path: Path) -> None:
    """Two nodes on one file would each think the other's claims are a dead node's."""
    path = tmp_path / "house.db"
    async with opened(path) as store:
        with pytest.raises(StoreRefused, match=r"stop the other process.*PostgreSQL"):
            await SqliteStore(path).open()
        await store.write(saying("still here"))
    async with SqliteStore(path) as next_one:
        assert ["still here"] == await texts(next_one)


async def test_a_store_that_could_not_be_opened_holds_nothing(tmp_path: Path) -> None:
    """A failed start must not keep the next from succeeding."""
    path = tmp_path / "house.db"
    path.write_bytes(b"certainly not a database" * 100)
    store = SqliteStore(path)
    with pytest.raises(StoreUnavailable, match="not a database"):
        await store.open()
    path.unlink()
    async with store:
        await store.ping()


async def test_the_file_and_its_folder_are_made_for_the_owner_only(tmp_path: Path) -> None:
    """It holds what visitors confide."""
    path = tmp_path / "new" / "folder" / "house.db"
    async with opened(path):
        files = sorted(path.parent.iterdir())
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in files}
    assert {f"house.db{suffix}": 0o600 for suffix in ("", "-shm", "-wal", ".lock")} == modes


async def test_a_folder_without_rights_is_refused_with_its_name(unprivileged: Path) -> None:
    """The commonest fault of a first deployment: a volume that belongs to somebody else."""
    path = unprivileged / "house.db"
    with pytest.raises(StoreRefused, match=f"{path} cannot be written"):
        await SqliteStore(path).open()


async def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A store that can only be read would take asks and lose them."""
    path = tmp_path / "house.db"
    async with opened(path):
        pass
    path.chmod(0o444)
    request.getfixturevalue("unprivileged")
    with pytest.raises(StoreRefused, match="mend its path or rights"):
        await SqliteStore(path).open()


async def test_a_store_that_is_not_open_says_so(tmp_path: Path) -> None:
    """A clear answer instead of a hang."""
    store = SqliteStore(tmp_path / "house.db")
    for asked in (store.write(saying("early")), store.read(lambda view: view.next_due()), store.ping()):
        with pytest.raises(StoreUnavailable, match="not open"):
            await asked


async def test_commits_are_flushed_to_the_disk(tmp_path: Path) -> None:
    """A write-ahead log that is synced at every commit (2 is FULL) survives the loss of power."""
    path = tmp_path / "house.db"
    async with opened(path):
        connection = connect(path, query_only=False)
        pragmas = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
        connection.close()
    assert ["wal", 2] == pragmas


async def test_a_log_removed_under_the_store_takes_nothing_with_it(tmp_path: Path) -> None:
    """Somebody tidies up; what is acknowledged is found by the next node, even if this one dies now."""
    path = tmp_path / "house.db"
    async with opened(path) as store:
        await store.write(saying("before"))
        path.with_name("house.db-wal").unlink()
        await store.write(saying("after"))
        copy = tmp_path / "what a dead node leaves" / "house.db"
        copy.parent.mkdir()
        copy.write_bytes(path.read_bytes())
        assert ["before", "after"] == await texts(store)
        await store.write(saying("later"))
        assert ["before", "after", "later"] == await texts(store)
    async with SqliteStore(copy) as next_one:
        assert ["before", "after"] == await texts(next_one)


async def test_a_database_moved_away_takes_no_more_words(tmp_path: Path) -> None:
    """Words written into a file that nobody will find again are not acknowledged; put back, it goes on."""
    path, away = tmp_path / "house.db", tmp_path / "away.db"
    async with opened(path) as store:
        await store.write(saying("before"))
        path.rename(away)
        for word in ("into the moved file", "into none"):
            with pytest.raises(StoreUnavailable):
                await store.write(saying(word))
        assert not path.exists(), "a new, empty store would forget every chat"
        away.rename(path)
        await store.write(saying("after"))
        assert "after" == (await texts(store))[-1]
