"""Which engine holds the truth: one file for one node, or one database for any number; and which bell rings there."""

import asyncio
import os
import socket
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

from middleware.relay.nodes import NodeBell
from middleware.settings import Settings
from middleware.settings_values import database_file
from middleware.store.batches import CrashPoint
from middleware.store.errors import StoreRefused
from middleware.store.sql_store import SqlStore
from middleware.store.sqlite import SqliteStore
from middleware.store.upgrade import upgrade

PATIENCE = 3.0
"""Seconds that a store is waited for: well inside the five that Twilio waits for a webhook's answer."""


class OpenBell(NodeBell, Protocol):
    """A bell between nodes that was opened."""

    async def word(self) -> str:
        """`ok` if this node hears what it rings, else `away`."""


def open_store(settings: Settings, *, crash: CrashPoint | None = None, guest: bool = False) -> SqlStore:
    """The store these settings name, to be entered. A `guest` may use it beside the nodes, and does not migrate it.

    Raises `StoreRefused` if what it needs is not installed.
    """
    if settings.database_path is not None:
        return SqliteStore(settings.database_path, patience=PATIENCE, crash=crash, guest=guest)
    postgres = _with_asyncpg("postgres")
    opened = postgres.PostgresStore(
        settings.database_url.get_secret_value(),
        node=settings.node or f"{socket.gethostname()}:{settings.port or os.getpid()}",
        connections=settings.database_connections,
        patience=PATIENCE,
        crash=crash,
        guest=guest,
    )
    return cast(SqlStore, opened)


async def migrated(url: str) -> tuple[int, int]:
    """Bring the store at this address up to date: its schema before and after. Raises `StoreUnavailable`."""
    if (path := database_file(url)) is not None:
        return await asyncio.to_thread(upgrade, path)
    postgres = _with_asyncpg("postgres_upgrade")
    return cast(tuple[int, int], await postgres.upgrade(url))


async def copied(source: Path, url: str) -> Mapping[str, int]:
    """Copy the SQLite file into the PostgreSQL database: rows of each table. Raises `StoreUnavailable`."""
    if database_file(url) is not None:
        raise StoreRefused("DATABASE_URL names no PostgreSQL database: set it to where the store is to be copied.")
    postgres = _with_asyncpg("postgres_copy")
    return cast(Mapping[str, int], await postgres.copy(source, url))


def open_bell(url: str, *, channel: str) -> AbstractAsyncContextManager[OpenBell]:
    """The bell between nodes at this address, to be entered. Raises `StoreRefused` if its driver is not installed."""
    bell = _needed("middleware.redis_bell", said="REDIS_URL is set", package="redis", extra="redis")
    return cast(AbstractAsyncContextManager[OpenBell], bell.RedisBell(url, channel=channel))


def _with_asyncpg(name: str) -> ModuleType:
    said = "DATABASE_URL names PostgreSQL"
    return _needed(f"middleware.store.{name}", said=said, package="asyncpg", extra="postgres")


def _needed(module: str, *, said: str, package: str, extra: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        raise StoreRefused(
            f"{said}, for which {package} is needed: pip install 'flex-socketio-middleware[{extra}]'."
        ) from error
