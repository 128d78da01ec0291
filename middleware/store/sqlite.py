"""The store in one SQLite file, for one node."""

import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, cast

from middleware.relay.errors import StoreUnavailable
from middleware.relay.ports import Reading, Transaction, Unit, View
from middleware.store.batches import LINGER_SECONDS, BatchThread, CrashPoint
from middleware.store.migrate import demand, migrate, migrations
from middleware.store.sqlite_file import PATIENCE, OneNode, connect, prepare
from middleware.store.sqlite_units import Viewing, Writing

T = TypeVar("T")


def _no_crash(_point: str) -> None:
    return None


class SqliteStore:
    """The truth, in a file: units of work share commits, and every commit is on disk before it is acknowledged.

    `patience` is how many seconds to wait for another process that has the file locked. `crash` is called in the
    writing thread with `before_commit` and `after_commit`, for tests that die there. A `guest` may use the file beside
    the node that it belongs to, and neither makes nor migrates it.
    """

    def __init__(
        self, path: str | Path, *, patience: float = PATIENCE, crash: CrashPoint | None = None, guest: bool = False
    ) -> None:
        self._path = Path(path)
        self._right = OneNode(self._path)
        self._guest = guest
        self._patience = patience
        self._crash = crash or _no_crash
        self._writer: BatchThread | None = None
        self._reader: BatchThread | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Make or migrate the file and hold it for this process. Raises `StoreRefused` or `StoreUnavailable`."""
        if not self._guest:
            prepare(self._path)
            self._right.take()
        viewing = Viewing(lambda: connect(self._path, query_only=True, patience=self._patience))
        writing = Writing(self._connect_to_write, path=self._path, viewing=viewing, crash=self._crash)
        self._writer = BatchThread("store-writer", run=writing, close=writing.close, linger=LINGER_SECONDS)
        self._reader = BatchThread("store-reader", run=viewing, close=viewing.close)
        try:
            await self.ping()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what was asked, then close the file; closed already, nothing happens."""
        writer, reader = self._writer, self._reader
        self._writer = self._reader = None
        if reader is not None:
            await reader.stop()
        if writer is not None:
            await writer.stop()
        self._right.give_back()

    async def write(self, unit: Unit[T]) -> T:
        """Run the unit in one transaction; its result comes only once it is on disk."""
        if self._writer is None:
            raise StoreUnavailable("The store is not open.")
        return cast(T, await self._writer.do(unit))

    async def read(self, view: View[T]) -> T:
        """Run the view on one consistent state that holds every finished write."""
        if self._reader is None:
            raise StoreUnavailable("The store is not open.")
        return cast(T, await self._reader.do(view))

    async def ping(self) -> None:
        """Return if the store can be written and read now. Raises `StoreUnavailable`."""
        await self.write(_nothing)
        await self.read(_something)

    def _connect_to_write(self) -> sqlite3.Connection:
        connection = connect(self._path, query_only=False, patience=self._patience)
        try:
            (demand if self._guest else migrate)(connection, migrations("sqlite"))
        except BaseException:
            connection.close()
            raise
        return connection


async def _nothing(_transaction: Transaction) -> None:
    return None


async def _something(reading: Reading) -> None:
    await reading.next_due()
