"""What a visitor says in a row goes to Flex in a row: without a commit in between, and never out of order or twice."""

import asyncio
import threading
from dataclasses import replace
from typing import TypeVar, cast

import pytest

from middleware.relay.errors import ChatGone, OutcomeUnknown, Refused, StoreUnavailable
from middleware.relay.from_flex import FromFlex
from middleware.relay.from_visitor import FromVisitor
from middleware.relay.model import AskId, DeliveryKind, Echoed, Ended, EventKey, Message, MessageId, MessageStatus
from middleware.relay.outbox import Sent, Words
from middleware.relay.ports import Part, Store, Transaction, Unit, View
from middleware.relay.to_flex import ToFlex
from middleware.relay.to_visitor import ToVisitor
from tests.relay.house import ADA, PACE, Heart, claiming
from tests.relay.test_to_flex import BOB, Forgetful, statuses
from tests.waiting import until

T = TypeVar("T")
ROOMY = replace(PACE, waiting=32, backoff_first=0.01)


async def say(asks: FromVisitor, *texts: str) -> list[Message]:
    """One after the other, each acknowledged."""
    return [await asks.say(ADA, Words(AskId(f"ask-{text}"), text)) for text in texts]


async def owed(heart: Heart) -> list[tuple[DeliveryKind, bool]]:
    """What Ada's chat owes, and whether each is unsure: claimed, or perhaps sent."""

    async def unit(tx: Transaction) -> list[tuple[DeliveryKind, bool]]:
        chat = await tx.last_chat_of(ADA)
        assert chat is not None
        return [(one.kind, one.unsure) for one in await tx.owed_to(chat.id)]

    return await heart.store.write(unit)


async def deliver_all(heart: Heart, worker: ToFlex) -> None:
    """Whatever is due by and by."""
    for _ in range(9):
        await worker.idle()
        heart.clock.pass_seconds(PACE.backoff_most)
        await worker.round()
    await worker.idle()


