"""Runs units of work: many in one commit, each whole or not at all."""

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

from middleware.relay.errors import StoreUnavailable
from middleware.relay.ports import Outcome
from middleware.store.batches import CrashPoint, Work, kind_of, own
from middleware.store.errors import RuleBroken
from middleware.store.reading import SqlReading
from middleware.store.sqlite_file import Place, unavailable
from middleware.store.sqlite_statements import SqliteStatements
from middleware.store.sqlite_transaction import SqliteTransaction

log = logging.getLogger(__name__)

Connect: TypeAlias = Callable[[], sqlite3.Connection]
_Run: TypeAlias = Callable[[sqlite3.Connection, Sequence[Work], SqliteTransaction], Sequence[Outcome]]


class _Lost(Exception):
    """The whole transaction is lost, or must be, for what happened in one unit."""


class _Connected:
    """A connection made when it is needed, and made anew after a failure."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None

    def connected(self) -> sqlite3.Connection:
        """The connection."""
        if self._connection is None:
            with unavailable("open the database"):
                self._connection = self._connect()
        return self._connection

    def close(self) -> None:
        """Close the connection; an unfinished transaction is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()


class Viewing(_Connected):
    """Runs views on one state; called with a batch. That state holds every write finished before."""

    def __init__(self, connect: Connect) -> None:
        super().__init__(connect)
        self._under_way = threading.Lock()

    def __call__(self, views: Sequence[Work]) -> Sequence[Outcome]:
        """What each view read. Raises `StoreUnavailable` if nothing can be read."""
        with self._under_way:
            connection = self.connected()
            try:
                with unavailable("read"):
                    connection.execute("BEGIN")
                    reading = SqlReading(SqliteStatements(connection))
                    outcomes = [_run_view(view, reading) for view in views]
                    connection.execute("COMMIT")
            except StoreUnavailable:
                self.close()
                raise
        return outcomes

    def let_go(self) -> None:
        """Close the connection from another thread, between two batches."""
        with self._under_way:
            self.close()


class Writing(_Connected):
    """Runs units and commits them; called with a batch."""

    def __init__(self, connect: Connect, *, path: Path, viewing: Viewing, crash: CrashPoint) -> None:
        super().__init__(connect)
        self._path = path
        self._viewing = viewing
        self._crash = crash
        self._place: Place | None = None

    def __call__(self, units: Sequence[Work]) -> Sequence[Outcome]:
        """Each unit is committed, or has an error; parts of a kind that stand together are done together.

        Raises `StoreUnavailable` if none was begun.
        """
        for run in (_run_together, _run_guarded):
            with contextlib.suppress(_Lost):
                return self._together(units, run=run)
        return self._one_by_one(units)

    def _together(self, units: Sequence[Work], *, run: _Run) -> Sequence[Outcome]:
        connection = self._begun()
        transaction = SqliteTransaction(SqliteStatements(connection))
        try:
            outcomes = run(connection, units, transaction)
        except _Lost:
            self._roll_back(connection)
            raise
        except sqlite3.Error as error:
            self.close()
            raise _Lost(str(error)) from error
        try:
            with unavailable("commit"):
                self._crash("before_commit")
                connection.execute("COMMIT")
                self._find_again(connection)
        except StoreUnavailable as error:
            self.close()
            return [Outcome(error=own(error)) for _ in units]
        self._crash("after_commit")
        return outcomes

    def _begun(self) -> sqlite3.Connection:
        connection = self.connected()
        try:
            with unavailable("begin to write"):
                connection.execute("BEGIN IMMEDIATE")
                self._place = self._place or Place(self._path)
        except StoreUnavailable:
            self.close()
            raise
        return connection

    def _find_again(self, connection: sqlite3.Connection) -> None:
        """A commit in a file that was removed meanwhile is gone with this process: bring it to where it is found."""
        if self._place is None or self._place.kept():
            return
        found = self._place.database_kept()
        self._viewing.let_go()
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        self.close()
        log.error(
            "The database's files were moved or removed under the open store.", extra={"saved": found and not busy}
        )
        if busy or not found:
            raise StoreUnavailable(f"The store's file {self._path} was moved or removed; put it back.")

    def close(self) -> None:
        """Close the connection; an unfinished transaction is rolled back."""
        super().close()
        self._place = None

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self.close()

    def _one_by_one(self, units: Sequence[Work]) -> Sequence[Outcome]:
        """Each unit in a transaction of its own, so that only those are lost that cannot be written."""
        outcomes: list[Outcome] = []
        for unit in units:
            try:
                outcomes += self._together([unit], run=_run_guarded)
            except _Lost as lost:
                error = StoreUnavailable(f"The store could not write ({lost}); nothing was changed.")
                outcomes.append(Outcome(error=error))
            except StoreUnavailable as error:
                return outcomes + [Outcome(error=own(error)) for _ in units[len(outcomes) :]]
        return outcomes


