"""Brings an SQLite file up to the newest schema by hand; a server does it by itself at its start."""

import time
from pathlib import Path

from middleware.store.errors import StoreRefused
from middleware.store.migrate import migrate, migrations, schema_version
from middleware.store.sqlite_file import OneNode, connect, prepare, unavailable

_WAIT_SECONDS = 5.0
"""How long another process that has the file is waited for: it may be doing the same."""


def upgrade(path: Path) -> tuple[int, int]:
    """The schema's number before and after. Raises `StoreRefused` if a node has the file, or `StoreUnavailable`."""
    prepare(path)
    right = OneNode(path)
    newest = migrations("sqlite")[-1].number
    if not _taken(right):
        if (version := _version(path)) == newest:
            return version, version
        right.take()
    try:
        before = _version(path)
        with unavailable("change its schema"):
            connection = connect(path, query_only=False)
            try:
                migrate(connection, migrations("sqlite"))
                return before, schema_version(connection)
            finally:
                connection.close()
    finally:
        right.give_back()


def _taken(right: OneNode) -> bool:
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            right.take()
        except StoreRefused:
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        else:
            return True


def _version(path: Path) -> int:
    with unavailable("be read"):
        connection = connect(path, query_only=True)
        try:
            return schema_version(connection)
        finally:
            connection.close()