class SlowToSettle:
    """A store that settles nothing before it may, or fails to settle so many times."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self.go = asyncio.Event()
        self.failing = 0
        self.waiting = 0

    async def write(self, unit: Unit[T]) -> T:
        if isinstance(unit, Part) and isinstance(unit.item, Sent):
            self.waiting += 1
            if self.failing:
                self.failing -= 1
                raise StoreUnavailable("locked")
            await self.go.wait()
        return await self._inner.write(unit)

    async def read(self, view: View[T]) -> T:
        return await self._inner.read(view)


async def test_the_next_does_not_wait_until_the_one_before_is_settled(heart: Heart) -> None:
    """One call follows the other, whatever a commit takes; all are settled together then."""
    _, ref = await heart.open()
    store = SlowToSettle(heart.store)
    asks, worker = claiming(heart, cast(Store, store), pace=ROOMY)
    said = await say(asks, "one", "two", "three")
    await until(lambda: store.waiting == 3, what="three calls")
    assert [message.id for message in said] == heart.flex.sent(ref)
    assert 3 == len(await owed(heart))
    store.go.set()
    await worker.idle()
    assert [] == await owed(heart)
    assert [MessageStatus.SENT] * 3 == await statuses(heart)
    assert 0 == await worker.round()


async def test_what_stands_behind_a_lost_answer_waits_for_the_look(heart: Heart) -> None:
    """Nobody knows whether Flex has it: the others are given back, and go behind it, once each."""
    _, ref = await heart.open()
    asks, worker = claiming(heart, pace=ROOMY)
    heart.flex.gate.clear()
    said = await say(asks, "one", "two", "three")
    heart.flex.after.append(OutcomeUnknown("reset"))
    heart.flex.gate.set()
    await worker.idle()
    assert [(DeliveryKind.SAY, True), (DeliveryKind.SAY, False), (DeliveryKind.SAY, False)] == await owed(heart)
    assert [said[0].id] == heart.flex.sent(ref)
    await deliver_all(heart, worker)
    assert [message.id for message in said] == heart.flex.sent(ref)
    assert [MessageStatus.SENT] * 3 == await statuses(heart)
    assert 1 == heart.flex.calls.count("find_sent")


async def test_what_stands_behind_a_refused_one_goes_on(heart: Heart) -> None:
    """It is told as failed; the chat is not over."""
    _, ref = await heart.open()
    asks, worker = claiming(heart, pace=ROOMY)
    heart.flex.gate.clear()
    said = await say(asks, "one", "two", "three")
    heart.flex.after.append(Refused("400"))
    heart.flex.gate.set()
    await worker.idle()
    assert [message.id for message in said] == heart.flex.sent(ref)
    assert [MessageStatus.FAILED, MessageStatus.SENT, MessageStatus.SENT] == await statuses(heart)


async def test_what_stands_behind_a_channel_that_is_gone_goes_with_it(heart: Heart) -> None:
    """Nothing of it is posted, and nothing is left in hand."""
    _, ref = await heart.open()
    asks, worker = claiming(heart, pace=ROOMY)
    heart.flex.gate.clear()
    await say(asks, "one", "two", "three")
    heart.flex.after.append(ChatGone("404"))
    heart.flex.gate.set()
    await worker.idle()
    assert 1 == len(heart.flex.sent(ref))
    assert [MessageStatus.FAILED] * 3 == await statuses(heart)
    assert [] == await owed(heart)


async def test_what_could_not_be_settled_is_found_and_what_went_behind_it_is_not_said_again(heart: Heart) -> None:
    """The store was away while the next was on its way already."""
    _, ref = await heart.open()
    store = SlowToSettle(heart.store)
    store.go.set()
    store.failing = 1
    asks, worker = claiming(heart, cast(Store, store), pace=ROOMY)
    heart.flex.gate.clear()
    said = await say(asks, "one", "two", "three")
    heart.flex.gate.set()
    await deliver_all(heart, worker)
    assert [message.id for message in said] == heart.flex.sent(ref)
    assert [MessageStatus.SENT] * 3 == await statuses(heart)
    assert [] == await owed(heart)


async def test_a_claim_that_has_waited_too_long_is_given_back(heart: Heart) -> None:
    """Its lease could run out while it is posted, and somebody else would post it too."""
    _, ref = await heart.open()
    asks, worker = claiming(heart, pace=ROOMY)
    heart.flex.gate.clear()
    said = await say(asks, "one", "two", "three")
    await until(lambda: heart.flex.calls.count("say") == 1, what="the first call")
    heart.clock.pass_seconds(PACE.lease / 2 + 1)
    heart.flex.gate.set()
    await worker.idle()
    assert [said[0].id] == heart.flex.sent(ref)
    assert [(DeliveryKind.SAY, False), (DeliveryKind.SAY, False)] == await owed(heart)
    await deliver_all(heart, worker)
    assert [message.id for message in said] == heart.flex.sent(ref)


async def test_what_waits_when_the_agent_ends_the_chat_is_told_as_failed(heart: Heart) -> None:
    """It was claimed while the chat was open, and nobody would read it."""
    _, ref = await heart.open()
    asks, worker = claiming(heart, pace=ROOMY)
    from_flex = FromFlex(heart.store, to_visitor=ToVisitor(heart.bell), hands=worker, clock=heart.clock)
    heart.flex.gate.clear()
    said = await say(asks, "one", "two")
    await until(lambda: heart.flex.calls.count("say") == 1, what="the first call")
    await from_flex.accept(Ended(ref, EventKey("end")))
    heart.flex.gate.set()
    await worker.idle()
    assert [said[0].id] == heart.flex.sent(ref)
    assert [MessageStatus.SENT, MessageStatus.FAILED] == await statuses(heart)


class SlowToTell(Forgetful):
    """A store that makes claims, and can say only later that it does not know whether it did."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.go = asyncio.Event()

    async def write(self, unit: Unit[T]) -> T:
        try:
            return await super().write(unit)
        except StoreUnavailable:
            await self.go.wait()
            raise


async def test_what_stands_behind_a_claim_that_nobody_was_told_of_does_not_overtake_it(heart: Heart) -> None:
    """The connection broke at the commit of the first, and the second was stored before that was known."""
    _, ref = await heart.open()
    store = SlowToTell(heart.store)
    asks, worker = claiming(heart, cast(Store, store), pace=ROOMY)
    store.away = 1
    first = asyncio.create_task(say(asks, "one"))
    await until(lambda: not store.away, what="the first commit")
    await say(asks, "two")
    await worker.idle()
    assert [(DeliveryKind.SAY, True), (DeliveryKind.SAY, True)] == await owed(heart)
    assert [] == heart.flex.calls[1:]
    store.go.set()
    with pytest.raises(StoreUnavailable):
        await first
    await deliver_all(heart, worker)
    assert [1, 2] == [await seq_of(heart, message) for message in heart.flex.sent(ref)]


async def seq_of(heart: Heart, message: MessageId) -> int:
    found = await heart.store.write(lambda tx: tx.message(message))
    assert found is not None
    return found.seq


