"""A line: one Engine.IO connection, and what it was told and has not taken yet."""

import asyncio
from asyncio import Queue, TimerHandle
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from middleware.web.limits import Limits
from middleware.web.rates import Bucket

BYTES_OF_A_COST = 16_384
"""Each 16 KB begun cost as much as a frame."""


class Unread(Queue[Any]):
    """The frames a line has not taken yet. One more than it may have is kept back, and `overflow` is called.

    A polling line has taken a frame when it is fetched; a websocket (`by_hand`) when `taken` says so, for its writer
    fetches many and may stand still with them.
    """

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.by_hand = False
        self.closed = False
        self.overflow: Callable[[], None] = _nothing
        self._limits = limits
        self._frames = self._bytes = 0
        self._room = asyncio.Event()
        self._room.set()

    def taken(self, size: int) -> None:
        """The websocket has taken a frame of this size."""
        self._frames -= 1
        self._bytes -= size
        if self._bytes <= self._limits.unread_bytes // 2 and self._frames <= self._limits.unread_frames // 2:
            self._room.set()

    async def room(self) -> None:
        """Wait until at least half is taken, or the line is gone."""
        if not self.closed:
            await self._room.wait()

    def close(self) -> None:
        """Nothing more is kept; whoever waits goes on. The last item is the engine's word for the end."""
        self.closed = True
        self._room.set()
        self.put_nowait(None)

    def _put(self, item: Any) -> None:
        if item is None:
            super()._put(item)
        elif not self.closed:
            self._keep(item, size=weigh(item.encode()))

    def _keep(self, item: Any, *, size: int) -> None:
        frames, most = self._frames + 1, self._bytes + size
        if self._frames and (frames > self._limits.unread_frames or most > self._limits.unread_bytes):
            self.closed = True
            self.overflow()
            return
        super()._put(item)
        self._frames, self._bytes = frames, most
        if most > self._limits.unread_bytes // 2 or frames > self._limits.unread_frames // 2:
            self._room.clear()

    def _get(self) -> Any:
        item = super()._get()  # a step that the queue leaves to be overridden
        if item is not None and not self.by_hand:
            self.taken(weigh(item.encode()))
        return item


def weigh(frame: str | bytes) -> int:
    """The bytes of a frame: JSON, which is written in ASCII."""
    return len(frame)


@dataclass(slots=True, eq=False)
class Line:
    """One connection: whose, how fast, and its timers. `sid` is a secret: it is never logged."""

    sid: str
    address: str
    unread: Unread
    frames: Bucket
    goodbye_seconds: float
    polling: bool = False
    ended: bool = False
    refused: bool = False
    ping: "asyncio.Task[Any] | None" = None
    transport: asyncio.Transport | None = None
    websocket: web.WebSocketResponse | None = None
    _cut: TimerHandle | None = field(default=None)

    def expect(self, *, within: float, otherwise: Callable[[], None]) -> None:
        """Unless `found` is called in time, do otherwise. Asked again, the first deadline stands."""
        if self._cut is None and not self.ended:
            self._cut = asyncio.get_running_loop().call_later(within, otherwise)

    def found(self) -> None:
        """What was expected is there."""
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None

    def hang_up(self, *, at_once: bool = False) -> None:
        """The line is over: nothing is kept for it, and its connection is gone soon, whoever still holds it."""
        self.found()
        self.ended = True
        self.unread.close()
        if self.ping is not None and self.ping is not asyncio.current_task():
            self.ping.cancel()
        if self.transport is not None:
            asyncio.get_running_loop().call_later(0 if at_once else self.goodbye_seconds, self.transport.abort)


def cost_of(frame: str) -> int:
    """What a frame costs at the rate of frames."""
    return 1 + len(frame) // BYTES_OF_A_COST


def _nothing() -> None:
    """Nobody minds."""
