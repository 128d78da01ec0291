"""What the heart tells to whoever counts, and what can be counted in the store.

Nothing that the heart calls here waits or fails, and each costs about a microsecond at most.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from middleware.relay.model import Delivery, News


class Attempt(StrEnum):
    """What came of one attempt at a delivery; `found`: Flex had it already."""

    SETTLED = "settled"
    FOUND = "found"
    AGAIN = "again"
    BURIED = "buried"


@dataclass(frozen=True, slots=True)
class Load:
    """How many chats are open, and how many deliveries are owed, on all nodes together."""

    chats_open: int
    owed: int


class LoadReading(Protocol):
    """What a store can tell of its load."""

    async def load(self) -> Load:
        """Counted one by one: for who asks now and then."""

    async def oldest_owed(self) -> float | None:
        """Since when the oldest delivery is owed; None if none is. Agents' names count nothing: nobody waits."""


class Meters(Protocol):
    """Counts."""

    def news(self, news: News) -> None:
        """One piece of news was committed, on this node."""

    def told(self, messages: int) -> None:
        """So many messages were told to a socket."""

    def attempted(self, delivery: Delivery, attempt: Attempt) -> None:
        """An attempt at this delivery came to this."""

    def filled_in(self, news: int) -> None:
        """So much was learned from Flex's own list, not from webhooks."""


class Uncounted:
    """Meters for where nobody counts."""

    def news(self, news: News) -> None:
        """Nothing."""

    def told(self, messages: int) -> None:
        """Nothing."""

    def attempted(self, delivery: Delivery, attempt: Attempt) -> None:
        """Nothing."""

    def filled_in(self, news: int) -> None:
        """Nothing."""


UNCOUNTED = Uncounted()
