"""Many writers on one store, and what must be true of it afterwards."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from middleware.relay.errors import StoreUnavailable
from middleware.relay.model import Delivery, DeliveryKind, Message
from middleware.relay.ports import Store, Transaction
from tests.store.scenes import CHAT, saying
from tests.waiting import DEADLINE, until


class Crowd:
    """Writers who say one thing after the other, each until it is acknowledged, for as long as the block runs."""

    def __init__(self, store: Store, *, writers: int) -> None:
        self.acknowledged: list[str] = []
        self.refused = 0
        self._store = store
        self._writers = writers
        self._numbers = itertools.count()
        self._stopping = False

    async def until(self, more: int) -> None:
        """Wait until so many more are acknowledged: the store can be written."""
        enough = len(self.acknowledged) + more
        await until(lambda: len(self.acknowledged) >= enough, what=f"{more} more to be acknowledged")

    async def refusals(self, more: int) -> None:
        """Wait until so many more were refused: the trouble is felt."""
        enough = self.refused + more
        await until(lambda: self.refused >= enough, what=f"{more} more to be refused")

    async def _write(self) -> None:
        while not self._stopping:
            text = f"text {next(self._numbers)}"
            while True:
                try:
                    await self._store.write(saying(text))
                except StoreUnavailable:
                    self.refused += 1
                    await asyncio.sleep(0.01)
                    continue
                self.acknowledged.append(text)
                break

    @asynccontextmanager
    async def writing(self) -> AsyncIterator["Crowd"]:
        """While the block runs, they write; then everything they began is acknowledged."""
        tasks = [asyncio.create_task(self._write()) for _ in range(self._writers)]
        try:
            yield self
            self._stopping = True
            async with asyncio.timeout(DEADLINE):
                await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)


async def check(store: Store, acknowledged: Sequence[str]) -> None:
    """Everything acknowledged is there, once, in a place of its own, and owed once."""
    messages, owed = await _found(store)
    texts = [message.text for message in messages]
    assert sorted(acknowledged) == sorted(texts), "lost, or written twice"
    assert list(range(1, len(texts) + 1)) == [message.seq for message in messages]
    assert texts == [delivery.message.text for delivery in owed if delivery.message], "owed in another order"


async def _found(store: Store) -> tuple[list[Message], list[Delivery]]:
    async def everything(tx: Transaction) -> tuple[list[Message], list[Delivery]]:
        messages = await tx.messages_after(CHAT.id, seq=0, limit=1_000_000)
        return messages, [each for each in await tx.owed_to(CHAT.id) if each.kind is DeliveryKind.SAY]

    async with asyncio.timeout(DEADLINE):
        while True:
            with suppress(StoreUnavailable):
                return await store.write(everything)
