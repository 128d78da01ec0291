"""Keeps below Twilio's rates instead of running into them."""

import asyncio
from collections import OrderedDict

from middleware.relay.errors import NotSent

_REMEMBERED = 10_000


class Pace:
    """At most `rate` turns a second for each key. A turn that is far away is refused, so that nobody waits for long."""

    def __init__(self, *, rate: float, most_wait: float = 5.0) -> None:
        self._gap = 1 / rate
        self._most_wait = most_wait
        self._next: OrderedDict[str, float] = OrderedDict()

    async def turn(self, key: str = "") -> None:
        """Wait for the key's next turn. Raises `NotSent` with the time to wait if that is too long."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next.get(key, now))
        if turn - now > self._most_wait:
            raise NotSent("paced: Twilio's rate would be exceeded", retry_after=turn - now)
        self._next[key] = turn + self._gap
        self._next.move_to_end(key)
        if len(self._next) > _REMEMBERED:
            self._next.popitem(last=False)
        await asyncio.sleep(turn - now)
