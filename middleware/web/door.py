"""The door of the sockets: who may come in, from where, and how fast. No engine here."""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from aiohttp import web

from middleware.web.limits import Limits
from middleware.web.line import Line
from middleware.web.peers import address_of
from middleware.web.rates import Bucket, Now

log = logging.getLogger(__name__)

ANY = "*"
"""Every origin may come: for a developer's machine."""


class TurnedAway(Exception):
    """The request may not go on; the text says why and holds nothing secret. `retry_after` is in seconds.

    What happens to honest pages too, as after a restart, is not worth a line in the log.
    """

    def __init__(self, status: int, reason: str, *, retry_after: int | None = None, worth_a_line: bool = True) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after
        self.worth_a_line = worth_a_line


@dataclass(frozen=True, slots=True)
class Origins:
    """Whose pages may come. `required`: what names no origin is no browser, and may not."""

    allowed: Collection[str]
    required: bool = False

    def may_come(self, origin: str | None) -> bool:
        """Whether pages of this origin may."""
        return origin is not None and (ANY in self.allowed or origin in self.allowed)

    def check(self, request: web.BaseRequest) -> None:
        """Raises `TurnedAway`. Browsers leave the origin out of a GET to their page's own, and say so otherwise."""
        named = request.headers.getall("Origin", [])
        if not named and self.required and request.headers.get("Sec-Fetch-Site") != "same-origin":
            raise TurnedAway(403, "no origin")
        if len(named) > 1 or (named and not self.may_come(named[0])):
            raise TurnedAway(403, "a page of an origin that is not in ALLOWED_ORIGINS")


@dataclass(slots=True)
class _Guests:
    """What an address has: sockets, and what is left of its rates."""

    handshakes: Bucket
    frames: Bucket
    sockets: int = 0


class Door:
    """Counts the sockets and paces the handshakes and frames of every address."""

    def __init__(self, *, origins: Origins, limits: Limits, trusted_proxies: int, now: Now) -> None:
        self.limits = limits
        self.now = now
        self._origins = origins
        self._trusted_proxies = trusted_proxies
        self._guests: dict[str, _Guests] = {}
        self._inside = 0
        self._warned = False
        self._closed = False

    def close(self) -> None:
        """Let nobody in any more: the node is going."""
        self._closed = True

    def address(self, request: web.BaseRequest) -> str:
        """Where the request comes from."""
        if not (self._trusted_proxies or self._warned) and "X-Forwarded-For" in request.headers:
            self._warned = True
            log.warning("Requests come by a proxy, but TRUSTED_PROXIES is 0: its visitors share one address's limits.")
        return address_of(request, trusted_proxies=self._trusted_proxies)

    def check_origin(self, request: web.BaseRequest) -> None:
        """Raises `TurnedAway`."""
        self._origins.check(request)

    def origin_may_come(self, origin: str | None) -> bool:
        """For the headers that let a page read the answer."""
        return self._origins.may_come(origin)

    def check_room(self, address: str) -> None:
        """Before a handshake from there. Raises `TurnedAway`."""
        if self._closed:
            raise TurnedAway(503, "this node is going", retry_after=1, worth_a_line=False)
        guests = self._guests_of(address)
        if not guests.handshakes.spare(1, now=self.now()):
            raise TurnedAway(429, "too many handshakes from this address", retry_after=5)
        if guests.sockets >= self.limits.sockets_per_address:
            raise TurnedAway(429, "too many sockets from this address", retry_after=30)
        if self._inside >= self.limits.most_sockets:
            raise TurnedAway(503, "this node is full", retry_after=30)

    def enter(self, address: str) -> Bucket:
        """A socket from there is in; what is left of the rate of all that come from there, until it leaves."""
        guests = self._guests_of(address)
        guests.sockets += 1
        self._inside += 1
        return guests.frames

    def leave(self, address: str) -> None:
        """It is out."""
        self._guests_of(address).sockets -= 1
        self._inside -= 1

    def wait(self, line: Line, cost: float) -> float:
        """How many seconds to wait until so much more is read of the line, and of its address."""
        now = self.now()
        return max(line.frames.take(cost, now=now), line.crowd.take(cost, now=now))

    def spare(self, line: Line, cost: float) -> bool:
        """Whether so much may be read at once; then it is taken."""
        now = self.now()
        if not line.frames.spare(cost, now=now):
            return False
        if not line.crowd.spare(cost, now=now):
            line.frames.give_back(cost)
            return False
        return True

    def give_back(self, line: Line, cost: float) -> None:
        """It is not read yet."""
        line.frames.give_back(cost)
        line.crowd.give_back(cost)

    def _guests_of(self, address: str) -> _Guests:
        guests = self._guests.get(address)
        if guests is None:
            self._forget_one()
            self._forget_one()
            guests = self._guests[address] = self._new_guests()
        return guests

    def _forget_one(self) -> None:
        """Looked at in turn, two for each that is new: an address that is not needed is not kept for long."""
        address = next(iter(self._guests), None)
        if address is not None:
            guests, now = self._guests.pop(address), self.now()
            if guests.sockets or not (guests.handshakes.full(now=now) and guests.frames.full(now=now)):
                self._guests[address] = guests

    def _new_guests(self) -> _Guests:
        limits, now = self.limits, self.now()
        return _Guests(
            Bucket(limits.handshakes_at_once, limits.handshakes_per_second, now),
            Bucket(limits.address_frames_at_once, limits.address_frames_per_second, now),
        )
