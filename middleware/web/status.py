"""How the node is: `/live` and `/ready`."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from aiohttp import web

from middleware.relay.errors import StoreUnavailable
from middleware.relay.ports import Clock, Store
from middleware.web.fresh import Fresh

log = logging.getLogger(__name__)

Ping: TypeAlias = Callable[[], Awaitable[None]]
Word: TypeAlias = Callable[[], Awaitable[str]]

LATE_SECONDS = 60.0
"""What is owed for longer than this is late: retries of a passing fault come to less."""
_FRESH_SECONDS = 1.0
"""How long a look stands for the next one: whoever asks often must not keep the store busy."""


class Readiness:
    """Whether the node takes visitors: it does, until it is told to go."""

    def __init__(self) -> None:
        self.going = False


def add_status(
    app: web.Application, *, pings: Mapping[str, Ping], words: Mapping[str, Word], readiness: Readiness
) -> None:
    """`/live`: the process answers. `/ready`: every outside thing answers too, or 503 says which does not.

    A node that is going is not ready, however well it is.
    Why it does not is for the log, not for whoever asks. The `words` are told beside and decide nothing: a node whose
    Flex is away still takes in what visitors say, and another node's Flex is away too.
    """
    looks = {name: Fresh(_well(name, ping), _FRESH_SECONDS) for name, ping in pings.items()}
    asides = {name: Fresh(word, _FRESH_SECONDS) for name, word in words.items()}

    async def live(request: web.Request) -> web.Response:
        del request
        return web.json_response({"live": True})

    async def ready(request: web.Request) -> web.Response:
        del request
        found = {name: await look() for name, look in looks.items()}
        ready = all(found.values()) and not readiness.going
        told = {"ready": ready, **{name: "ok" if well else "failed" for name, well in found.items()}}
        told |= {name: await word() for name, word in asides.items()}
        return web.json_response(told, status=200 if told["ready"] else 503)

    app.router.add_get("/live", live)
    app.router.add_get("/ready", ready)


class LastWord:
    """What came of the last call to Flex: `ok`, `busy` (429), `refused` (401, 403), `away`, or `none` yet."""

    def __init__(self) -> None:
        self._code = ""

    def heard(self, method: str, url: str, code: str, seconds: float) -> None:
        """A call ended: with this HTTP status, or without one."""
        del method, url, seconds
        self._code = code

    async def __call__(self) -> str:
        """The word."""
        if self._code in _WORDS:
            return _WORDS[self._code]
        return "ok" if self._code[:1] in {"2", "3", "4"} else "away"


_WORDS = {"": "none", "429": "busy", "401": "refused", "403": "refused"}


def outbox(store: Store, *, clock: Clock) -> Word:
    """Whether what is owed is delivered: `ok`, `late`, or `unknown` while the store does not say."""

    async def word() -> str:
        try:
            since = await store.read(lambda view: view.oldest_owed())
        except StoreUnavailable:
            return "unknown"
        return "late" if since is not None and clock.now() - since > LATE_SECONDS else "ok"

    return word


def _well(name: str, ping: Ping) -> Callable[[], Awaitable[bool]]:
    async def pinged() -> bool:
        try:
            await ping()
        except Exception:
            log.warning("An outside thing does not answer.", extra={"thing": name}, exc_info=True)
            return False
        return True

    return pinged
