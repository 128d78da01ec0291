"""The heart with a real store, a Flex in memory, and a clock that stands still."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from middleware.relay.decide import Pace
from middleware.relay.deliver import Deliver
from middleware.relay.from_flex import FromFlex
from middleware.relay.from_visitor import FromVisitor
from middleware.relay.hands import NO_HANDS
from middleware.relay.model import AskId, Chat, FlexRef, Message, VisitorId
from middleware.relay.outbox import Words
from middleware.relay.ports import Store
from middleware.relay.sweep import Sweep
from middleware.relay.to_flex import ToFlex
from middleware.relay.to_visitor import ToVisitor, since
from middleware.store.sqlite import SqliteStore
from tests.fakes.bell import FakeBell
from tests.fakes.clock import FakeClock
from tests.fakes.flex import FakeFlex
from tests.fakes.meters import FakeMeters

ADA = VisitorId("ada")
PACE = Pace(at_once=8, lease=60, backoff_first=1, backoff_most=30, attempts=5, look_back=30)


class Heart:
    """Everything in `relay`, wired; hearts that share a store are nodes, if they share Flex and the clock too.

    One that `claims` delivers what is said without being asked to.
    """

    def __init__(
        self,
        store: Store,
        *,
        flex: FakeFlex | None = None,
        clock: FakeClock | None = None,
        pace: Pace = PACE,
        claims: bool = False,
    ) -> None:
        self.store = store
        self.flex = flex or FakeFlex()
        self.bell = FakeBell()
        self.clock = clock = clock or FakeClock()
        self.meters = meters = FakeMeters()
        to_visitor = ToVisitor(self.bell, meters=meters)
        self.deliver = Deliver(
            store,
            flex=self.flex,
            to_visitor=to_visitor,
            clock=clock,
            pace=pace,
            jitter=lambda: 1.0,
            meters=meters,
        )
        self.to_flex = ToFlex(store, deliver=self.deliver, clock=self.clock, pace=pace)
        hands = self.to_flex if claims else NO_HANDS
        wake = self.to_flex.wake
        self.from_visitor = FromVisitor(store, to_visitor=to_visitor, wake=wake, clock=self.clock, hands=hands)
        self.from_flex = FromFlex(store, to_visitor=to_visitor, hands=self.to_flex, clock=self.clock)
        self.sweep = Sweep(
            store, flex=self.flex, to_visitor=to_visitor, clock=clock, pace=pace, hands=self.to_flex, meters=meters
        )

    async def deliver_all(self) -> None:
        """Deliver whatever is due now, until nothing is."""
        while await self.to_flex.round():
            await self.to_flex.idle()

    async def look(self) -> int:
        """Look at every chat that is due; how many."""
        looks = await self.sweep.round()
        await self.sweep.idle()
        return looks

    async def open(self, visitor: VisitorId = ADA) -> tuple[Chat, FlexRef]:
        """A chat that is open at Flex."""
        chat = await self.from_visitor.open(visitor)
        await self.deliver_all()
        return chat, FlexRef(f"ref-{chat.id}")

    async def say(self, text: str, visitor: VisitorId = ADA) -> Message:
        """The visitor says something, with an ask of its own."""
        return await self.from_visitor.say(visitor, Words(AskId(f"ask-{text}"), text))

    async def messages(self, visitor: VisitorId = ADA) -> list[Message]:
        """Everything in the visitor's newest chat."""
        found = await since(self.store, visitor, chat=None, seq=0)
        return list(found.messages) if found else []

    async def texts(self, visitor: VisitorId = ADA) -> list[str]:
        """The texts of it."""
        return [message.text for message in await self.messages(visitor)]


def claiming(heart: Heart, store: Store | None = None, *, pace: Pace = PACE) -> tuple[FromVisitor, ToFlex]:
    """A worker, and asks that claim for it what they owe; on the heart's store, or on what stands before it."""
    store, told = store or heart.store, ToVisitor(heart.bell)
    deliver = Deliver(store, flex=heart.flex, to_visitor=told, clock=heart.clock, pace=pace)
    worker = ToFlex(store, deliver=deliver, clock=heart.clock, pace=pace)
    return FromVisitor(store, to_visitor=told, wake=worker.wake, clock=heart.clock, hands=worker), worker


@asynccontextmanager
async def open_heart(folder: Path) -> AsyncIterator[Heart]:
    """A heart on a store of its own."""
    async with SqliteStore(folder / "relay.db") as store:
        yield Heart(store)
