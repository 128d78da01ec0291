"""Ports with one guard taken away each: what the harness must see through."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from middleware.relay.inbox import Drafting, Heard
from middleware.relay.model import (
    Chat,
    ChatId,
    Delivery,
    DeliveryKind,
    Draft,
    Event,
    EventKey,
    FlexRef,
    Message,
    News,
    Receipt,
    Said,
)
from middleware.relay.outbox import Onward, Saying, Sent, Written
from middleware.relay.ports import Bell, Flex, Store, T, Transaction, Unit, View, WebhookRequest

_log = logging.getLogger("middleware.broken")


class Around:
    """A transaction, with something different about it, and without short cuts that would go round that."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    async def say_plain(self, sayings: Sequence[Saying]) -> Sequence[Written | None]:
        return [None] * len(sayings)

    async def hear_plain(self, said: Sequence[Said], *, drafting: Drafting) -> Sequence[Heard | None]:
        del drafting
        return [None] * len(said)

    async def settle_plain(self, sent: Sequence[Sent], *, now: float) -> Sequence[Onward | None]:
        del now
        return [None] * len(sent)


class _StoreAround:
    """A store each of whose units gets a transaction of this kind."""

    kind: type[Around]

    def __init__(self, inner: Store) -> None:
        self._inner = inner

    async def write(self, unit: Unit[T]) -> T:
        """With that difference."""
        return await self._inner.write(lambda tx: unit(cast(Transaction, self.kind(tx))))

    async def read(self, view: View[T]) -> T:
        """The inner store's read."""
        return await self._inner.read(view)


def _set(early: "asyncio.Future[Any]", result: object) -> None:
    if not early.done():
        early.set_result(result)


class _Disorderly(Around):
    """Hands out the last delivery a chat owes, not the first."""

    async def claim(self, *, now: float, until: float, limit: int) -> list[Delivery]:
        return [await self._last(one, now=now) for one in await self._tx.claim(now=now, until=until, limit=limit)]

    async def finish_and_claim(self, claimed: Delivery, *, now: float, until: float) -> Onward:
        head, more = await self._tx.finish_and_claim(claimed, now=now, until=until)
        return Onward(None if head is None else await self._last(head, now=now), more)

    async def _last(self, head: Delivery, *, now: float) -> Delivery:
        owed = await self._tx.owed_to(head.chat.id)
        if head.kind is not DeliveryKind.SAY or len(owed) < 2 or owed[-1].kind is not DeliveryKind.SAY:
            return head
        await self._tx.postpone(head, due=now, unsure=False)
        return owed[-1]


class DisorderlyStore(_StoreAround):
    """No heads: a chat's deliveries go out in any order."""

    kind = _Disorderly


class _Forgetful(Around):
    """Knows no event again: neither by its key nor by the place it has taken."""

    async def remember(self, key: EventKey, *, ref: FlexRef, at: float) -> bool:
        await self._tx.remember(key, ref=ref, at=at)
        return True

    async def message_at(self, chat: ChatId, *, index: int) -> None:
        del chat, index


class ForgetfulStore(_StoreAround):
    """Every event is new, however often it comes."""

    kind = _Forgetful


class _Talkative(Around):
    """Logs what was said."""

    async def add_message(self, draft: Draft) -> Message:
        _log.info("A message was added.", extra={"text": draft.text})
        return await self._tx.add_message(draft)


class TalkativeStore(_StoreAround):
    """Writes into the log what nobody should read there."""

    kind = _Talkative


class HastyStore:
    """Acknowledges what is not yet committed."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self._under_way: set[asyncio.Future[Any]] = set()

    async def write(self, unit: Unit[T]) -> T:
        """The result as soon as the unit has run."""
        loop = asyncio.get_running_loop()
        early: asyncio.Future[T] = loop.create_future()

        async def spied(tx: Transaction) -> T:
            result = await unit(tx)
            loop.call_soon_threadsafe(_set, early, result)
            return result

        task = asyncio.ensure_future(self._inner.write(spied))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.wait((early, task), return_when=asyncio.FIRST_COMPLETED)
        return early.result() if early.done() else task.result()

    async def read(self, view: View[T]) -> T:
        """The inner store's read."""
        return await self._inner.read(view)


class BlindFlex:
    """Never looks for what it sent: an unknown outcome is sent again."""

    def __init__(self, inner: Flex) -> None:
        self._inner = inner

    async def open(self, chat: Chat) -> FlexRef:
        """The inner back end's."""
        return await self._inner.open(chat)

    async def say(self, ref: FlexRef, message: Message) -> Receipt:
        """The inner back end's."""
        return await self._inner.say(ref, message)

    async def end(self, ref: FlexRef) -> None:
        """The inner back end's."""
        await self._inner.end(ref)

    async def history(self, ref: FlexRef, *, after_index: int) -> list[Event]:
        """The inner back end's."""
        return await self._inner.history(ref, after_index=after_index)

    def read_webhook(self, request: WebhookRequest) -> Event | None:
        """The inner back end's."""
        return self._inner.read_webhook(request)


class ShortSightedFlex(BlindFlex):
    """Never reads Flex's own list: a webhook that was lost stays lost."""

    async def history(self, ref: FlexRef, *, after_index: int) -> list[Event]:
        """Nothing."""
        del ref, after_index
        return []


class WrongBell:
    """Rings at the door of whoever was rung for before."""

    def __init__(self, inner: Bell) -> None:
        self._inner = inner
        self._last: Chat | None = None

    def ring(self, chat: Chat, news: Sequence[News]) -> None:
        """Tell the neighbour."""
        other, self._last = self._last or chat, chat
        self._inner.ring(replace(chat, id=other.id, visitor=other.visitor), news)
