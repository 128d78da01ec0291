"""Statements, run on an SQLite connection."""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain

from middleware.store.rows import Row

_TOGETHER = (32, 8, 2, 1)
"""How many rows are added by one statement: so few sizes, so that each is prepared once."""


class SqliteStatements:
    """The `Statements` of one connection; its methods never suspend."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def rows(self, statement: str, parameters: Row = ()) -> list[Row]:
        """All of them, because a statement that has not come to its end keeps its transaction open."""
        return self._execute(statement, parameters).fetchall()

    async def count(self, statement: str, parameters: Row = ()) -> int:
        """How many rows it wrote."""
        return self._execute(statement, parameters).rowcount

    async def insert(self, statement: str, parameters: Row) -> int:
        """The number that the row was given."""
        return self._execute(statement, parameters).lastrowid or 0

    async def many(self, statement: str, parameters: Iterable[Row]) -> None:
        """Run it once for each of these, if there are any."""
        self._demand_transaction()
        self._connection.executemany(statement, parameters)

    async def add(self, table: str, row: str, rows: Sequence[Row]) -> None:
        """Add rows, many in a statement: each costs less than one of its own. `table` ends with `VALUES`."""
        self._demand_transaction()
        at = 0
        for many in _TOGETHER:
            while len(rows) - at >= many:
                values = chain.from_iterable(rows[at : at + many])
                self._connection.execute(f"{table} {', '.join([row] * many)}", tuple(values))
                at += many

    def _execute(self, statement: str, parameters: Row) -> sqlite3.Cursor:
        self._demand_transaction()
        return self._connection.execute(statement, parameters)

    def _demand_transaction(self) -> None:
        """After some errors (a full disk) SQLite has rolled back; what follows must not be written on its own."""
        if not self._connection.in_transaction:
            raise sqlite3.OperationalError("the transaction was rolled back")
