"""To Flex: the outbox worker. Claims what is owed, in order for each chat, many chats at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from middleware.relay.crew import Crew
from middleware.relay.decide import Pace
from middleware.relay.errors import StoreUnavailable
from middleware.relay.model import Delivery
from middleware.relay.ports import Clock, Reading, Store, Transaction

log = logging.getLogger(__name__)


class ToFlex:
    """The worker's loop; what one delivery takes is `deliver`'s matter."""

    def __init__(
        self, store: Store, *, deliver: Callable[[Delivery], Awaitable[None]], clock: Clock, pace: Pace
    ) -> None:
        self._store = store
        self._deliver = deliver
        self._clock = clock
        self._pace = pace
        self._woken = asyncio.Event()
        self._stopping = False
        self._crew = Crew(pace.at_once, done=self._woken.set)

    def wake(self) -> None:
        """Look at the outbox now."""
        self._woken.set()

    async def recover(self) -> None:
        """Take over what a node that is gone had claimed."""
        now = self._clock.now()
        released = await self._store.write(lambda tx: tx.release_claims(now=now))
        if released:
            log.info("Took over deliveries of a node that is gone.", extra={"deliveries": released})

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
        """Claim as many due deliveries as there is room for and start them; how many."""
        until = self._clock.now() + self._pace.lease
        claimed = await self._claim(self._crew.room, until=until) if self._crew.room > 0 else []
        for delivery in claimed:
            self._crew.start(self._one(delivery, until=until))
        return len(claimed)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        await self._crew.idle()

    def stop(self) -> None:
        """Claim no more; `run` ends once the claimed deliveries are through."""
        self._stopping = True
        self._woken.set()

    async def _one(self, delivery: Delivery, *, until: float) -> None:
        try:
            await self._deliver(delivery)
        except Exception as error:
            unforeseen = not isinstance(error, StoreUnavailable)
            log.warning("Could not settle.", extra={"delivery": delivery.id, "reason": str(error)}, exc_info=unforeseen)
            await self._hand_back(delivery, until=until)

    async def _hand_back(self, delivery: Delivery, *, until: float) -> None:
        """As soon as the store can be written again, and before the lease runs out and somebody else has the claim.

        Whoever claims it next looks at Flex first.
        """
        handed_back = False
        while not (handed_back or self._stopping) and self._clock.now() < until:
            await asyncio.sleep(self._pace.backoff_first)
            handed_back = await self._handed_back(delivery, until=until)

    async def _handed_back(self, delivery: Delivery, *, until: float) -> bool:
        """The time is read inside the transaction: the store may have let it wait."""

        async def unit(tx: Transaction) -> None:
            if (now := self._clock.now()) < until:
                await tx.postpone(delivery.id, due=now, unsure=True)

        try:
            await self._store.write(unit)
        except StoreUnavailable:
            return False
        return True

    async def _claim(self, room: int, *, until: float) -> list[Delivery]:
        now = self._clock.now()

        async def unit(tx: Transaction) -> list[Delivery]:
            return await tx.claim(now=now, until=until, limit=room)

        try:
            return await self._store.write(unit)
        except StoreUnavailable as error:
            log.warning("Could not claim.", extra={"reason": str(error)})
            return []

    async def _pause(self) -> None:
        """Until woken, or until the next delivery is due; at most as long as the longest back-off."""
        wait = self._pace.backoff_most
        if self._crew.room > 0:
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
