"""The watch: sockets whose visitor's token ran out, or was taken back, are cut; their pages come back by themselves.

A right that is checked only at the door is held for ever by whoever is inside: CVE-2026-44553.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice

from middleware.relay.badge import BadgeId
from middleware.relay.badges import Badges
from middleware.relay.errors import StoreUnavailable
from middleware.relay.ports import Clock
from middleware.web.bell import SocketBell

log = logging.getLogger(__name__)

ROUND_SECONDS = 10.0
"""How soon a socket is cut after its token was taken back from outside this process."""

_AT_ONCE = 500
"""Badges in one reading: others want to read too."""
_SWEEP_EVERY = 360


class Watch:
    """Looks at every socket of this node, now and then and whenever it is woken."""

    def __init__(self, bell: SocketBell, *, badges: Badges, clock: Clock) -> None:
        self._bell = bell
        self._badges = badges
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """A badge was taken: look now."""
        self._woken.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        rounds = 0
        while True:
            try:
                await self.round()
                if rounds % _SWEEP_EVERY == 0:
                    await self._badges.sweep()
            except StoreUnavailable as error:
                log.warning("The sockets' tokens could not be checked.", extra={"reason": str(error)})
            except Exception:
                log.exception("A round of the watch failed in an unforeseen way.")
            rounds += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(ROUND_SECONDS):
                    await self._woken.wait()
            self._woken.clear()

    async def round(self) -> int:
        """Cut every socket that may be here no more; how many. Raises `StoreUnavailable`."""
        ears, now = self._bell.ears(), self._clock.now()
        cut = [ear for ear in ears if ear.good_until <= now]
        taken: set[BadgeId] = set()
        for some in _slices({ear.badge.id for ear in ears if ear.badge is not None}):
            taken |= await self._badges.taken(some)
        cut += [ear for ear in ears if taken and ear.badge is not None and ear.badge.id in taken]
        await asyncio.gather(*(ear.voice.hang_up(ear) for ear in cut))
        if cut:
            log.info("Sockets were cut whose token ran out or was taken back.", extra={"sockets": len(cut)})
        return len(cut)


def _slices(badges: Iterable[BadgeId]) -> Iterator[list[BadgeId]]:
    left = iter(badges)
    while some := list(islice(left, _AT_ONCE)):
        yield some
