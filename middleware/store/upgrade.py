"""Brings an SQLite file up to the newest schema by hand; a server does it by itself at its start."""

import time
from contextlib import closing
from pathlib import Path

from middleware.store.errors import StoreRefused
from middleware.store.migrate import migrate, migrations, schema_version
from middleware.store.sqlite_file import OneNode, connect, prepare, unavailable


def upgrade(path: Path, *, patience: float = 5.0) -> tuple[int, int]:
    """The schema's number before and after. A node that has the file has migrated it already.

    Raises `StoreRefused` if whoever has it has not, and keeps it for so many seconds; or `StoreUnavailable`.
    """
    prepare(path)
    right = OneNode(path)
    newest = migrations("sqlite")[-1].number
    until = time.monotonic() + patience
    while not _taken(right):
        if _version(path) == newest:
            return newest, newest
        if time.monotonic() > until:
            right.take()
            break
        time.sleep(0.05)
    try:
        before = _version(path)
        with unavailable("change its schema"), closing(connect(path, query_only=False)) as connection:
            migrate(connection, migrations("sqlite"))
            return before, schema_version(connection)
    finally:
        right.give_back()


def _taken(right: OneNode) -> bool:
    try:
        right.take()
    except StoreRefused:
        return False
    return True


def _version(path: Path) -> int:
    with unavailable("be read"), closing(connect(path, query_only=True)) as connection:
        return schema_version(connection)
