"""Stands between the heart and its ports: names the points where a node may die, and dies there when it is told to."""

import os
from collections.abc import Callable, Sequence

from middleware.relay.model import Chat, Event, FlexRef, Message, News, Receipt
from middleware.relay.ports import Bell, Flex, LooksForSent, NamesAgents, Store, T, Unit, View, WebhookRequest

Reach = Callable[[str], None]

POINTS = (
    "before_commit",
    "after_commit",
    "before_write",
    "after_write",
    "before_open",
    "after_open",
    "before_say",
    "after_say",
    "before_find_sent",
    "after_find_sent",
    "before_history",
    "after_history",
    "before_agent_name",
    "after_agent_name",
    "before_ring",
    "after_ring",
    "webhook_read",
)
"""`after_say` lies between the POST and its settling, `after_ring` between the commit and the acknowledgement."""


class Trap:
    """Ends the process, at once and without a word, when a point is reached for the `at`th time."""

    def __init__(self, point: str | None, at: int) -> None:
        self._point = point
        self._left = at

    def reach(self, point: str) -> None:
        """The process is at this point."""
        if point == self._point:
            self._left -= 1
            if self._left <= 0:
                os._exit(77)


class TrappedStore:
    """A store with points around each write."""

    def __init__(self, inner: Store, reach: Reach) -> None:
        self._inner, self._reach = inner, reach

    async def write(self, unit: Unit[T]) -> T:
        """The inner store's write."""
        self._reach("before_write")
        result = await self._inner.write(unit)
        self._reach("after_write")
        return result

    async def read(self, view: View[T]) -> T:
        """The inner store's read."""
        return await self._inner.read(view)


class TrappedFlex:
    """A back end with points around each call."""

    def __init__(self, inner: Flex, reach: Reach) -> None:
        self._inner, self._reach = inner, reach

    async def open(self, chat: Chat) -> FlexRef:
        """The inner back end's."""
        self._reach("before_open")
        ref = await self._inner.open(chat)
        self._reach("after_open")
        return ref

    async def say(self, ref: FlexRef, message: Message) -> Receipt:
        """The inner back end's."""
        self._reach("before_say")
        receipt = await self._inner.say(ref, message)
        self._reach("after_say")
        return receipt

    async def end(self, ref: FlexRef) -> None:
        """The inner back end's."""
        await self._inner.end(ref)

    async def history(self, ref: FlexRef, *, after_index: int) -> list[Event]:
        """The inner back end's."""
        self._reach("before_history")
        events = await self._inner.history(ref, after_index=after_index)
        self._reach("after_history")
        return events

    def read_webhook(self, request: WebhookRequest) -> Event | None:
        """The inner back end's."""
        event = self._inner.read_webhook(request)
        self._reach("webhook_read")
        return event

    async def find_sent(self, ref: FlexRef, message: Message) -> Receipt | None:
        """The inner back end's."""
        assert isinstance(self._inner, LooksForSent)
        self._reach("before_find_sent")
        receipt = await self._inner.find_sent(ref, message)
        self._reach("after_find_sent")
        return receipt

    async def agent_name(self, agent: str) -> str | None:
        """The inner back end's."""
        assert isinstance(self._inner, NamesAgents)
        self._reach("before_agent_name")
        name = await self._inner.agent_name(agent)
        self._reach("after_agent_name")
        return name


class TrappedBell:
    """A bell with points around each ring."""

    def __init__(self, inner: Bell, reach: Reach) -> None:
        self._inner, self._reach = inner, reach

    def ring(self, chat: Chat, news: Sequence[News]) -> None:
        """The inner bell's."""
        self._reach("before_ring")
        self._inner.ring(chat, news)
        self._reach("after_ring")
