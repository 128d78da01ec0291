"""Lets the desk watch: the account, the mischief and the wire log as Server-Sent Events."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from aiohttp import web

from middleware.simulator.account import Account
from middleware.simulator.desk_view import desk_state
from middleware.simulator.mischief import Mischief
from middleware.simulator.mischief_plans import show
from middleware.simulator.wirelog import WireLog

REPLAYED = 200
_HEARTBEAT = 15.0
_BREATH = 0.05


class Watchers:
    """Everybody who watches. Each is woken by any change, and decides itself what is new to it.

    `run` is another one for every simulator, so that a watcher who comes back knows whether this one is still the same.
    """

    def __init__(self, account: Account, log: WireLog, mischief: Mischief) -> None:
        self.account = account
        self.log = log
        self.mischief = mischief
        self.run = uuid.uuid4().hex
        self.version = 0
        self.closed = False
        self._bells: set[asyncio.Event] = set()
        account.on_change.append(self._change)
        log.on_entry.append(self._ring)
        mischief.on_switch.append(self._ring)

    async def close(self) -> None:
        """Send everybody home, so that the server can stop."""
        self.closed = True
        self._ring()

    async def watch(self, response: web.StreamResponse) -> None:
        """Write what is new, again and again, until the watcher goes or the server stops."""
        bell = asyncio.Event()
        self._bells.add(bell)
        seen = _Seen(self.version - 1, max(0, self.log.count - REPLAYED))
        try:
            while not self.closed:
                bell.clear()
                await response.write("".join(self._news(seen)).encode() or b": still here\n\n")
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), _HEARTBEAT)
                await asyncio.sleep(_BREATH)  # a burst of changes becomes one state
        finally:
            self._bells.discard(bell)

    def _news(self, seen: "_Seen") -> Iterator[str]:
        run = f"{self.run}-{self.log.cleared}"
        if seen.run != run:
            seen.run = run
            yield _event("run", {"run": run})
        for entry in self.log.after(seen.entry):
            seen.entry = entry.n
            yield _event("wire", entry.as_json())
        mischief = show(self.mischief)
        if seen.mischief != mischief:
            seen.mischief = mischief
            yield _event("mischief", mischief)
        if seen.version != self.version:
            seen.version = self.version
            yield _event("state", desk_state(self.account))

    def _change(self) -> None:
        self.version += 1
        self._ring()

    def _ring(self) -> None:
        for bell in self._bells:
            bell.set()


class _Seen:
    def __init__(self, version: int, entry: int) -> None:
        self.version = version
        self.entry = entry
        self.run = ""
        self.mischief: dict[str, Any] = {}


WATCHERS = web.AppKey("watchers", Watchers)


async def follow(request: web.Request) -> web.StreamResponse:
    """Stream `state` and `mischief` (whole, now and after changes) and `wire` (the last entries, then each new one).

    Before all of them `run`, whose name is another one after a restart or a reset: what was there before is gone.
    """
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    with suppress(ConnectionResetError):
        await request.app[WATCHERS].watch(response)
    return response


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
