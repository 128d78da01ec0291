"""To Flex: the outbox worker. Claims what is owed, in order for each chat, many chats at once."""

import asyncio
import logging

from middleware.relay.crew import Crew
from middleware.relay.decide import Pace
from middleware.relay.errors import StoreUnavailable
from middleware.relay.hands import Claim, Delivers
from middleware.relay.model import Delivery, DeliveryId
from middleware.relay.ports import Clock, Reading, Store, Transaction, Wake

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
        self._deliver = deliver
        self._clock = clock
        self._pace = pace
        self._call = call
        self._woken = asyncio.Event()
        self._stopping = False
        self._in_hand: set[DeliveryId] = set()
        self._in_doubt = False
        self._promised = 0
        self._more = False
        self._crew = Crew(pace.at_once, done=self._done)

    def claiming(self) -> Claim:
        """A claim for a hand that is free; none while it is not known what is claimed."""
        if self._stopping or self._in_doubt or self._room <= 0:
            return Claim(self, until=None)
        self._promised += 1
        return Claim(self, until=self._clock.now() + self._pace.lease)

    def claimed(self, claim: Claim, *, certain: bool) -> None:
        """Deliver what was claimed; what may have been is looked for by the next round."""
        if claim.until is None:
            return
        self._promised -= 1
        self._in_doubt = self._in_doubt or not certain
        if self._in_doubt:
            self._woken.set()
        if claim.delivery is not None and not self._stopping:
            self._begin(claim.delivery)

    def wake(self) -> None:
        """Look at the outbox now."""
        self._woken.set()

    async def recover(self) -> None:
        """Take over what an earlier life of this node had claimed."""
        now = self._clock.now()
        released = await self._store.write(lambda tx: tx.release_claims(now=now))
        if released:
            log.info("Took over deliveries of an earlier life.", extra={"deliveries": released})

    async def run(self) -> None:
        """Deliver until stopped; ends when what was claimed is settled or given back."""
        while not self._stopping:
            self._woken.clear()
            try:
                if not await self.round():
                    await self._pause()
            except Exception:
                log.exception("A round of deliveries failed in an unforeseen way.")
                await asyncio.sleep(self._pace.backoff_first)
        await self.idle()

    async def round(self) -> int:
        """Claim as many due deliveries as there is room for and start them; how many. Hands full: call others."""
        room = self._room
        claimed = await self._claim(room) if room > 0 else []
        self._more = len(claimed) >= room
        if self._more:
            self._call()
        for delivery in claimed:
            self._begin(delivery)
        return len(claimed)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        await self._crew.idle()

    def stop(self) -> None:
        """Claim no more; `run` ends once the claimed deliveries are through."""
        self._stopping = True
        self._woken.set()

    @property
    def _room(self) -> int:
        return self._crew.room - self._promised

    def _begin(self, delivery: Delivery) -> None:
        self._in_hand.add(delivery.id)
        self._crew.start(self._one(delivery))

    def _done(self) -> None:
        """A hand is free again."""
        if self._more:
            self._woken.set()

    async def _one(self, delivery: Delivery) -> None:
        try:
            if not await self._deliver(delivery, self):
                self._woken.set()
        except Exception as error:
            unforeseen = not isinstance(error, StoreUnavailable)
            facts = {"chat": delivery.chat.id, "delivery": delivery.id, "reason": type(error).__name__}
            log.warning("Could not settle.", extra=facts, exc_info=unforeseen)
            await self._hand_back(delivery)
            self._woken.set()
        finally:
            self._in_hand.discard(delivery.id)

    async def _hand_back(self, delivery: Delivery) -> None:
        """As soon as the store can be written again. Whoever claims it next looks at Flex first."""
        handed_back = False
        while not (handed_back or self._stopping):
            await asyncio.sleep(self._pace.backoff_first)
            handed_back = await self._handed_back(delivery)

    async def _handed_back(self, delivery: Delivery) -> bool:
        now = self._clock.now()
        try:
            await self._store.write(lambda tx: tx.postpone(delivery, due=now, unsure=True))
        except StoreUnavailable:
            return False
        return True

    async def _claim(self, room: int) -> list[Delivery]:
        """Claims of which the store could not say whether it had made them are in no hand, and are given back.

        While others may be made at this moment, nobody can tell which those are.
        """
        now, clearing = self._clock.now(), self._in_doubt and not self._promised

        async def unit(tx: Transaction) -> list[Delivery]:
            if clearing:
                await tx.release_claims(now=now, but=self._in_hand)
            return await tx.claim(now=now, until=now + self._pace.lease, limit=room)

        try:
            claimed = await self._store.write(unit)
        except StoreUnavailable as error:
            self._in_doubt = True
            log.warning("Could not claim.", extra={"reason": str(error)})
            return []
        self._in_doubt = self._in_doubt and not clearing
        return claimed

    async def _pause(self) -> None:
        """Until woken, or until the next delivery is due; at most as long as the longest back-off."""
        wait = self._pace.backoff_most
        if self._room > 0:
            wait = min(wait, await self._until_due())
        try:
            await asyncio.wait_for(self._woken.wait(), timeout=wait)
        except TimeoutError:
            return

    async def _until_due(self) -> float:
        try:
            due = await self._store.read(_next_due)
        except StoreUnavailable:
            return self._pace.backoff_first
        return self._pace.backoff_most if due is None else max(due - self._clock.now(), 0.01)


async def _next_due(store: Reading) -> float | None:
    return await store.next_due()
