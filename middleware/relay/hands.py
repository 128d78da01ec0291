"""Hands: who writes what is owed to Flex may claim it in the same unit of work, if this node can take it in hand.

What is claimed at once needs no second unit, and nobody has to look for it.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeAlias

from middleware.relay.model import Chat, ChatEnded, ChatId, Delivery, DeliveryId, MessageId, News, StatusChanged


class Hands(Protocol):
    """Those who deliver."""

    def claiming(self, *, instead: bool = False) -> float | None:
        """Until when claims may last that a unit makes which is written now; None: it may make none.

        When its write is over, one of both is told, once: which it has made (`claimed`), or that this is `unknown`.
        `instead`: it finishes a delivery that is in hand.
        """

    def claimed(self, deliveries: Sequence[Delivery], *, until: float | None, behind: DeliveryId | None = None) -> None:
        """These deliveries of one chat, in their order, the first of them behind that one (None: it is the head).

        `until` is what `claiming` gave; None, and nothing was.
        """

    def unknown(self, *, until: float | None) -> None:
        """Nobody knows whether any was made."""

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

    def claiming(self, *, instead: bool = False) -> None:
        """None may be made."""
        del instead

    def claimed(self, deliveries: Sequence[Delivery], *, until: float | None, behind: DeliveryId | None = None) -> None:
        """Nothing was."""

    def unknown(self, *, until: float | None) -> None:
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
