"""The store in one SQLite file, for one node."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from middleware.relay.errors import StoreUnavailable
from middleware.relay.ports import Outcome, Then, Unit
from middleware.store.batches import LINGER_SECONDS, BatchThread, CrashPoint
from middleware.store.migrate import demand, migrate, migrations
from middleware.store.sql_store import SqlStore
from middleware.store.sqlite_file import PATIENCE, OneNode, connect, prepare
from middleware.store.sqlite_units import Viewing, Writing


class SqliteStore(SqlStore):
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
        self._crash = crash or (lambda _point: None)
        self._writing: BatchThread | None = None

    async def open(self) -> None:
        """Make or migrate the file and hold it for this process. Raises `StoreRefused` or `StoreUnavailable`."""
        if not self._guest:
            prepare(self._path)
            self._right.take()
        viewing = Viewing(lambda: connect(self._path, query_only=True, patience=self._patience))
        writing = Writing(self._connect_to_write, path=self._path, viewing=viewing, crash=self._crash)
        units = BatchThread("store-writer", run=writing, close=writing.close, linger=LINGER_SECONDS)
        self._units = self._writing = units
        self._views = BatchThread("store-reader", run=viewing, close=viewing.close)
        try:
            await self.ping()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what was asked, then close the file; closed already, nothing happens."""
        units, views = self._units, self._views
        self._units = self._writing = self._views = None
        if views is not None:
            await views.stop()
        if units is not None:
            await units.stop()
        self._right.give_back()

    def take(self, unit: Unit[Any], then: Then) -> None:
        """As `write`; what comes of it is told to `then`, once, later, and in the context of whoever asks."""
        if self._writing is None:
            closed = Outcome(error=StoreUnavailable("The store is not open."))
            asyncio.get_running_loop().call_soon(then, closed)
        else:
            self._writing.take(unit, then)

    def _connect_to_write(self) -> sqlite3.Connection:
        connection = connect(self._path, query_only=False, patience=self._patience)
        try:
            (demand if self._guest else migrate)(connection, migrations("sqlite"))
        except BaseException:
            connection.close()
            raise
        return connection
