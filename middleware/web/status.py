"""How the node is: `/live` and `/ready`."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from aiohttp import web

log = logging.getLogger(__name__)

Ping: TypeAlias = Callable[[], Awaitable[None]]

_FRESH_SECONDS = 1.0
"""How long a look stands for the next one: whoever asks often must not keep the store busy."""


def add_status(app: web.Application, *, pings: Mapping[str, Ping]) -> None:
    """`/live`: the process answers. `/ready`: every outside thing answers too, or 503 says which does not.

    Why it does not is for the log, not for whoever asks.
    """
    looks = {name: _Look(name, ping) for name, ping in pings.items()}

    async def live(request: web.Request) -> web.Response:
        del request
        return web.json_response({"live": True})

    async def ready(request: web.Request) -> web.Response:
        del request
        found = {name: await look() for name, look in looks.items()}
        told = {"ready": all(found.values()), **{name: "ok" if well else "failed" for name, well in found.items()}}
        return web.json_response(told, status=200 if told["ready"] else 503)

    app.router.add_get("/live", live)
    app.router.add_get("/ready", ready)


@dataclass(slots=True)
class _Look:
    """A ping, one at a time, and what came of the last."""

    name: str
    ping: Ping
    at: float = float("-inf")
    well: bool = False
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __call__(self) -> bool:
        async with self.looking:
            if time.monotonic() - self.at > _FRESH_SECONDS:
                self.well = await self._pinged()
                self.at = time.monotonic()
            return self.well

    async def _pinged(self) -> bool:
        try:
            await self.ping()
        except Exception:
            log.warning("An outside thing does not answer.", extra={"thing": self.name}, exc_info=True)
            return False
        return True
