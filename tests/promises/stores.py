"""Every store there is, opened for a test, and small chats to put into it."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg

from middleware.relay.model import (
    AskId,
    Author,
    Chat,
    ChatId,
    DeliveryId,
    DeliveryKind,
    Draft,
    FlexRef,
    Message,
    MessageStatus,
    VisitorId,
)
from middleware.relay.ports import Store, Transaction, Unit
from middleware.store.postgres import PostgresStore
from middleware.store.sqlite import SqliteStore
from tests.servers.postgres import Postgres

Opener: TypeAlias = Callable[[Path], AbstractAsyncContextManager[Store]]

ADA = VisitorId("ada")
BOB = VisitorId("bob")
CHAT = Chat(ChatId("chat-of-ada"), ADA, opened_at=10.0)
OTHER = Chat(ChatId("chat-of-bob"), BOB, opened_at=11.0)
REF = FlexRef("ref-of-ada")


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[Store]:
    async with SqliteStore(folder / "house.db") as store:
        yield store


@asynccontextmanager
async def postgres(server: Postgres, folder: Path, **options: Any) -> AsyncIterator[PostgresStore]:
    dsn = await dsn_of(server, folder)
    async with PostgresStore(dsn, **{"node": "one", "connections": 6, **options}) as store:
        yield store


async def dsn_of(server: Postgres, folder: Path) -> str:
    """A schema of its own for each folder."""
    schema = "t" + hashlib.sha256(str(folder).encode()).hexdigest()[:20]
    connection = await asyncpg.connect(server.dsn())
    try:
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    finally:
        await connection.close()
    return server.dsn(schema=schema)


ENGINES = ("sqlite", "postgres")
"""Each gives the same store again for the same folder."""


def said(text: str, *, ask: str | None = None, status: MessageStatus = MessageStatus.SENDING) -> Draft:
    """Something Ada says."""
    return Draft(CHAT.id, Author.VISITOR, text, at=20.0, status=status, ask=None if ask is None else AskId(ask))


def adding(draft: Draft) -> Unit[Message]:
    """The unit that adds this draft."""
    return lambda tx: tx.add_message(draft)


def owing(message: Message) -> Unit[DeliveryId | None]:
    """The unit that owes this message to Flex."""
    return lambda tx: tx.owe(message.chat, DeliveryKind.SAY, due=100.0, message=message.id)


async def two_chats(tx: Transaction) -> None:
    """A unit: Ada and Bob each have a chat."""
    await tx.add_chat(CHAT)
    await tx.add_chat(OTHER)


async def three_owed(tx: Transaction) -> None:
    """A unit: Ada's chat owes its opening, a message and its end, due from 100."""
    await two_chats(tx)
    message = await tx.add_message(said("hello"))
    await tx.owe(CHAT.id, DeliveryKind.OPEN, due=100.0)
    await tx.owe(CHAT.id, DeliveryKind.SAY, due=100.0, message=message.id)
    await tx.owe(CHAT.id, DeliveryKind.END, due=100.0)
