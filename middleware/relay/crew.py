"""A crew: so many pieces of work at once, and no more."""

import asyncio
from collections.abc import Coroutine
from contextvars import copy_context
from typing import Any

from middleware.relay.model import ChatId
from middleware.relay.subject import context_about


class Crew:
    """Runs work in tasks that it holds."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._under_way: set[asyncio.Task[None]] = set()
        self._origin = copy_context()
        self._loop = asyncio.get_running_loop()

    @property
    def room(self) -> int:
        """How much more may be started now."""
        return self._size - len(self._under_way)

    def start(self, work: Coroutine[Any, Any, None], *, chat: ChatId) -> None:
        """Begin a piece of work on this chat. What else its caller is about is not what it is about."""
        task = self._loop.create_task(work, context=context_about(self._origin, chat=chat))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def idle(self) -> None:
        """Wait until nothing is under way; cancelled, it cancels what is."""
        try:
            while self._under_way:
                await asyncio.wait(self._under_way)
        except asyncio.CancelledError:
            await self.cancel()
            raise

    async def cancel(self) -> None:
        """Cancel what is under way, and wait for its end."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
