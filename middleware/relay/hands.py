"""Hands: who writes what is owed to Flex may claim it in the same unit of work, if this node can take it in hand.

What is claimed at once needs no second unit, and nobody has to look for it.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeAlias

from middleware.relay.model import Chat, ChatEnded, ChatId, Delivery, DeliveryId, MessageId, News, StatusChanged


class Claim:
    """Claims that a unit may make, lasting `until` then (None: it may make none).

    When the unit's write is over, one of both is told, once: which it has `made`, or that this is `unknown`.
    """

    __slots__ = ("_hands", "behind", "deliveries", "until")

    def __init__(self, hands: "Hands", *, until: float | None) -> None:
        self.until = until
        self.deliveries: Sequence[Delivery] = ()
        self.behind: DeliveryId | None = None
        self._hands = hands

    def made(self, deliveries: Sequence[Delivery], *, behind: DeliveryId | None = None) -> None:
        """These deliveries of one chat, in their order, the first of them behind that one (None: it is the head)."""
        if self.until is not None:
            self.deliveries, self.behind = deliveries, behind
            self._hands.claimed(self, certain=True)

    def unknown(self) -> None:
        """Nobody knows whether any was made."""
        if self.until is not None:
            self._hands.claimed(self, certain=False)


class Hands(Protocol):
    """Those who deliver."""

    def claiming(self, *, instead: bool = False) -> Claim:
        """For a unit that is written now. `instead`: it finishes a delivery that is in hand."""

    def claimed(self, claim: Claim, *, certain: bool) -> None:
        """The write is over; not `certain`: nobody knows whether the claims were made."""

    def answered(self, delivery: Delivery) -> None:
        """Nothing of this delivery is left to be done at Flex: what is claimed of its chat behind it may go."""

    def settled(self, delivery: Delivery) -> None:
        """An answered delivery is settled."""

    def unsettled(self, delivery: Delivery, then: "Delivering") -> None:
        """It could not be, and this is to be done about it."""

    def ended(self, chat: ChatId) -> None:
        """The chat is over at Flex, whatever was known of it when its deliveries were claimed."""

    def sent(self, chat: ChatId, message: MessageId) -> None:
        """Flex has told that it has this message of the chat."""

    def wake(self) -> None:
        """There may be something to deliver that nobody has claimed."""


Delivering: TypeAlias = Coroutine[Any, Any, bool]
"""Does something about a claimed delivery. Whether it is being settled now: then the hands are told when it is."""

Delivers: TypeAlias = Callable[[Delivery, Hands], Delivering]
"""Makes one attempt to deliver it."""


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

    def settled(self, delivery: Delivery) -> None:
        """Nobody holds it."""

    def unsettled(self, delivery: Delivery, then: Delivering) -> None:
        """Its claim stands until its lease is over."""
        then.close()

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
