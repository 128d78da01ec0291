"""What the store's tests share: one chat, and a way to look at the file from outside."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from middleware.relay.model import AskId, Author, Chat, ChatId, DeliveryKind, Draft, Message, MessageStatus, VisitorId
from middleware.relay.ports import Store, Transaction, Unit
from middleware.store.sqlite import SqliteStore

CHAT = Chat(ChatId("chat-of-ada"), VisitorId("ada"), opened_at=10.0)
SECONDS = 30.0
"""How long a condition is waited for before the test gives up."""


async def open_chat(tx: Transaction) -> None:
    """A unit: Ada has a chat."""
    await tx.add_chat(CHAT)


def saying(text: str) -> Unit[Message]:
    """A unit: Ada says something, once; it is owed to Flex."""

    async def unit(tx: Transaction) -> Message:
        known = await tx.message_of(CHAT.visitor, ask=AskId(text))
        if known is not None:
            return known
        draft = Draft(CHAT.id, Author.VISITOR, text, at=20.0, status=MessageStatus.SENDING, ask=AskId(text))
        message = await tx.add_message(draft)
        await tx.owe(CHAT.id, DeliveryKind.SAY, due=20.0, message=message.id)
        return message

    return unit


async def texts(store: Store) -> list[str]:
    """All that Ada has said."""
    messages = await store.read(lambda view: view.messages_after(CHAT.id, seq=0, limit=100_000))
    return [message.text for message in messages]


@asynccontextmanager
async def opened(path: Path, *, patience: float = SECONDS) -> AsyncIterator[SqliteStore]:
    """A store with Ada's chat."""
    async with SqliteStore(path, patience=patience) as store:
        await store.write(open_chat)
        yield store


def outsider(path: Path) -> sqlite3.Connection:
    """Another program that has the file open."""
    return sqlite3.connect(path, isolation_level=None, timeout=0)


async def eventually(condition: Callable[[], bool]) -> None:
    """Return once the condition holds, while the loop goes on."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 — what is waited for happens in another thread
            await asyncio.sleep(0)
