"""The database file: who may open it, and what is said to those who may not."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from middleware.relay.errors import StoreUnavailable
from middleware.store.errors import StoreRefused
from middleware.store.sqlite import SqliteStore
from tests.store.scenes import opened, outsider, saying, texts

NOBODY = 65534


@pytest.fixture
def unprivileged(tmp_path: Path) -> Iterator[None]:
    """Be somebody whom file rights bind."""
    user = os.geteuid()
    if user == 0:
        for folder in (tmp_path, *tmp_path.parents[:2]):
            folder.chmod(0o755)
        os.seteuid(NOBODY)
    yield
    os.seteuid(user)


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


@pytest.mark.usefixtures("unprivileged")
async def test_a_folder_without_rights_is_refused_with_its_name(tmp_path: Path) -> None:
    """The commonest fault of a first deployment: a volume that belongs to somebody else."""
    path = tmp_path / "house.db"
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
    """The log's journal mode is kept in the file; every connection of ours flushes at each commit."""
    path = tmp_path / "house.db"
    async with opened(path) as store:
        other = outsider(path)
        assert "wal" == other.execute("PRAGMA journal_mode").fetchone()[0]
        other.close()
        await store.ping()
