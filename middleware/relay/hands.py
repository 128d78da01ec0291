"""Hands: who writes what is owed to Flex may claim it in the same unit of work, if this node has a hand free for it.

What is claimed at once needs no second unit, and nobody has to look for it.
"""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol, Self, TypeAlias

from middleware.relay.model import Delivery


class Claim:
    """A claim that a unit of work may make: lasting `until` then (None: it may not); what it made is set here."""

    __slots__ = ("_hands", "delivery", "until")

    def __init__(self, hands: "Hands", *, until: float | None) -> None:
        self.until = until
        self.delivery: Delivery | None = None
        self._hands = hands

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hands.claimed(self, certain=error is None)


class Hands(Protocol):
    """Those who deliver."""

    def claiming(self) -> Claim:
        """Enter what is given around the unit's write."""

    def claimed(self, claim: Claim, *, certain: bool) -> None:
        """The write is over; not `certain`: nobody knows whether the claim was made."""


Delivers: TypeAlias = Callable[[Delivery, Hands], Awaitable[bool]]
"""Makes one attempt at a claimed delivery. Whether what stands behind it is seen to."""


class _NoHands:
    """Nobody: what is owed is claimed later."""

    def claiming(self) -> Claim:
        """A claim that may not be made."""
        return Claim(self, until=None)

    def claimed(self, claim: Claim, *, certain: bool) -> None:
        """Nothing was."""


NO_HANDS: Hands = _NoHands()
