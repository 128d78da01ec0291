"""Which engine holds the truth: one file for one node, or one database for any number of them."""

import os
import socket
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Protocol, cast

from middleware.relay.ports import Store
from middleware.settings import Settings
from middleware.store.batches import CrashPoint
from middleware.store.errors import StoreRefused
from middleware.store.sqlite import SqliteStore

PATIENCE = 3.0
"""Seconds that a store is waited for: well inside the five that Twilio waits for a webhook's answer."""


class OpenStore(Store, Protocol):
    """A store that was opened."""

    async def ping(self) -> None:
        """Return if the store can be written and read now. Raises `StoreUnavailable`."""


def open_store(
    settings: Settings, *, crash: CrashPoint | None = None, guest: bool = False
) -> AbstractAsyncContextManager[OpenStore]:
    """The store these settings name, to be entered. A `guest` may use it beside the nodes, and does not migrate it.

    Raises `StoreRefused` if what it needs is not installed.
    """
    if settings.database_path is not None:
        return SqliteStore(settings.database_path, patience=PATIENCE, crash=crash, guest=guest)
    try:
        postgres = import_module("middleware.store.postgres")
    except ImportError as error:
        raise StoreRefused(
            "DATABASE_URL names PostgreSQL, for which asyncpg is needed:"
            " pip install 'flex-socketio-middleware[postgres]'."
        ) from error
    opened = postgres.PostgresStore(
        settings.database_url.get_secret_value(),
        node=settings.node or f"{socket.gethostname()}:{settings.port or os.getpid()}",
        connections=settings.database_connections,
        patience=PATIENCE,
        crash=crash,
        guest=guest,
    )
    return cast(AbstractAsyncContextManager[OpenStore], opened)
