"""From Flex: remember, write, ring. One transaction an event."""

import logging

from middleware.relay.applying import Fate
from middleware.relay.in_order import Accepted, accept
from middleware.relay.model import Event
from middleware.relay.ports import Clock, Store, Transaction, Wake
from middleware.relay.to_visitor import ToVisitor

log = logging.getLogger(__name__)


class FromFlex:
    """Accepts verified events."""

    def __init__(self, store: Store, *, to_visitor: ToVisitor, wake: Wake, clock: Clock) -> None:
        self._store = store
        self._to_visitor = to_visitor
        self._wake = wake
        self._clock = clock

    async def accept(self, event: Event) -> Fate:
        """Write the event once and ring; when it returns, the event is durable. Raises `StoreUnavailable`."""
        now = self._clock.now()

        async def unit(tx: Transaction) -> Accepted:
            return await accept(tx, event, now=now)

        accepted = await self._store.write(unit)
        self._to_visitor.tell(accepted.chat, accepted.news)
        if accepted.owing:
            self._wake()
        chat = accepted.chat.id if accepted.chat else None
        log.debug("Event accepted.", extra={"kind": type(event).__name__, "fate": accepted.fate, "chat": chat})
        return accepted.fate
