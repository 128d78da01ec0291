"""The night watch: reads Flex's own list where something may have been missed, and fills in what is."""

import asyncio
import logging

from middleware.relay.decide import Pace
from middleware.relay.errors import ChatGone, FlexError, StoreUnavailable
from middleware.relay.in_order import Accepted, accept_history
from middleware.relay.model import Chat, ChatEnded, ChatState, Ender, Event, News
from middleware.relay.ports import Clock, Flex, Reading, Store, Transaction, Wake
from middleware.relay.to_visitor import ToVisitor

log = logging.getLogger(__name__)

_ROUND = 0.5
"""Seconds between two rounds: the resolution of a planned look."""
_SLOWEST = 3600.0
"""Seconds between two looks at a chat that has been silent for long."""


class Sweep:
    """Looks back at chats: soon after a hole or an end, now and then while they are open."""

    def __init__(
        self, store: Store, *, flex: Flex, to_visitor: ToVisitor, clock: Clock, pace: Pace, wake: Wake
    ) -> None:
        self._store = store
        self._flex = flex
        self._to_visitor = to_visitor
        self._clock = clock
        self._pace = pace
        self._wake = wake
        self._stopped = asyncio.Event()

    async def recover(self) -> None:
        """Plan a look at every open chat: this node was away."""
        now = self._clock.now()
        await self._store.write(lambda tx: tx.watch_open(at=now))

    async def run(self) -> None:
        """Look until stopped."""
        while not self._stopped.is_set():
            if not await self.round():
                await self._pause()

    def stop(self) -> None:
        """End `run` after the looks under way."""
        self._stopped.set()

    async def round(self) -> int:
        """Look at every chat that is due, as many at once as deliveries; how many."""
        now = self._clock.now()
        try:
            chats = await self._store.write(
                lambda tx: tx.chats_to_look_at(now=now, until=now + self._pace.lease, limit=self._pace.at_once)
            )
        except StoreUnavailable as error:
            log.warning("Could not plan looks.", extra={"reason": str(error)})
            return 0
        await asyncio.gather(*(self._one(chat) for chat in chats))
        return len(chats)

    async def look(self, chat: Chat) -> None:
        """Read Flex's list of this chat and apply what is missing here. Raises `FlexError` but for `ChatGone`."""
        if chat.ref is None:
            return
        try:
            events = await self._flex.history(chat.ref, after_index=chat.next_index - 1)
        except ChatGone:
            await self._gone(chat)
        else:
            await self._fill_in(chat, events)

    async def _one(self, chat: Chat) -> None:
        try:
            await self.look(chat)
        except (FlexError, StoreUnavailable) as error:
            log.warning("Could not look back.", extra={"chat": chat.id, "reason": str(error)})
        except Exception:
            log.exception("A look back failed in an unforeseen way.", extra={"chat": chat.id})

    async def _fill_in(self, chat: Chat, events: list[Event]) -> None:
        now = self._clock.now()

        async def unit(tx: Transaction) -> Accepted:
            accepted = await accept_history(tx, chat.id, events=events, now=now)
            await self._plan(tx, chat, now=now)
            return accepted

        accepted = await self._store.write(unit)
        if accepted.news:
            log.info("Missed news were filled in.", extra={"chat": chat.id, "news": len(accepted.news)})
            self._wake()
        self._to_visitor.tell(accepted.chat, accepted.news)

    async def _plan(self, tx: Transaction, chat: Chat, *, now: float) -> None:
        """The longer a chat has been silent, the later the next look; none after the look that follows its end."""
        await tx.watch(chat.id, at=None)
        current = await tx.chat(chat.id)
        if current is None or chat.state is ChatState.ENDED:
            return
        silence = now - await _last_heard(tx, current)
        await tx.watch(chat.id, at=now + max(self._pace.look_back, min(silence / 4, _SLOWEST)))

    async def _gone(self, chat: Chat) -> None:
        now = self._clock.now()

        async def unit(tx: Transaction) -> list[News]:
            await tx.watch(chat.id, at=None)
            return [ChatEnded(Ender.FLEX)] if await tx.end_chat(chat.id, by=Ender.FLEX, at=now) else []

        self._to_visitor.tell(chat, await self._store.write(unit))

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._stopped.wait(), timeout=_ROUND)
        except TimeoutError:
            return


async def _last_heard(store: Reading, chat: Chat) -> float:
    newest = await store.messages_after(chat.id, seq=chat.last_seq - 1, limit=1)
    return newest[0].at if newest else chat.opened_at
