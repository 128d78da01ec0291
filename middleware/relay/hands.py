"""Hands: who writes what is owed to Flex may claim it in the same unit of work, if this node can take it in hand.

What is claimed at once needs no second unit, and nobody has to look for it.
"""

from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Protocol, Self, TypeAlias

from middleware.relay.model import Chat, ChatEnded, ChatId, Delivery, DeliveryId, MessageId, News, StatusChanged


class Claim:
    """Claims that a unit may make, lasting `until` then (None: it may make none); which it has `made` is told here."""

    __slots__ = ("_hands", "behind", "deliveries", "until")

    def __init__(self, hands: "Hands", *, until: float | None) -> None:
        self.until = until
        self.deliveries: Sequence[Delivery] = ()
        self.behind: DeliveryId | None = None
        self._hands = hands

    def made(self, deliveries: Sequence[Delivery], *, behind: DeliveryId | None = None) -> None:
        """These deliveries of one chat, in their order, the first of them behind that one (None: it is the head)."""
        self.deliveries, self.behind = deliveries, behind

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hands.claimed(self, certain=error is None)


class Hands(Protocol):
    """Those who deliver."""

    def claiming(self, *, instead: bool = False) -> Claim:
        """Enter what is given around the unit's write. `instead`: the unit finishes a delivery that is in hand."""

    def claimed(self, claim: Claim, *, certain: bool) -> None:
        """The write is over; not `certain`: nobody knows whether the claims were made."""

    def answered(self, delivery: Delivery) -> None:
        """Nothing of this delivery is left to be done at Flex: what is claimed of its chat behind it may go."""

    def ended(self, chat: ChatId) -> None:
        """The chat is over at Flex, whatever was known of it when its deliveries were claimed."""

    def sent(self, chat: ChatId, message: MessageId) -> None:
        """Flex has told that it has this message of the chat."""

    def wake(self) -> None:
        """There may be something to deliver that nobody has claimed."""


Delivers: TypeAlias = Callable[[Delivery, Hands], Awaitable[bool]]
"""Makes one attempt at a claimed delivery. Whether what stands behind it is seen to."""


class _NoHands:
    """Nobody: what is owed is claimed later."""

    def claiming(self, *, instead: bool = False) -> Claim:
        """A claim that may not be made."""
        del instead
        return Claim(self, until=None)

    def claimed(self, claim: Claim, *, certain: bool) -> None:
        """Nothing was."""

    def answered(self, delivery: Delivery) -> None:
        """Nothing waits for it."""

    def ended(self, chat: ChatId) -> None:
        """Nothing of it is in hand."""

    def sent(self, chat: ChatId, message: MessageId) -> None:
        """Nobody waits for that."""

    def wake(self) -> None:
        """Nobody is there."""


NO_HANDS: Hands = _NoHands()


def tell_hands(hands: Hands, chat: Chat | None, news: Sequence[News], *, owing: bool) -> None:
    """What deliverers must know of what Flex has told, after the commit; `owing`: something may be owed by it."""
    for one in news:
        if chat is not None and isinstance(one, ChatEnded):
            hands.ended(chat.id)
        elif chat is not None and isinstance(one, StatusChanged):
            hands.sent(chat.id, one.message)
    if owing:
        hands.wake()
