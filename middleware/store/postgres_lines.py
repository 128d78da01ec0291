"""As many connections as this node may have, made when they are needed, shared by all that need one."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from middleware.relay.errors import StoreUnavailable
from middleware.relay.turns import Turns
from middleware.store.postgres_line import Line, TooMany

_SHORT_SECONDS = 5.0
"""How long no more connections are tried for after the server took none."""


class Lines:
    """Lends lines. With a single one, everybody waits in turn for that."""

    def __init__(self, connect: Callable[[float], Awaitable[Line]], *, most: int) -> None:
        self._connect = connect
        self._most = most
        self._count = 0
        self._short_until = 0.0
        self._free: deque[Line] = deque()
        self._last: Line | None = None
        self._turns = Turns()

    @asynccontextmanager
    async def lent(self, *, until: float) -> AsyncIterator[Line]:
        """A line, by that time of the loop's clock. Raises `StoreUnavailable`."""
        line = await self._take(until)
        try:
            yield line
        finally:
            self._give(line)

    @asynccontextmanager
    async def lent_this(self, line: Line) -> AsyncIterator[bool]:
        """The very line; False if somebody else has it just now."""
        if free := line in self._free:
            self._free.remove(line)
        try:
            yield free
        finally:
            if free:
                self._give(line)

    def put_last(self, line: Line) -> None:
        """Lend this one only when there is no other; its owner sees to it that it is alive."""
        self._last = line
        if line in self._free:
            self._free.remove(line)
            self._free.append(line)

    async def close(self) -> None:
        """End every line; none is lent any more."""
        self._most = 0
        await asyncio.gather(*(line.close() for line in self._free))
        self._free.clear()

    async def _take(self, until: float) -> Line:
        while True:
            while self._free:
                line = self._free.popleft()
                if not line.closed:
                    return line
                self._count -= 1
            if self._count < self._room():
                if (made := await self._make(until)) is not None:
                    return made
            else:
                await self._wait(until)

    async def _make(self, until: float) -> Line | None:
        """None if the server takes no more, but there are some to wait for."""
        self._count += 1
        try:
            return await self._connect(until - _now())
        except TooMany:
            self._count -= 1
            self._short_until = _now() + _SHORT_SECONDS
            if self._count:
                return None
            raise
        except BaseException:
            self._count -= 1
            raise
        finally:
            self._turns.call()

    def _room(self) -> int:
        return min(self._most, self._count) if self._count and _now() < self._short_until else self._most

    def _give(self, line: Line) -> None:
        if line.closed or not self._most:
            line.cut()
            self._count -= 1
            self._doubt(line)
        else:
            self._free.appendleft(line)
        self._turns.call()

    def _doubt(self, line: Line) -> None:
        """If the network has swallowed it, then most likely those too that are idle: rather none than a dead one."""
        for other in self._free if line.late else ():
            if other is not self._last:
                other.cut()

    async def _wait(self, until: float) -> None:
        try:
            await self._turns.wait(until=until)
        except TimeoutError:
            raise StoreUnavailable("Every connection to the store is busy; nothing was changed.") from None


def _now() -> float:
    return asyncio.get_running_loop().time()
