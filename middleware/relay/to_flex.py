"""To Flex: the outbox worker. Claims what is owed, in order for each chat, many chats at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from middleware.relay.crew import Crew
from middleware.relay.decide import Pace
from middleware.relay.errors import StoreUnavailable
from middleware.relay.hands import Delivering, Delivers
from middleware.relay.lanes import Lanes
from middleware.relay.lookout import Lookout
from middleware.relay.model import ChatId, Delivery, DeliveryId, MessageId
from middleware.relay.ports import Clock, Outcome, Store, Transaction, Wake
from middleware.relay.subject import work_on
from middleware.relay.units import taking, tell_future

log = logging.getLogger(__name__)


def nobody() -> None:
    """There is no other node to call."""


class ToFlex:
    """The worker's loop; what one delivery takes is `deliver`'s matter."""

    def __init__(
        self,
        store: Store,
        *,
        deliver: Delivers,
        clock: Clock,
        pace: Pace,
        call: Wake = nobody,
    ) -> None:
        self._store = store
        self._take = taking(store)
        self._deliver = deliver
        self._clock = clock
        self._pace = pace
        self._call = call
        self._lookout = Lookout(store, clock=clock, pace=pace)
        self._stopping = False
        self._lanes = Lanes()
        self._most = pace.at_once + pace.waiting
        self._calling = 0
        self._doubts, self._in_doubt = 0, False
        self._promised = 0
        self._more = False
        self._crew = Crew(self._most)
        self._rested: asyncio.Event | None = None

    def claiming(self, *, instead: bool = False) -> float | None:
        """Until when claims may last of what can be taken in hand; None while it is not known what is claimed."""
        room = self._lanes.many + self._promised < self._most or (instead and not self._more)
        if self._stopping or self._in_doubt or not room:
            return None  # Where others wait, those who have waited longest come first.
        self._promised += 1
        return self._clock.now() + self._pace.lease

    def claimed(self, deliveries: Sequence[Delivery], *, until: float | None, behind: DeliveryId | None = None) -> None:
        """Deliver what was claimed."""
        if until is None:
            return
        self._promised -= 1
        if self._in_doubt:
            self._lookout.wake()
        if deliveries and not self._stopping:
            if self._lanes.put(deliveries, until=until, behind=behind):
                self._go_on()
            else:
                self._doubt()  # What they stand behind was claimed, and nobody was told.

    def unknown(self, *, until: float | None) -> None:
        """What may have been claimed is looked for by the next round."""
        if until is not None:
            self._promised -= 1
            self._doubt()

    def answered(self, delivery: Delivery) -> None:
        """Let the next of its chat go, and the hand take what it finds."""
        self._calling -= self._lanes.answered(delivery)

    def settled(self, delivery: Delivery) -> None:
        """It is in hand no longer."""
        self._lanes.settled(delivery)
        self._left()

    def unsettled(self, delivery: Delivery, then: Delivering) -> None:
        """Another hand does what is to be done about it."""
        self._crew.start(self._one(delivery, then), chat=delivery.chat.id)

    def ended(self, chat: ChatId) -> None:
        """What waits of the chat is too late."""
        self._lanes.ended(chat)

    def sent(self, chat: ChatId, message: MessageId) -> None:
        """What is under way of the chat has come through, if it is this: its call may still hang."""
        delivery = self._lanes.under_way_of(chat)
        if delivery is not None and delivery.message is not None and delivery.message.id == message:
            self.answered(delivery)
            self._go_on()  # Its own hand may hang.

    def wake(self) -> None:
        """Look at the outbox now."""
        self._lookout.wake()

    async def recover(self) -> None:
        """Take over what an earlier life of this node had claimed."""
        now = self._clock.now()
        released = await self._store.write(lambda tx: tx.release_claims(now=now))
        if released:
            log.info("Took over deliveries of an earlier life.", extra={"deliveries": released})

    async def run(self) -> None:
        """Deliver until stopped; ends when what was begun is settled or given back."""
        while not self._stopping:
            self._lookout.look()
            try:
                if not await self.round():
                    await self._lookout.pause(room=self._room_for_others > 0)
            except Exception:
                log.exception("A round of deliveries failed in an unforeseen way.")
                await asyncio.sleep(self._pace.backoff_first)
        await self.idle()

    async def round(self) -> int:
        """Claim as many due deliveries as there is room for and start them; how many. Hands full: call others."""
        room, until = self._room_for_others, self._clock.now() + self._pace.lease
        claimed = await self._claim(room, until=until) if room > 0 else []
        self._more = len(claimed) >= room
        if self._more:
            self._call()
        self._go_on()
        return len(claimed)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        await self._crew.idle()
        while self._lanes.settling:
            self._rested = self._rested or asyncio.Event()
            try:
                await self._rested.wait()
            except asyncio.CancelledError:
                await self._crew.cancel()
                raise
            await self._crew.idle()  # What could not be settled.

    def stop(self) -> None:
        """Claim no more, begin nothing; `run` ends once what is under way is through. What waits keeps its claim."""
        self._stopping = True
        self._lookout.wake()

    @property
    def _room_for_others(self) -> int:
        """What waits in lanes, however much it is, keeps no idle hand from the heads of other chats."""
        idle = self._pace.at_once - self._calling - self._lanes.ready - self._promised
        return max(self._most - self._lanes.many - self._promised, idle)

    def _go_on(self) -> None:
        """Begin what may go, as far as there are hands."""
        while (taken := self._next()) is not None:
            self._crew.start(self._hand(*taken), chat=taken[0].chat.id)

    def _next(self) -> tuple[Delivery, float] | None:
        """The next that may go, if a hand may take it."""
        taken = None if self._calling >= self._pace.at_once or self._stopping else self._lanes.take()
        self._calling += taken is not None
        return taken

    def _doubt(self) -> None:
        """Something may be claimed that is not in hand: the next round gives it back."""
        self._doubts += 1
        self._in_doubt = True
        self._lookout.wake()

    async def _hand(self, delivery: Delivery, until: float) -> None:
        """Deliver it, and what may go then, one after the other."""
        taken: tuple[Delivery, float] | None = (delivery, until)
        try:
            while taken is not None:
                delivery, until = taken
                work_on(chat=delivery.chat.id)
                too_old = self._clock.now() > until - self._pace.lease / 2
                await self._one(delivery, self._not_begun(delivery) if too_old else self._deliver(delivery, self))
                taken = self._next()
        finally:
            self._go_on()

    async def _not_begun(self, delivery: Delivery) -> bool:
        """Its lease could run out while it is posted, and somebody else would post it too."""
        await self._until_written(lambda tx, now: tx.postpone(delivery, due=now, unsure=delivery.unsure))
        return False

    async def _one(self, delivery: Delivery, attempt: Delivering) -> None:
        """Until it is being settled or was given back; if it does not come through, those behind it are given back."""
        settling = False
        try:
            try:
                settling = await attempt
            except Exception as error:  # noqa: BLE001 — it is logged there
                await self._not_tried(delivery, error)
            answered = None if settling else self._lanes.giving_back(delivery)
            if answered is not None:
                await self._until_written(lambda tx, now: tx.give_back_behind(delivery, due=now, but=answered))
        except BaseException:
            self._doubt()
            raise
        finally:
            if not settling:
                self._over(delivery)

    async def _not_tried(self, delivery: Delivery, error: Exception) -> None:
        """Whoever claims what could not be settled looks at Flex first."""
        unforeseen = None if isinstance(error, StoreUnavailable) else error
        facts = {"chat": delivery.chat.id, "delivery": delivery.id, "reason": type(error).__name__}
        log.warning("Could not settle.", extra=facts, exc_info=unforeseen)
        await self._wait_a_little()
        await self._until_written(lambda tx, now: tx.postpone(delivery, due=now, unsure=True))

    def _over(self, delivery: Delivery) -> None:
        """It is settled, or was given back."""
        if not self._lanes.is_under_way(delivery):
            self.settled(delivery)
            return
        if self._lanes.given_back(delivery):
            self._doubt()
        self._calling -= 1
        self._go_on()
        self._left()

    def _left(self) -> None:
        """Something is no longer in hand."""
        if self._more:
            self._lookout.wake()
        if self._rested is not None and not self._lanes.settling:
            self._rested.set()
            self._rested = None

    async def _until_written(self, unit: "_Unit") -> None:
        """Write it as soon as the store can be written, then look at the outbox; a stop waits for no store."""
        while not self._stopping:
            now = self._clock.now()
            try:
                await self._store.write(lambda tx: unit(tx, now))  # noqa: B023 — it is awaited
            except StoreUnavailable:
                await self._wait_a_little()
            else:
                break
        self._lookout.wake()

    async def _wait_a_little(self) -> None:
        if not self._stopping:
            await asyncio.sleep(self._pace.backoff_first)

    async def _claim(self, room: int, *, until: float) -> list[Delivery]:
        """Claims of which the store could not say whether it had made them are in no hand, and are given back.

        While others may be made at this moment, nobody can tell which those are.
        """
        now, doubts, clearing = self._clock.now(), self._doubts, self._in_doubt and not self._promised
        in_hand = self._lanes.in_hand() if clearing else set()

        async def unit(tx: Transaction) -> list[Delivery]:
            if clearing:
                await tx.release_claims(now=now, but=in_hand)
            return await tx.claim(now=now, until=until, limit=room)

        def take(outcome: Outcome) -> None:
            """At once: what is said behind it may have been written in the same commit."""
            for delivery in outcome.value or ():
                self._lanes.put([delivery], until=until)
            tell_future(told, outcome)

        told: asyncio.Future[list[Delivery]] = asyncio.get_running_loop().create_future()
        self._take(unit, take)
        try:
            claimed = await told
        except StoreUnavailable as error:
            self._doubts += 1
            self._in_doubt = True
            log.warning("Could not claim.", extra={"reason": str(error)})
            return []
        if clearing:
            self._in_doubt = self._doubts != doubts  # What came meanwhile is not cleared by that.
        return claimed


_Unit: TypeAlias = Callable[[Transaction, float], Awaitable[object]]
"""Called with the time it is."""
