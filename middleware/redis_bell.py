"""The bell between nodes over Redis: one channel that all of them ring and hear. What is lost there is in the store."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import Any, Self

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

_BEAT_SECONDS = 0.5
"""How often this node rings for itself alone, to know whether it is heard."""
_DEAF_SECONDS = 2.0
"""Nothing of that was heard for so long: the connection is dead, whatever it says, and another one is made."""
_PATIENCE_SECONDS = 1.0
"""For an answer, or a connection."""
_RETRY_SECONDS = 0.25
_MOST_RINGS = 10_000
"""Rings that wait to be sent; of more than these the oldest are lost."""

_LOST = (RedisError, OSError, TimeoutError)


class RedisBell:
    """Rings on this channel, and hears what is rung there; both go on by themselves when Redis is back.

    Only rings go through Redis, so it never holds what is nowhere else, and whoever can write there can make nodes
    look at the store, and nothing else.
    """

    def __init__(self, url: str, *, channel: str) -> None:
        self._url = url
        self._channel = channel
        self._own = f"{channel} {token_hex(8)}"
        self._rings: deque[str] = deque(maxlen=_MOST_RINGS)
        self._rung = asyncio.Event()
        self._heard: Callable[[str], None] = _nobody
        self._missed: Callable[[], None] = _nobody
        self._echo_at = float("-inf")
        self._well = True
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._again(part)) for part in (self._send, self._hear)]
        return self

    async def __aexit__(self, *failure: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def ring(self, rings: Sequence[str]) -> None:
        """Let every node hear these, soon, if Redis is there."""
        self._rings.extend(rings)
        self._rung.set()

    def listen(self, *, heard: Callable[[str], None], missed: Callable[[], None]) -> None:
        """From now on, call `heard` with every ring, and `missed` when some may have been lost."""
        self._heard, self._missed = heard, missed

    async def word(self) -> str:
        """`ok` if this node hears what it rings; else `away`: then nodes find news by looking, every two seconds."""
        return "ok" if _now() - self._echo_at <= _DEAF_SECONDS else "away"

    async def _again(self, part: Callable[["Redis"], Any]) -> None:
        """Do it on a connection of its own, and on another one when that is lost."""
        while True:
            try:
                async with self._connected() as redis:
                    await part(redis)
            except _LOST as error:
                self._turn(well=False, reason=str(error) or type(error).__name__)
            except Exception:
                log.exception("Ringing by Redis failed in an unforeseen way.")
            await asyncio.sleep(_RETRY_SECONDS)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator["Redis"]:
        redis = Redis.from_url(
            self._url,
            protocol=2,
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),  # a second attempt would not know of what was missed before it
            decode_responses=True,
            encoding_errors="replace",
        )
        try:
            yield redis
        finally:
            await redis.connection_pool.disconnect()

    async def _send(self, redis: "Redis") -> None:
        """Rings that a lost connection may have swallowed are not rung again: by then they have been found."""
        while True:
            try:
                async with asyncio.timeout(_BEAT_SECONDS):
                    await self._rung.wait()
            except TimeoutError:
                pass
            self._rung.clear()
            rings = [self._rings.popleft() for _ in range(len(self._rings))]
            async with redis.pipeline(transaction=False) as pipe:
                for ring in rings:
                    pipe.publish(self._channel, ring)
                pipe.publish(self._own, "")
                await pipe.execute()

    async def _hear(self, redis: "Redis") -> None:
        async with redis.pubsub() as ears:
            await ears.subscribe(self._own, self._channel)
            since = _now()
            while True:
                told = await ears.get_message(timeout=_BEAT_SECONDS)
                if told is not None:
                    self._take(told["type"], told["channel"], told["data"])
                if _now() - max(self._echo_at, since) > _DEAF_SECONDS:
                    raise TimeoutError("nothing is heard")

    def _take(self, kind: str, channel: str, data: str) -> None:
        if kind == "subscribe" and channel == self._channel:
            self._missed()  # … what was rung until now
        elif kind == "message" and channel == self._own:
            self._echo_at = _now()
            self._turn(well=True)
        elif kind == "message":
            self._heard(data)

    def _turn(self, *, well: bool, reason: str = "") -> None:
        """One line in the log for each change."""
        if well and not self._well:
            log.info("Redis rings again.")
        if self._well and not well:
            log.warning("Redis does not ring; nodes look at the store instead.", extra={"reason": reason})
        self._well = well


def _nobody(*_told: str) -> None:
    """Nobody listens yet."""


def _now() -> float:
    return asyncio.get_running_loop().time()
