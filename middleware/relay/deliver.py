"""One attempt at one claimed delivery: call Flex, settle, or decide what follows."""

import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import assert_never

from middleware.relay.applying import Fate
from middleware.relay.decide import Again, Bury, Pace, decide
from middleware.relay.errors import ChatGone, FlexError, OutcomeUnknown, Refused, StoreUnavailable
from middleware.relay.hands import NO_HANDS, Hands
from middleware.relay.in_order import Accepted, accept_held, settle_together
from middleware.relay.meters import UNCOUNTED, Attempt, Meters
from middleware.relay.model import (
    Agent,
    AgentChanged,
    Chat,
    ChatEnded,
    Delivery,
    DeliveryKind,
    Ender,
    FlexRef,
    Message,
    MessageStatus,
    News,
    Receipt,
    StatusChanged,
)
from middleware.relay.outbox import Onward, Sent
from middleware.relay.ports import Clock, Flex, LooksForSent, NamesAgents, Outcome, Part, Store, Transaction
from middleware.relay.to_visitor import ToVisitor
from middleware.relay.units import taking

log = logging.getLogger(__name__)

_SAY, _SETTLED, _BY_FLEX = DeliveryKind.SAY, Attempt.SETTLED, Ender.FLEX
"""Asked for each message; a class of choices looks each up anew."""

Jitter = Callable[[], float]


