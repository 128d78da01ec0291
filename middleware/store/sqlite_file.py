"""The database file: who may open it, and how a connection is made."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from middleware.relay.errors import StoreUnavailable
from middleware.store.errors import StoreRefused

PATIENCE = 5.0
"""Seconds to wait for a lock that another process holds on the database."""


def connect(path: Path, *, query_only: bool, patience: float = PATIENCE) -> sqlite3.Connection:
    """A connection to the existing file, durable and without hidden transactions."""
    # mode=rw: a file that went away is an error, not a new empty store. The writer may close a reading connection.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=patience,
        isolation_level=None,
        cached_statements=256,
        check_same_thread=not query_only,
    )
    try:
        _settle_pragmas(connection, query_only=query_only)
    except BaseException:
        connection.close()
        raise
    return connection


def _settle_pragmas(connection: sqlite3.Connection, *, query_only: bool) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreRefused(f"The database's file system offers no write-ahead log (journal mode {mode}): use another.")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")  # where savepoints keep what they may have to bring back
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute(f"PRAGMA query_only = {int(query_only)}")


def prepare(path: Path) -> None:
    """Make the file if it is not there, for its owner only."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreRefused(
            f"The database {path} cannot be written ({error.strerror}): mend its path or rights."
        ) from error


class OneNode:
    """The right of one process to a database file; the operating system takes it back when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the right. Raises `StoreRefused` while another process has it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise StoreRefused(
                f"Another process has {self._path} locked. One SQLite file serves one node:"
                " stop the other process, or give each node one PostgreSQL database to share."
            ) from error
        self._descriptor = descriptor

    def give_back(self) -> None:
        """Give the right back, if taken. The lock file stays: removing it could let two processes in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Place:
    """Where the files of an open database were when it was opened."""

    def __init__(self, path: Path) -> None:
        self._database = path
        self._log = path.with_name(path.name + "-wal")
        self._seen = self._look()

    def kept(self) -> bool:
        """Whether database and log still are the files that were opened."""
        return self._look() == self._seen

    def database_kept(self) -> bool:
        """Whether the database is, whatever became of its log."""
        return self._look()[0] == self._seen[0]

    def _look(self) -> tuple[int | None, int | None]:
        return _identity(self._database), _identity(self._log)


def _identity(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


@contextlib.contextmanager
def unavailable(what: str) -> Iterator[None]:
    """Errors of SQLite inside are `StoreUnavailable`: what failed, and why."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"The store could not {what} ({error}); nothing was changed.") from error
