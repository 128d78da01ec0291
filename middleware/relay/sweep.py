"""The night watch: reads Flex's own list where something may have been missed, and fills in what is."""

import asyncio
import logging
from contextlib import suppress

from middleware.relay.applying import GAP_PATIENCE
from middleware.relay.crew import Crew
from middleware.relay.decide import Pace
from middleware.relay.errors import ChatGone, FlexError, StoreUnavailable
from middleware.relay.hands import Hands, tell_hands
from middleware.relay.in_order import Accepted, accept_history
from middleware.relay.meters import UNCOUNTED, Meters
from middleware.relay.model import Chat, ChatEnded, ChatState, Ender, Event, News
from middleware.relay.ports import Clock, Flex, Reading, Store, Transaction
from middleware.relay.to_visitor import ToVisitor

log = logging.getLogger(__name__)

_ROUND = 0.5
"""Seconds between two rounds: the resolution of a planned look."""
_SLOWEST = 3600.0
"""Seconds between two looks at a chat that has been silent for long."""
_SHARE = 4
"""Of so many calls that Flex is asked at once, one is a look. It reads up to three things, and what visitors say must
not stand in line behind looks at ten thousand chats."""


class Sweep:
    """Looks back at chats: soon after a hole or an end, now and then while they are open."""

    def __init__(
        self,
        store: Store,
        *,
        flex: Flex,
        to_visitor: ToVisitor,
        clock: Clock,
        pace: Pace,
        hands: Hands,
        meters: Meters = UNCOUNTED,
    ) -> None:
        self._store = store
        self._flex = flex
        self._to_visitor = to_visitor
        self._clock = clock
        self._pace = pace
        self._hands = hands
        self._meters = meters
        self._stopped = asyncio.Event()
        self._crew = Crew(max(1, pace.at_once // _SHARE))

    async def recover(self) -> None:
        """Plan a look at every open chat: this node was away."""
        now = self._clock.now()
        await self._store.write(lambda tx: tx.watch_open(at=now))

    async def run(self) -> None:
        """Look until stopped; ends after the looks under way."""
        while not self._stopped.is_set():
            try:
                await self.round()
            except Exception:
                log.exception("A round of looks failed in an unforeseen way.")
            await self._pause()
        await self.idle()

    def stop(self) -> None:
        """Begin no more looks."""
        self._stopped.set()

    async def round(self) -> int:
        """Begin a look at every chat that is due, as far as there is room; how many."""
        now, room = self._clock.now(), self._crew.room
        if room == 0:
            return 0
        try:
            chats = await self._store.write(
                lambda tx: tx.chats_to_look_at(now=now, until=now + self._pace.lease, limit=room)
            )
        except StoreUnavailable as error:
            log.warning("Could not plan looks.", extra={"reason": str(error)})
            return 0
        for chat in chats:
            self._crew.start(self._one(chat), chat=chat.id)
        return len(chats)

    async def idle(self) -> None:
        """Wait until no look is under way."""
        await self._crew.idle()

    async def look(self, chat: Chat) -> None:
        """Read Flex's list of this chat and apply what is missing here. Raises `FlexError` but for `ChatGone`."""
        if chat.ref is None:
            return
        began = self._clock.now()
        try:
            events = await self._flex.history(chat.ref, after_index=chat.next_index - 1)
        except ChatGone:
            await self._gone(chat)
        else:
            await self._fill_in(chat, events, began=began)

    async def _one(self, chat: Chat) -> None:
        try:
            await self.look(chat)
        except (FlexError, StoreUnavailable) as error:
            log.warning("Could not look back.", extra={"chat": chat.id, "reason": str(error)})
            await self._look_again(chat)
        except Exception:
            log.exception("A look back failed in an unforeseen way.", extra={"chat": chat.id})

    async def _look_again(self, chat: Chat) -> None:
        """Sooner than the lease of the look that failed runs out; if the store cannot be written, then."""
        again = self._clock.now() + self._pace.backoff_most
        with suppress(StoreUnavailable):
            await self._store.write(lambda tx: tx.watch(chat.id, at=again))

    async def _fill_in(self, chat: Chat, events: list[Event], *, began: float) -> None:
        now = self._clock.now()

        async def unit(tx: Transaction) -> Accepted:
            accepted = await accept_history(tx, chat, events=events, began=began, now=now)
            await self._plan(tx, chat, now=now)
            return accepted

        accepted = await self._store.write(unit)
        if accepted.news:
            log.info("Missed news were filled in.", extra={"chat": chat.id, "news": len(accepted.news)})
            self._meters.filled_in(len(accepted.news))
        self._to_visitor.tell(accepted.chat, accepted.news)
        tell_hands(self._hands, accepted.chat, accepted.news, owing=accepted.owing)

    async def _plan(self, tx: Transaction, chat: Chat, *, now: float) -> None:
        """When to look again; `chat` is as it was when this look began."""
        await tx.watch(chat.id, at=None)
        current = await tx.chat(chat.id)
        if current is not None:
            wait = await self._wait(tx, current, ended_before=chat.state is ChatState.ENDED, now=now)
            if wait is not None:
                await tx.watch(chat.id, at=now + wait)

    async def _wait(self, tx: Transaction, chat: Chat, *, ended_before: bool, now: float) -> float | None:
        """Soon while something is held; once more after an end; else the rarer, the longer the chat has been silent.

        What an ended chat still holds after an hour of looking was removed at Flex.
        """
        held_since = None if chat.ref is None else await tx.held_since(chat.ref)
        ended = chat.state is ChatState.ENDED
        if held_since is not None and not (ended and now - held_since > _SLOWEST):
            return max(GAP_PATIENCE, min((now - held_since) / 2, _SLOWEST))
        if ended:
            return None if ended_before else GAP_PATIENCE
        silence = now - await _last_heard(tx, chat)
        return max(self._pace.look_back, min(silence / 4, _SLOWEST))

    async def _gone(self, chat: Chat) -> None:
        now = self._clock.now()

        async def unit(tx: Transaction) -> list[News]:
            await tx.watch(chat.id, at=None)
            return [ChatEnded(Ender.FLEX)] if await tx.end_chat(chat.id, by=Ender.FLEX, at=now) else []

        log.info("A chat is gone at Flex.", extra={"chat": chat.id})
        news = await self._store.write(unit)
        self._to_visitor.tell(chat, news)
        tell_hands(self._hands, chat, news, owing=False)

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._stopped.wait(), timeout=_ROUND)
        except TimeoutError:
            return


async def _last_heard(store: Reading, chat: Chat) -> float:
    newest = await store.messages_after(chat.id, seq=chat.last_seq - 1, limit=1)
    return newest[0].at if newest else chat.opened_at