class Deliver:
    """Delivers one thing owed; called with the delivery."""

    def __init__(
        self,
        store: Store,
        *,
        flex: Flex,
        to_visitor: ToVisitor,
        clock: Clock,
        pace: Pace,
        jitter: Jitter = random.random,
        meters: Meters = UNCOUNTED,
    ) -> None:
        self._store = store
        self._take = taking(store)
        self._flex = flex
        self._to_visitor = to_visitor
        self._clock = clock
        self._pace = pace
        self._jitter = jitter
        self._meters = meters

    async def __call__(self, delivery: Delivery, hands: Hands = NO_HANDS) -> bool:
        """Settle the delivery, postpone it or bury it. Raises `StoreUnavailable`: then the claim stands.

        Whether what Flex has taken is being settled now: the hands are told when it is, and may begin the next.
        """
        doubt = delivery.unsure
        try:
            receipt = await self._sent_before(delivery) if doubt else None
            doubt = receipt is not None
            if receipt is not None:
                self._begin_to_settle(delivery, receipt, Attempt.FOUND, hands)
            elif delivery.kind is _SAY:
                self._begin_to_settle(delivery, await self._say(delivery), _SETTLED, hands)
            else:
                await self._attempt(delivery)
                hands.answered(delivery)
                self._meters.attempted(delivery, Attempt.SETTLED)
                hands.wake()
                return False
        except Exception as error:  # noqa: BLE001 — what nobody foresaw is logged there
            await self._failed(delivery, error, doubt=doubt, hands=hands)
            return False
        return True

    async def _sent_before(self, delivery: Delivery) -> Receipt | None:
        """Look at Flex where an earlier attempt may have reached it."""
        if delivery.kind is not DeliveryKind.SAY or not isinstance(self._flex, LooksForSent):
            return None
        return await self._flex.find_sent(_ref(delivery.chat), _message(delivery))

    async def _attempt(self, delivery: Delivery) -> None:
        match delivery.kind:
            case DeliveryKind.OPEN:
                await self._opened(delivery, await self._flex.open(delivery.chat))
            case DeliveryKind.END:
                await self._flex.end(_ref(delivery.chat))
                await self._settle(delivery)
            case DeliveryKind.MEET:
                await self._meet(delivery)

    async def _opened(self, delivery: Delivery, ref: FlexRef) -> None:
        now = self._clock.now()

        async def unit(tx: Transaction) -> Accepted:
            if not await tx.finish(delivery, now=now):
                return Accepted(Fate.REPEATED)  # Another's by now, who finds the chat opened.
            await tx.set_ref(delivery.chat.id, ref)
            await tx.watch(delivery.chat.id, at=now + self._pace.look_back)
            return await accept_held(tx, ref, now=now)

        accepted = await self._store.write(unit)
        log.info("Chat opened at Flex.")
        self._to_visitor.tell(accepted.chat, accepted.news)

    def _say(self, delivery: Delivery) -> Awaitable[Receipt]:
        if delivery.chat.ended_by is _BY_FLEX:
            raise Refused("the chat ended at Flex before the message was sent")
        return self._flex.say(_ref(delivery.chat), _message(delivery))

    def _begin_to_settle(self, delivery: Delivery, receipt: Receipt, attempt: Attempt, hands: Hands) -> None:
        """The next of the chat need not wait until this is written: should it not be, it is looked for at Flex."""
        hands.answered(delivery)
        sent = Sent(delivery, receipt, hands.claiming(instead=True))
        self._take(Part(self._settle_together, sent), partial(self._settled, sent, attempt, hands))

    def _settled(self, sent: Sent, attempt: Attempt, hands: Hands, outcome: Outcome) -> None:
        delivery, error = sent.delivery, outcome.error
        if error is not None:
            hands.unknown(until=sent.until)
            hands.unsettled(delivery, self._not_settled(delivery, error, hands))
            return
        accepted, onward = outcome.value
        try:
            hands.claimed(() if onward.next is None else (onward.next,), until=sent.until)
            self._meters.attempted(delivery, attempt)
            if onward.more:
                hands.wake()
        finally:
            hands.settled(delivery)
        self._to_visitor.tell(accepted.chat, accepted.news)

    async def _not_settled(self, delivery: Delivery, error: BaseException, hands: Hands) -> bool:
        """Flex has it: whoever comes next looks for it there."""
        if not isinstance(error, Exception):
            raise error
        await self._failed(delivery, error, doubt=True, hands=hands)
        return False

    async def _settle_together(self, tx: Transaction, sent: Sequence[Sent]) -> Sequence[tuple[Accepted, Onward]]:
        return await settle_together(tx, sent, now=self._clock.now())

    async def _meet(self, delivery: Delivery) -> None:
        agent = delivery.chat.agent
        if agent is None or not isinstance(self._flex, NamesAgents):
            await self._settle(delivery)
        else:
            name = await self._flex.agent_name(agent.id)
            await self._met(delivery, Agent(agent.id, name or ""))

    async def _met(self, delivery: Delivery, agent: Agent) -> None:
        now = self._clock.now()

        async def unit(tx: Transaction) -> list[News]:
            finished = await tx.finish(delivery, now=now)
            chat = await tx.chat(delivery.chat.id)
            if not finished or chat is None or chat.agent is None or chat.agent.id != agent.id:
                return []
            await tx.set_agent(chat.id, agent)
            return [AgentChanged(agent)] if agent.name else []

        self._to_visitor.tell(delivery.chat, await self._store.write(unit))

    async def _settle(self, delivery: Delivery) -> None:
        now = self._clock.now()
        await self._store.write(lambda tx: tx.finish(delivery, now=now))

    async def _failed(self, delivery: Delivery, error: Exception, *, doubt: bool, hands: Hands) -> None:
        """Raises the error if it is the store's."""
        if isinstance(error, StoreUnavailable):
            raise error
        if not isinstance(error, FlexError):
            log.error("A delivery failed in an unforeseen way.", exc_info=error, extra={"delivery": delivery.id})
            error = OutcomeUnknown(f"unforeseen: {type(error).__name__}")
        await self._refused(delivery, error, doubt=doubt, hands=hands)
        hands.wake()

    async def _refused(self, delivery: Delivery, error: FlexError, *, doubt: bool, hands: Hands) -> None:
        now, jitter = self._clock.now(), self._jitter()
        decision = decide(error, attempts=delivery.attempts, doubt=doubt, now=now, jitter=jitter, pace=self._pace)
        if delivery.kind is DeliveryKind.MEET:
            decision = Bury(str(error))  # A name is worth no waiting; the agent's next words ask for it again.
        facts = {"kind": delivery.kind, "attempt": delivery.attempts, "reason": str(error)}
        match decision:
            case Again(at, unsure):
                log.warning("Delivery waits.", extra=facts)
                await self._store.write(lambda tx: tx.postpone(delivery, due=at, unsure=unsure))
                self._meters.attempted(delivery, Attempt.AGAIN)
            case Bury():
                log.error("Delivery buried.", extra=facts)
                await self._bury(delivery, decision.reason, gone=isinstance(error, ChatGone), hands=hands)
                self._meters.attempted(delivery, Attempt.BURIED)
            case _:
                assert_never(decision)

    async def _bury(self, delivery: Delivery, reason: str, *, gone: bool, hands: Hands) -> None:
        """Without its opening, or gone at Flex, a chat can take nothing more: all it owes goes with it."""
        now = self._clock.now()
        hopeless = gone or delivery.kind is DeliveryKind.OPEN
        ender = Ender.FLEX if gone else Ender.HOUSE

        async def unit(tx: Transaction) -> list[News]:
            if not await tx.bury(delivery, reason=reason, now=now):
                return []  # Settled meanwhile by its echo, or another's by now.
            buried = [delivery, *(await tx.owed_to(delivery.chat.id) if hopeless else ())]
            for behind in buried[1:]:
                await tx.bury(behind, reason=reason, now=now)
            news = await _failures(tx, buried)
            if hopeless and await tx.end_chat(delivery.chat.id, by=ender, at=now):
                await tx.watch(delivery.chat.id, at=None)
                news.append(ChatEnded(ender))
            return news

        news = await self._store.write(unit)
        if not hopeless:
            hands.answered(delivery)
        self._to_visitor.tell(delivery.chat, news)


async def _failures(tx: Transaction, deliveries: Sequence[Delivery]) -> list[News]:
    news: list[News] = []
    for message in [delivery.message for delivery in deliveries if delivery.message is not None]:
        failed = await tx.set_status(message.id, MessageStatus.FAILED)
        if failed is not None:
            news.append(StatusChanged(failed.seq, failed.status, said_at=failed.at, message=failed.id))
    return news


def _ref(chat: Chat) -> FlexRef:
    if chat.ref is None:
        raise Refused("the chat was never opened at Flex")
    return chat.ref


def _message(delivery: Delivery) -> Message:
    if delivery.message is None:
        raise Refused("the message is no longer in the store")
    return delivery.message
