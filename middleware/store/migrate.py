"""Numbered migrations: which there are, and bringing an SQLite database up to the newest."""

import sqlite3
from dataclasses import dataclass
from importlib import resources

from middleware.store.errors import StoreRefused


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    script: str


def migrations(dialect: str) -> list[Migration]:
    """The steps for this dialect, in order: files `NNNN_what.sql` and `NNNN_what.<dialect>.sql`."""
    found = []
    for file in resources.files("middleware.store").joinpath("schema").iterdir():
        stem, *of = file.name.removesuffix(".sql").split(".")
        if file.name.endswith(".sql") and of in ([], [dialect]):
            number, _, name = stem.partition("_")
            found.append(Migration(int(number), name, file.read_text(encoding="utf-8")))
    return sorted(found, key=lambda migration: migration.number)


def migrate(connection: sqlite3.Connection, steps: list[Migration]) -> None:
    """Apply what is missing, each step whole or not at all. Raises `StoreRefused` for a newer schema."""
    version = schema_version(connection)
    newest = steps[-1].number
    if version > newest:
        raise StoreRefused(
            f"The database has schema {version}, this program knows {newest}: start the newer program, or a backup."
        )
    for step in steps:
        if step.number > version:
            _apply(connection, step)


def schema_version(connection: sqlite3.Connection) -> int:
    """The number of the last step applied; 0 for an empty database."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _apply(connection: sqlite3.Connection, step: Migration) -> None:
    try:
        connection.executescript(f"BEGIN IMMEDIATE;\n{step.script}\nPRAGMA user_version = {step.number};\nCOMMIT;")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