def _run_together(
    connection: sqlite3.Connection, units: Sequence[Work], transaction: SqliteTransaction
) -> Sequence[Outcome]:
    """Run units that are expected not to fail after they have written: without the price of savepoints."""
    outcomes: list[Outcome] = []
    for kind, alike in groupby(units, kind_of):
        if kind is None:
            outcomes += [_run_bare(connection, unit, transaction) for unit in alike]
        else:
            outcomes += _run_parts(connection, kind, list(alike), transaction)
    return outcomes


def _run_parts(
    connection: sqlite3.Connection, together: Callable[..., Any], parts: Sequence[Any], transaction: SqliteTransaction
) -> Sequence[Outcome]:
    """What fails for one of them fails for all, and then each must be run alone."""
    try:
        outcomes = [Outcome(value) for value in _finish(together(transaction, [part.item for part in parts]))]
    except BaseException as error:
        raise _Lost(str(error)) from error
    _demand_transaction(connection)
    return outcomes


def _run_bare(connection: sqlite3.Connection, unit: Work, transaction: SqliteTransaction) -> Outcome:
    changes = connection.total_changes
    try:
        outcome = Outcome(_finish(unit(transaction)))
    except BaseException as error:
        if connection.total_changes != changes:
            raise _Lost(str(error)) from error
        outcome = Outcome(error=_told(error))
    _demand_transaction(connection)
    return outcome


def _demand_transaction(connection: sqlite3.Connection) -> None:
    if not connection.in_transaction:
        raise _Lost("the transaction was rolled back")


def _run_guarded(
    connection: sqlite3.Connection, units: Sequence[Work], transaction: SqliteTransaction
) -> Sequence[Outcome]:
    """Run units that may fail at any point, each alone: what such a one wrote is taken back."""
    return [_run_saved(connection, unit, transaction) for unit in units]


def _run_saved(connection: sqlite3.Connection, unit: Work, transaction: SqliteTransaction) -> Outcome:
    connection.execute("SAVEPOINT unit")
    try:
        value = _finish(unit(transaction))
    except BaseException as error:
        if not connection.in_transaction:
            raise _Lost(str(error)) from error
        connection.execute("ROLLBACK TO unit")
        connection.execute("RELEASE unit")
        return Outcome(error=_told(error))
    connection.execute("RELEASE unit")
    return Outcome(value)


def _run_view(view: Work, reading: SqlReading) -> Outcome:
    try:
        return Outcome(_finish(view(reading)))
    except BaseException as error:  # noqa: BLE001 — whatever it is, it belongs to the view's caller
        return Outcome(error=_told(error))


def _finish(awaitable: Any) -> Any:
    """Drive a coroutine that never suspends to its end, without an event loop."""
    steps = awaitable.__await__()
    try:
        next(steps)
    except StopIteration as end:
        return end.value
    steps.close()
    raise RuntimeError("A unit of work awaited something else than its transaction.")


def _told(error: BaseException) -> BaseException:
    match error:
        case sqlite3.IntegrityError():
            told: BaseException = RuleBroken(f"A rule of the store was broken ({error}); nothing was changed.")
        case sqlite3.ProgrammingError():
            return error
        case sqlite3.Error():
            told = StoreUnavailable(f"The store failed ({error}); nothing was changed.")
        case _:
            return error
    told.__cause__ = error
    return told
