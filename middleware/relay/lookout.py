"""The lookout: when to look at the outbox again."""

import asyncio

from middleware.relay.decide import Pace
from middleware.relay.errors import StoreUnavailable
from middleware.relay.ports import Clock, Reading, Store


class Lookout:
    """Waits until it is woken, or until the next delivery is due; at most as long as the longest back-off."""

    def __init__(self, store: Store, *, clock: Clock, pace: Pace) -> None:
        self._store = store
        self._clock = clock
        self._pace = pace
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """It is time to look, now or when what is under way has been looked at."""
        self._woken.set()

    def look(self) -> None:
        """Somebody looks now: what wakes from here on is for the next look."""
        self._woken.clear()

    async def pause(self, *, room: bool) -> None:
        """Wait for the next look; without `room` for what is due, nobody waits for that."""
        wait = self._pace.backoff_most
        if room:
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
