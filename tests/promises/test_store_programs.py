"""Programs that nobody thought of, run on a store and on a model of it that is too simple to be wrong."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from middleware.relay.model import (
    AgentLeft,
    Author,
    Chat,
    ChatId,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Event,
    EventKey,
    FlexRef,
    Said,
    VisitorId,
)
from middleware.relay.ports import Store, Transaction, Unit
from tests.promises.stores import Opener

T = TypeVar("T")

CHATS = [ChatId(f"chat-{number}") for number in range(2)]
REFS = [FlexRef("here"), FlexRef("there")]
LEASE = 10
SETTINGS = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

chats = st.sampled_from(CHATS)
refs = st.sampled_from(REFS)
kinds = st.sampled_from([DeliveryKind.OPEN, DeliveryKind.MEET, DeliveryKind.END])
seconds = st.sampled_from([0, 1, LEASE - 1, LEASE, 2 * LEASE])
positions = st.sampled_from([0, 0, 1, 2])
indexes = st.sampled_from([0, 1, 1, 2])


class Program(RuleBasedStateMachine):
    """A store of its own for each program, driven from outside any event loop."""

    opener: ClassVar[Opener]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.opened = AsyncExitStack()
        folder = self.opened.enter_context(tempfile.TemporaryDirectory())
        self.store: Store = self.runner.run(self.opened.enter_async_context(type(self).opener(Path(folder))))
        self.now = 0

    def write(self, unit: Unit[T]) -> T:
        return self.runner.run(self.store.write(unit))

    def teardown(self) -> None:
        self.runner.run(self.opened.aclose())
        self.runner.close()

    @rule(passed=seconds)
    def time_passes(self, passed: int) -> None:
        self.now += passed


@dataclass(slots=True)
class Owed:
    """A delivery, as the model has it."""

    kind: DeliveryKind
    due: float
    attempts: int = 0
    claimed: bool = False
    unsure: bool = False


class OutboxProgram(Program):
    """The outbox is one list for each chat, of which only the first can be claimed."""

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[ChatId, list[Owed]] = {chat: [] for chat in CHATS}
        self.ids: dict[DeliveryId, Owed] = {}

    @initialize()
    def chats_are_open(self) -> None:
        for chat in CHATS:
            self.add_chat(Chat(chat, VisitorId(f"visitor of {chat}"), opened_at=0.0))

    def add_chat(self, chat: Chat) -> None:
        self.write(lambda tx: tx.add_chat(chat))

    @rule(chat=chats, kinds=st.lists(kinds, min_size=1, max_size=4), wait=seconds)
    def owe(self, chat: ChatId, kinds: list[DeliveryKind], wait: int) -> None:
        due = float(self.now + wait)

        async def unit(tx: Transaction) -> None:
            for kind in kinds:
                await tx.owe(chat, kind, due=due)

        self.write(unit)
        self.lists[chat] += [Owed(kind, due) for kind in kinds]
        for delivery, owed in zip(self.write(lambda tx: tx.owed_to(chat)), self.lists[chat], strict=True):
            self.ids[delivery.id] = owed

    @rule(limit=st.integers(min_value=1, max_value=3))
    def claim(self, limit: int) -> None:
        now = float(self.now)
        claimed = self.write(lambda tx: tx.claim(now=now, until=now + LEASE, limit=limit))
        due = sorted((heads[0].due, heads[0].kind) for heads in self.lists.values() if heads and heads[0].due <= now)
        assert [moment for moment, _ in due[:limit]] == [self.ids[delivery.id].due for delivery in claimed]
        for delivery in claimed:
            self.check_claimed(delivery)

    def check_claimed(self, delivery: Delivery) -> None:
        owed = self.ids[delivery.id]
        assert owed is self.lists[delivery.chat.id][0], "only the head can be claimed"
        expected = (owed.kind, owed.attempts + 1, owed.claimed or owed.unsure)
        assert expected == (delivery.kind, delivery.attempts, delivery.unsure)
        owed.attempts, owed.due = owed.attempts + 1, float(self.now + LEASE)
        owed.unsure, owed.claimed = owed.claimed or owed.unsure, True

    @rule(chat=chats, position=positions, bury=st.booleans())
    def finish(self, chat: ChatId, position: int, bury: bool) -> None:
        """Settle or bury, at any place of the list, and once again: the second time is nothing."""
        delivery = self.at(chat, position)
        if delivery is None:
            return
        self.forget(chat, delivery.id)
        for first in (True, False):
            if bury:
                assert first is self.write(lambda tx: tx.bury(delivery, reason="refused", now=float(self.now)))
            else:
                self.write(lambda tx: tx.settle(delivery.id, now=float(self.now)))

    @rule(chat=chats, position=positions)
    def claim_of_before(self, chat: ChatId, position: int) -> None:
        """Whoever had it before it was claimed again can do nothing to it."""
        delivery = self.at(chat, position)
        if delivery is None or delivery.attempts == 0:
            return
        before = replace(delivery, attempts=delivery.attempts - 1)
        now = float(self.now)
        assert False is self.write(lambda tx: tx.finish(before, now=now))
        assert False is self.write(lambda tx: tx.bury(before, reason="refused", now=now))
        assert False is self.write(lambda tx: tx.postpone(before, due=now, unsure=False))

    @rule(chat=chats, position=positions, wait=seconds, unsure=st.booleans())
    def postpone(self, chat: ChatId, position: int, wait: int, unsure: bool) -> None:
        delivery = self.at(chat, position)
        if delivery is None:
            return
        due = float(self.now + wait)
        owed = self.ids[delivery.id]
        assert owed.claimed is self.write(lambda tx: tx.postpone(delivery, due=due, unsure=unsure))
        if owed.claimed:
            owed.due, owed.unsure, owed.claimed = due, unsure, False

    @rule()
    def node_is_gone(self) -> None:
        released = self.write(lambda tx: tx.release_claims(now=float(self.now)))
        claimed = [owed for owed in self.ids.values() if owed.claimed]
        assert len(claimed) == released
        for owed in claimed:
            owed.due, owed.unsure, owed.claimed = float(self.now), True, False

    @invariant()
    def nothing_vanishes_and_nothing_is_added(self) -> None:
        for chat, owes in self.lists.items():
            stored = self.write(self.owed_to(chat))
            expected = [(owed.kind, owed.attempts, owed.claimed or owed.unsure) for owed in owes]
            assert expected == [(delivery.kind, delivery.attempts, delivery.unsure) for delivery in stored]

    @invariant()
    def the_next_time_is_known(self) -> None:
        heads = [owes[0].due for owes in self.lists.values() if owes]
        assert min(heads, default=None) == self.write(lambda tx: tx.next_due())
        opens = any(owed.kind is DeliveryKind.OPEN for owed in self.ids.values())
        assert opens is self.write(lambda tx: tx.opens_owed())

    def owed_to(self, chat: ChatId) -> Unit[list[Delivery]]:
        return lambda tx: tx.owed_to(chat)

    def at(self, chat: ChatId, position: int) -> Delivery | None:
        stored = self.write(self.owed_to(chat))
        return stored[position] if position < len(stored) else None

    def forget(self, chat: ChatId, delivery: DeliveryId) -> None:
        owes, owed = self.lists[chat], self.ids.pop(delivery)
        was_head = owes[0] is owed
        self.lists[chat] = [other for other in owes if other is not owed]
        if was_head and self.lists[chat]:
            self.lists[chat][0].due = max(self.lists[chat][0].due, float(self.now))


class InboxProgram(Program):
    """The inbox is a set of keys, and for each address a list of held events."""

    def __init__(self) -> None:
        super().__init__()
        self.arrivals: list[EventKey] = []
        self.held: list[Event] = []

    @rule(
        ref=refs,
        name=st.integers(min_value=0, max_value=9),
        index=st.none() | indexes,
        hold=st.sampled_from([True, True, False]),
    )
    def arrive(self, ref: FlexRef, name: int, index: int | None, hold: bool) -> None:
        event = an_event(ref, EventKey(f"{name} at {ref}"), index)

        async def unit(tx: Transaction) -> bool:
            new = await tx.remember(event.key, ref=ref, at=float(self.now))
            if new and hold:
                await tx.hold(event)
            return new

        new = event.key not in self.arrivals
        assert new is self.write(unit)
        if new:
            self.arrivals.append(event.key)
            self.held += [event] if hold else []

    @rule(ref=refs)
    def take_all(self, ref: FlexRef) -> None:
        taken = self.write(lambda tx: tx.take_held(ref))
        assert sorted((event for event in self.held if event.ref == ref), key=self.turn) == taken
        self.held = [event for event in self.held if event.ref != ref]

    @rule(ref=refs, index=indexes)
    def take_one(self, ref: FlexRef, index: int) -> None:
        taken = self.write(lambda tx: tx.take_held_at(ref, index))
        fitting = [event for event in self.held if isinstance(event, Said) and (event.ref, event.index) == (ref, index)]
        assert (min(fitting, key=self.turn) if fitting else None) == taken
        self.held = [event for event in self.held if event != taken]

    def turn(self, event: Event) -> tuple[bool, int, int]:
        arrival = self.arrivals.index(event.key)
        return (False, event.index, arrival) if isinstance(event, Said) else (True, 0, arrival)


def an_event(ref: FlexRef, key: EventKey, index: int | None) -> Event:
    if index is None:
        return AgentLeft(ref, key, "agent-1")
    return Said(ref, key, index, Author.AGENT, "agent-1", "words")


def test_the_outbox_keeps_order_and_leases_and_forgets_nothing(opener: Opener) -> None:
    """Whatever workers, echoes, failures and restarts do in whatever order."""

    class Run(OutboxProgram):
        pass

    Run.opener = staticmethod(opener)
    run_state_machine_as_test(Run, settings=SETTINGS)


def test_the_inbox_takes_every_event_once_and_in_turn(opener: Opener) -> None:
    """Whatever order webhooks come in, and however often."""

    class Run(InboxProgram):
        pass

    Run.opener = staticmethod(opener)
    run_state_machine_as_test(Run, settings=SETTINGS)
