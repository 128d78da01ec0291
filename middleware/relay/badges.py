"""Badges: who may be a visitor, until when, and with which of the tokens that were handed out.

A browser gets a badge; its tokens are signed elsewhere and say only: this badge, this generation. Whenever a token is
shown, the next generation is handed out. Answers get lost and tabs share what they keep, so two generations are good at
a time: the newest that was shown, and the one that follows it; and for `GRACE_SECONDS` the one before. Whoever shows an
older one has a copy, or was robbed of one: nobody can tell which of the two is the visitor, so the badge ends for both.
"""

import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

from middleware.relay.badge import Badge, BadgeId
from middleware.relay.errors import BadToken, StoreUnavailable
from middleware.relay.model import VisitorId, new_id
from middleware.relay.ports import Clock, Store

log = logging.getLogger(__name__)

GRACE_SECONDS = 120.0
"""How long a generation stays good behind its successor, and the soonest that the successor counts as shown: a browser
may take a minute to write down what it keeps, and a line that flaps shows a token every few seconds."""

_NOTHING: Mapping[str, str] = MappingProxyType({})
_SWEPT_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Shown:
    """What a token of ours says."""

    badge: BadgeId
    visitor: VisitorId
    generation: int


class Badges:
    """Gives badges, checks what is shown of them, and takes them away. `lifetime` is a token's, in seconds."""

    def __init__(self, store: Store, *, clock: Clock, lifetime: float) -> None:
        self._store = store
        self._clock = clock
        self._lifetime = lifetime

    async def give(self, visitor: VisitorId, *, verified: Mapping[str, str] = _NOTHING) -> Badge:
        """A new badge of this visitor."""
        badge = Badge(BadgeId(new_id()), visitor, since=self._clock.now(), verified=verified)
        await self._store.write(lambda tx: tx.add_badge(badge))
        return badge

    async def accept(self, shown: Shown) -> Badge:
        """The badge, if what is shown is good. Raises `BadToken`."""
        badge = await self._store.read(lambda reading: reading.badge(shown.badge))
        if badge is None or badge.visitor != shown.visitor:
            raise BadToken("The token was taken back: connect without it.")
        if self._too_old(badge, shown.generation):
            await self.take(badge.id)
            log.warning("An old token was shown again: its badge ends.")
            raise BadToken("The token was replaced by a newer one long ago: connect without it.")
        await self._advance(badge, shown.generation)
        return badge

    async def renewed(self, badge: BadgeId) -> Shown:
        """What the next token of this badge is to say. Raises `BadToken` if it was taken away."""
        found = await self._store.read(lambda reading: reading.badge(badge))
        if found is None:
            raise BadToken("The token was taken back: connect without it.")
        return Shown(found.id, found.visitor, found.generation + 1)

    async def take(self, badge: BadgeId) -> None:
        """Take the badge away: none of its tokens is good any more."""
        await self._store.write(lambda tx: tx.take_badge(badge))

    async def taken(self, badges: Collection[BadgeId]) -> set[BadgeId]:
        """Those of these that were taken away."""
        return set(badges) - await self._store.read(lambda reading: reading.badges_among(badges))

    async def sweep(self) -> int:
        """Take away some badges whose every token has expired; how many.

        The newest generation shown was handed out before `since`, so it could be shown for a lifetime; what that socket
        was handed, at the end of its own half a lifetime, is good for another.
        """
        before = self._clock.now() - GRACE_SECONDS - 3 * self._lifetime
        return await self._store.write(lambda tx: tx.take_badges_before(before, limit=_SWEPT_AT_ONCE))

    def _too_old(self, badge: Badge, generation: int) -> bool:
        return generation < badge.generation - (1 if self._in_grace(badge) else 0)

    async def _advance(self, badge: Badge, generation: int) -> None:
        """From now on the generations before count down. If that cannot be written, they may: it is shown again."""
        if generation > badge.generation and not self._in_grace(badge):
            now = self._clock.now()
            with suppress(StoreUnavailable):
                await self._store.write(lambda tx: tx.show_badge(badge.id, generation=generation, at=now))

    def _in_grace(self, badge: Badge) -> bool:
        return self._clock.now() - badge.since < GRACE_SECONDS
