"""A line: one Engine.IO connection, and what it was told and has not taken yet."""

import asyncio
from asyncio import AbstractEventLoop, QueueEmpty, TimerHandle
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from engineio.packet import Packet

from middleware.web.lane import Lane
from middleware.web.limits import Limits
from middleware.web.rates import Bucket

BYTES_OF_A_COST = 16_384
"""Each 16 KB begun cost as much as a frame."""


class Carrier(Protocol):
    """What carries a line's frames: its websocket."""

    def pump(self) -> None:
        """Carry what waits, as far as the connection has room."""

    def carry(self, frame: bytes) -> bool:
        """Carry a frame before which nothing waits; False if there is no room."""

    async def close(self, *, code: int | None = None) -> None:
        """Close the connection."""


class Unread:
    """The frames a line has not taken yet: the engine's queue of packets, and None for the end.

    `waiting` are those, None if there are none. A polling line has taken a frame when it is fetched, a websocket when
    its connection has. One more than a line may have is kept back, and `overflow` is called.
    """

    __slots__ = ("_bytes", "_frames", "_limits", "_room", "_waiter", "arrived", "closed", "overflow", "waiting")

    def __init__(self, limits: Limits) -> None:
        self.closed = False
        self.overflow: Callable[[], None] = _nothing
        self.arrived: Callable[[], None] = _nothing
        self._limits = limits
        self._frames = self._bytes = 0
        self.waiting: deque[Packet | None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._room: asyncio.Event | None = None

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self.waiting)

    async def put(self, item: Packet | None) -> None:
        """Add a packet; it never waits."""
        self.put_nowait(item)

    def put_nowait(self, item: Packet | None) -> None:
        """Add a packet, or the end."""
        if item is not None and not self._fits(len(item.encode())):
            return
        if self.waiting is None:
            self.waiting = deque()
        self.waiting.append(item)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        self.arrived()

    async def get(self) -> Packet | None:
        """Take the next, when there is one."""
        while not self.waiting:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self.get_nowait()

    def get_nowait(self) -> Packet | None:
        """Take the next. Raises `QueueEmpty`."""
        if not self.waiting:
            raise QueueEmpty
        item = self.waiting.popleft()
        if not self.waiting:
            self.waiting = None  # Most lines have nothing waiting, most of the time.
        if item is not None:
            self._taken(len(item.encode()))
        return item

    def task_done(self) -> None:
        """The engine says so of each; nobody waits for it."""

    async def room(self) -> None:
        """Wait until at least half is taken, or the line is gone."""
        if not self.closed and not self._half_empty():
            self._room = self._room or asyncio.Event()
            await self._room.wait()

    def close(self) -> None:
        """Nothing more is kept; whoever waits goes on. The last item is the engine's word for the end."""
        self.closed = True
        self.overflow = _nothing
        self._let_go_on()
        self.put_nowait(None)

    def _fits(self, size: int) -> bool:
        if self.closed:
            return False
        frames, most = self._frames + 1, self._bytes + size
        if self._frames and (frames > self._limits.unread_frames or most > self._limits.unread_bytes):
            self.closed = True
            self.overflow()
            return False
        self._frames, self._bytes = frames, most
        return True

    def _taken(self, size: int) -> None:
        self._frames -= 1
        self._bytes -= size
        if self._room is not None and self._half_empty():
            self._let_go_on()

    def _half_empty(self) -> bool:
        return self._bytes <= self._limits.unread_bytes // 2 and self._frames <= self._limits.unread_frames // 2

    def _let_go_on(self) -> None:
        if self._room is not None:
            self._room.set()
            self._room = None


@dataclass(slots=True, eq=False)
class Line:
    """One connection: whose, how fast, and its timers. `sid` is a secret: it is never logged.

    `frames` is what is left of its rate, `crowd` of its address's. `joined` is the namespace it is in, and its socket
    there; None if it is in none, or in several.
    """

    sid: str
    address: str
    unread: Unread
    frames: Bucket
    crowd: Bucket
    goodbye_seconds: float
    polling: bool = False
    ended: bool = False
    refused: bool = False
    transport: asyncio.Transport | None = None
    websocket: Carrier | None = None
    lane: Lane | None = None
    joined: tuple[str, str] | None = None
    _loop: AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _beat: TimerHandle | None = field(default=None)
    _cut: TimerHandle | None = field(default=None)

    def tell(self, frame: bytes) -> None:
        """Tell it a frame: at once if its connection has room and nothing waits, else in its turn."""
        socket = self.websocket
        if socket is None or self.unread.waiting is not None or self.ended or not socket.carry(frame):
            self.unread.put_nowait(Packet(int(frame[:1]), frame[1:].decode()))

    def due(self, *, within: float) -> float:
        """When so many seconds are over, by the loop's clock."""
        return self._loop.time() + within

    def in_order(self, most: int) -> Lane:
        """The lane of its asks; so many may wait in it to go together."""
        lane = self.lane = self.lane or Lane(most=most)
        return lane

    def beat(self, *, within: float, then: Callable[[], None]) -> None:
        """The line's one clock of pings: do this next, and then."""
        if self._beat is not None:
            self._beat.cancel()
        self._beat = None if self.ended else self._loop.call_later(within, then)

    def expect(self, *, within: float, otherwise: Callable[[], None]) -> None:
        """Unless `found` is called in time, do otherwise. Asked again, the first deadline stands."""
        if self._cut is None and not self.ended:
            self._cut = self._loop.call_later(within, otherwise)

    def found(self) -> None:
        """What was expected is there."""
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None

    def let_go(self, carrier: Carrier) -> None:
        """The carrier has ended; nothing holds it in a circle any more."""
        self.transport = None
        if self.websocket is carrier:
            self.websocket = None
            self.unread.arrived = _nothing

    def hang_up(self, *, at_once: bool = False) -> None:
        """The line is over: nothing is kept for it, and its connection is gone soon, whoever still holds it."""
        self.found()
        self.ended = True
        if self._beat is not None:
            self._beat.cancel()
        self.unread.close()
        if self.transport is not None:
            self._loop.call_later(0 if at_once else self.goodbye_seconds, self.transport.abort)


def cost_of(frame: str) -> int:
    """What a frame costs at the rate of frames."""
    return 1 + len(frame) // BYTES_OF_A_COST


def _nothing() -> None:
    """Nobody minds."""
