"""Turns: those who wait for what comes back one at a time, the one who has waited longest first."""

import asyncio
from collections import deque
from collections.abc import Callable


class Turns:
    """A queue of those who wait. A turn whose owner gives up in the moment it comes is not lost.

    It is `passed_on`: to the next, unless told otherwise.
    """

    __slots__ = ("_passed_on", "_waiting")

    def __init__(self, *, passed_on: Callable[[], object] | None = None) -> None:
        self._passed_on = passed_on or self.call
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self, *, until: float) -> None:
        """Wait for one's turn, by the loop's clock until then. Raises `TimeoutError`."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(until):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._passed_on()
            raise

    def call(self) -> bool:
        """It is the next one's turn; False if nobody waits."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return True
        return False
