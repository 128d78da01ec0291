"""From Flex: remember, write, ring. One transaction an event."""

import logging
from collections.abc import Sequence

from middleware.relay.applying import Fate
from middleware.relay.hands import Hands, tell_hands
from middleware.relay.in_order import Accepted, accept_together
from middleware.relay.model import Event
from middleware.relay.ports import Clock, Part, Store, Transaction
from middleware.relay.to_visitor import ToVisitor

log = logging.getLogger(__name__)


class FromFlex:
    """Accepts verified events."""

    def __init__(self, store: Store, *, to_visitor: ToVisitor, hands: Hands, clock: Clock) -> None:
        self._store = store
        self._to_visitor = to_visitor
        self._hands = hands
        self._clock = clock

    async def accept(self, event: Event) -> Fate:
        """Write the event once and ring; when it returns, the event is durable. Raises `StoreUnavailable`."""
        accepted = await self._store.write(Part(self._accept_together, event))
        self._to_visitor.tell(accepted.chat, accepted.news)
        tell_hands(self._hands, accepted.chat, accepted.news, owing=accepted.owing)
        if log.isEnabledFor(logging.DEBUG):
            chat = accepted.chat.id if accepted.chat else None
            log.debug("Event accepted.", extra={"kind": type(event).__name__, "fate": accepted.fate, "chat": chat})
        return accepted.fate

    async def _accept_together(self, tx: Transaction, events: Sequence[Event]) -> Sequence[Accepted]:
        return await accept_together(tx, events, now=self._clock.now())
