"""Numbered migrations: which there are, and bringing an SQLite database up to the newest."""

import re
import sqlite3
from dataclasses import dataclass
from importlib import resources

from middleware.store.errors import StoreRefused


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema. Programs that know step `beside` can work with it: their nodes may run on meanwhile."""

    number: int
    name: str
    script: str

    @property
    def beside(self) -> int:
        """The number in the script's line `-- Programs that know step N may run beside it.`; without one, its own."""
        found = re.search(r"^-- Programs that know step (\d+) may run beside it\.$", self.script, re.MULTILINE)
        return self.number if found is None else int(found[1])


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


def demand(connection: sqlite3.Connection, steps: list[Migration]) -> None:
    """Change nothing. Raises `StoreRefused` unless the schema is the newest."""
    version = schema_version(connection)
    if version != steps[-1].number:
        raise StoreRefused(
            f"The database has schema {version}, this program knows {steps[-1].number}: use the server's."
        )


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