async def test_what_is_said_in_the_commit_that_claims_the_one_before_stands_behind_it(heart: Heart) -> None:
    """It is told in the same moment, and nobody is in doubt about anything."""
    _, ref = await heart.open()
    asks, worker = claiming(heart, pace=ROOMY)
    first = await heart.say("one")
    holding, go = threading.Event(), threading.Event()

    async def hold(_tx: Transaction) -> None:
        holding.set()
        assert go.wait(60)

    held = asyncio.create_task(heart.store.write(hold))
    await until(holding.is_set, what="a commit that takes its time")
    rounding = asyncio.create_task(worker.round())
    saying = asyncio.create_task(asks.say(ADA, Words(AskId("two"), "two")))
    await asyncio.sleep(0.01)
    go.set()
    await held
    assert 1 == await rounding
    second = await saying
    assert worker.claiming() is not None
    await worker.idle()
    assert [first.id, second.id] == heart.flex.sent(ref)
    assert 0 == heart.flex.calls.count("find_sent")


async def test_two_can_wait_for_the_rest(heart: Heart) -> None:
    """Whoever stops the node, and whoever looks at it meanwhile."""
    await heart.open()
    store = SlowToSettle(heart.store)
    asks, worker = claiming(heart, cast(Store, store), pace=ROOMY)
    await say(asks, "one")
    await until(lambda: store.waiting == 1, what="the settling")
    idle = [asyncio.create_task(worker.idle()) for _ in range(2)]
    await asyncio.sleep(0.01)
    store.go.set()
    await asyncio.gather(*idle)
    assert [] == await owed(heart)


async def test_a_stop_leaves_what_waits_to_the_next_start(heart: Heart) -> None:
    """Which looks for it first, and finds that it was never sent."""
    _, ref = await heart.open()
    asks, worker = claiming(heart, pace=ROOMY)
    heart.flex.gate.clear()
    said = await say(asks, "one", "two", "three")
    await until(lambda: heart.flex.calls.count("say") == 1, what="the first call")
    worker.stop()
    heart.flex.gate.set()
    await worker.idle()
    assert [said[0].id] == heart.flex.sent(ref)
    _, again = claiming(heart, pace=ROOMY)
    await again.recover()
    await deliver_all(heart, again)
    assert [message.id for message in said] == heart.flex.sent(ref)
    assert [MessageStatus.SENT] * 3 == await statuses(heart)


async def test_more_is_taken_in_hand_than_called_at_once(heart: Heart) -> None:
    """A node that nobody stands beside leaves nothing lying that it could claim at once."""
    asks, worker = claiming(heart, pace=replace(PACE, at_once=2, waiting=3))
    await heart.open()
    heart.flex.gate.clear()
    await say(asks, *"abcdef")
    assert [True] * 5 + [False] == [unsure for _, unsure in await owed(heart)]
    assert worker.claiming() is None
    heart.flex.gate.set()
    await worker.idle()
    await worker.round()
    await worker.idle()
    assert [MessageStatus.SENT] * 6 == await statuses(heart)


async def test_the_next_goes_when_the_echo_tells_that_flex_has_the_one_before(heart: Heart) -> None:
    """Its own answer may hang for as long as a call may take."""
    _, ref = await heart.open()
    asks, worker = claiming(heart, pace=ROOMY)
    from_flex = FromFlex(heart.store, to_visitor=ToVisitor(heart.bell), hands=worker, clock=heart.clock)
    heart.flex.gate.clear()
    first, second = await say(asks, "one", "two")
    await until(lambda: heart.flex.calls.count("say") == 1, what="the first call")
    await from_flex.accept(Echoed(ref, EventKey(f"message:{ref}:0"), 0, first.id))
    await until(lambda: heart.flex.calls.count("say") == 2, what="the second call")
    heart.flex.gate.set()
    await worker.idle()
    assert [first.id, second.id] == heart.flex.sent(ref)
    assert [MessageStatus.SENT] * 2 == await statuses(heart)
    assert [] == await owed(heart)


async def test_what_waits_in_one_lane_keeps_no_idle_hand_from_another_chat(heart: Heart) -> None:
    """One visitor says more than can be taken in hand; another says one thing."""
    pace = replace(PACE, at_once=2, waiting=2)
    asks, worker = claiming(heart, pace=pace)
    await heart.open()
    _, bobs = await heart.open(BOB)
    heart.flex.gate.clear()
    await say(asks, *"abcdef")
    assert worker.claiming() is None
    await asks.say(BOB, Words(AskId("bob"), "Hello"))
    assert 1 == await worker.round()
    heart.flex.gate.set()
    await until(lambda: len(heart.flex.sent(bobs)) == 1, what="Bob's words")
    await deliver_all(heart, worker)
    assert [MessageStatus.SENT] * 6 == await statuses(heart)
