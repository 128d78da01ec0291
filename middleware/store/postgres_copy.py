"""Copies an SQLite store into an empty PostgreSQL database: everything in one transaction, counted on both sides."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from middleware.store.errors import StoreRefused
from middleware.store.migrate import migrations, schema_version
from middleware.store.postgres_line import Line, outgoing
from middleware.store.postgres_migrate import migrate
from middleware.store.postgres_upgrade import connected
from middleware.store.rows import Row
from middleware.store.sqlite_file import OneNode
from middleware.store.sqlite_file import connect as open_file
from middleware.store.sqlite_file import unavailable as reading

# ruff: noqa: S608 — statements are put together from names of the two schemas and nothing else

TABLES = ("chat", "message", "delivery", "buried", "inbox", "badge")
"""All there is, each behind those that it refers to."""
_COUNTERS = {"chat": "number", "message": "number", "delivery": "id", "inbox": "number"}
_IN_OTHER_WORDS = {
    "delivery": {
        "unsure": "max(unsure, claimed)",
        "due": "CASE WHEN claimed = 1 THEN 0.0 ELSE due END",
        "claimed": "0",
    }
}
"""Nobody has a claimed delivery in hand any more: it is due at once, and Flex is looked at first."""


async def copy(path: Path, dsn: str) -> Mapping[str, int]:
    """How many rows of each table were copied. The target's schema is made first.

    Raises `StoreRefused` while a node has the file, if its schema is not this program's, or if the database holds
    anything; `StoreUnavailable` if either cannot be used. Then nothing was copied.
    """
    with _held(path) as source:
        async with connected(dsn, doing="copy") as line:
            await migrate(line, migrations("postgres"))
            async with line.connection.transaction():
                return await _copied(source, line)


@contextmanager
def _held(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, open for reading and nobody else's meanwhile."""
    if not path.is_file():
        raise StoreRefused(f"There is no file {path}.")
    right = OneNode(path)
    right.take()
    try:
        with reading("be read"), closing(open_file(path, query_only=True)) as source:
            _demand_newest(source)
            source.execute("BEGIN")
            yield source
    finally:
        right.give_back()


def _demand_newest(source: sqlite3.Connection) -> None:
    version, newest = schema_version(source), migrations("sqlite")[-1].number
    if version != newest:
        remedy = "run `python -m middleware migrate` on it" if version < newest else "use the newer program"
        raise StoreRefused(f"The file has schema {version}, this program knows {newest}: {remedy}.")


async def _copied(source: sqlite3.Connection, line: Line) -> dict[str, int]:
    await line.run(f"LOCK TABLE {', '.join(TABLES)} IN EXCLUSIVE MODE")
    for table in TABLES:
        if await line.value(f"SELECT EXISTS (SELECT FROM {table})"):
            raise StoreRefused(
                f"The database is not empty: there is something in its table {table}. Nothing was copied."
            )
    schema = str(await line.value("SELECT current_schema()"))
    counts = {table: await _copy_table(source, line, table, schema=schema) for table in TABLES}
    for table, counter in _COUNTERS.items():
        await line.rows(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{counter}'), $1, true) WHERE $1 > 0",
            (_last_number(source, table, counter),),
        )
    return counts


async def _copy_table(source: sqlite3.Connection, line: Line, table: str, *, schema: str) -> int:
    columns = [str(row[1]) for row in source.execute(f"PRAGMA table_info({table})")]
    chosen = [f"{_IN_OTHER_WORDS.get(table, {}).get(column, column)} AS {column}" for column in columns]
    rows = source.execute(f"SELECT {', '.join(chosen)} FROM {table} ORDER BY rowid")
    await line.connection.copy_records_to_table(
        table, schema_name=schema, columns=columns, records=(tuple(map(outgoing, row)) for row in rows)
    )
    there = int(await line.value(f"SELECT count(*) FROM {table}"))
    (here,) = source.execute(f"SELECT count(*) FROM {table}").fetchone()
    if here != there:
        raise StoreRefused(f"Of {here} rows of the table {table}, {there} arrived. Nothing was copied.")
    return there


def _last_number(source: sqlite3.Connection, table: str, counter: str) -> int:
    """The greatest number ever given: one that was used before must not come again."""
    row: Row = source.execute(f"SELECT coalesce(max({counter}), 0) FROM {table}").fetchone()
    used: Row | None = source.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return max(int(row[0]), int(used[0]) if used else 0)
