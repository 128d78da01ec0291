"""Deliveries: in order, once, and what happens when they do not come through."""

from dataclasses import replace
from typing import TypeVar
from unittest.mock import Mock

from middleware.relay.deliver import Deliver
from middleware.relay.errors import ChatGone, NotSent, OutcomeUnknown, Refused, StoreUnavailable
from middleware.relay.hands import Hands
from middleware.relay.model import (
    Agent,
    AgentChanged,
    AgentJoined,
    ChatEnded,
    Ended,
    Ender,
    EventKey,
    MessageStatus,
    StatusChanged,
    VisitorId,
)
from middleware.relay.ports import Store, Unit, View
from middleware.relay.to_flex import ToFlex
from middleware.relay.to_visitor import ToVisitor
from tests.relay.house import ADA, PACE, Heart
from tests.waiting import until

BOB = VisitorId("bob")
T = TypeVar("T")


async def statuses(heart: Heart) -> list[MessageStatus]:
    return [message.status for message in await heart.messages()]


async def test_the_first_say_waits_behind_its_open(heart: Heart) -> None:
    """No message is sent into a channel that is not there yet."""
    await heart.from_visitor.open(ADA)
    await heart.say("Hello")
    await heart.deliver_all()
    assert ["open", "say"] == heart.flex.calls


async def test_a_sent_message_is_told_as_sent(heart: Heart) -> None:
    """The visitor sees that it arrived."""
    await heart.open()
    await heart.say("Hello")
    await heart.deliver_all()
    assert StatusChanged(1, MessageStatus.SENT) == heart.bell.rung[-1]
    assert [MessageStatus.SENT] == await statuses(heart)


async def test_a_message_flex_did_not_take_is_sent_again_without_looking(heart: Heart) -> None:
    """429 is safe to repeat."""
    _, ref = await heart.open()
    message = await heart.say("Hello")
    heart.flex.before.append(NotSent("429"))
    await heart.deliver_all()
    assert [] == heart.flex.sent(ref)
    heart.clock.pass_seconds(PACE.backoff_first)
    await heart.deliver_all()
    assert [message.id] == heart.flex.sent(ref)
    assert "find_sent" not in heart.flex.calls


async def test_a_message_whose_answer_was_lost_is_not_sent_twice(heart: Heart) -> None:
    """Flex had taken it; looking finds it."""
    _, ref = await heart.open()
    message = await heart.say("Hello")
    heart.flex.after.append(OutcomeUnknown("reset"))
    await heart.deliver_all()
    heart.clock.pass_seconds(PACE.backoff_first)
    await heart.deliver_all()
    assert [message.id] == heart.flex.sent(ref)
    assert ["open", "say", "find_sent"] == heart.flex.calls
    assert [MessageStatus.SENT] == await statuses(heart)


async def test_a_message_lost_on_the_way_is_sent_after_looking(heart: Heart) -> None:
    """Flex had not taken it; looking finds nothing."""
    _, ref = await heart.open()
    message = await heart.say("Hello")
    heart.flex.before.append(OutcomeUnknown("502"))
    await heart.deliver_all()
    heart.clock.pass_seconds(PACE.backoff_first)
    await heart.deliver_all()
    assert [message.id] == heart.flex.sent(ref)
    assert ["open", "say", "find_sent", "say"] == heart.flex.calls


async def test_the_echo_settles_a_message_whose_answer_was_lost(heart: Heart) -> None:
    """The webhook is a receipt as good as the answer."""
    _, ref = await heart.open()
    await heart.say("Hello")
    heart.flex.after.append(OutcomeUnknown("reset"))
    await heart.deliver_all()
    echo = heart.flex.lists[ref][0]
    assert echo is not None
    await heart.from_flex.accept(echo)
    heart.clock.pass_seconds(PACE.backoff_most)
    await heart.deliver_all()
    assert ["open", "say"] == heart.flex.calls
    assert [MessageStatus.SENT] == await statuses(heart)


async def test_order_is_kept_while_a_message_waits(heart: Heart) -> None:
    """The second does not overtake the first."""
    _, ref = await heart.open()
    heart.flex.before.append(NotSent("429"))
    said = [await heart.say("one"), await heart.say("two"), await heart.say("three")]
    await heart.deliver_all()
    assert [] == heart.flex.sent(ref)
    heart.clock.pass_seconds(PACE.backoff_first)
    await heart.deliver_all()
    assert [message.id for message in said] == heart.flex.sent(ref)


async def test_a_stuck_chat_does_not_slow_another(heart: Heart) -> None:
    """Order is kept for each chat, not for all of them."""
    await heart.open(ADA)
    _, bobs = await heart.open(BOB)
    await heart.say("one", ADA)
    heart.flex.before.append(NotSent("429", retry_after=600))
    await heart.deliver_all()
    message = await heart.say("two", BOB)
    await heart.deliver_all()
    assert [message.id] == heart.flex.sent(bobs)


async def test_a_refused_message_is_told_as_failed_and_the_next_goes_on(heart: Heart) -> None:
    """The visitor may send it again; the chat is not over."""
    _, ref = await heart.open()
    await heart.say("bad")
    good = await heart.say("good")
    heart.flex.before.append(Refused("400"))
    await heart.deliver_all()
    assert StatusChanged(1, MessageStatus.FAILED) in heart.bell.rung
    assert [good.id] == heart.flex.sent(ref)
    assert [MessageStatus.FAILED, MessageStatus.SENT] == await statuses(heart)


async def test_a_message_that_never_comes_through_is_given_up(heart: Heart) -> None:
    """After the last attempt the visitor is told, rather than left waiting."""
    await heart.open()
    await heart.say("Hello")
    for _ in range(PACE.attempts):
        heart.flex.before.append(NotSent("no connection"))
        await heart.deliver_all()
        heart.clock.pass_seconds(PACE.backoff_most)
    assert [MessageStatus.FAILED] == await statuses(heart)


async def test_a_chat_that_cannot_be_opened_ends_with_its_messages_failed(heart: Heart) -> None:
    """Nothing could ever be delivered there; the visitor may try a new one."""
    await heart.from_visitor.open(ADA)
    await heart.say("Hello")
    heart.flex.before.append(Refused("the flow is gone"))
    await heart.deliver_all()
    assert [StatusChanged(1, MessageStatus.FAILED), ChatEnded(Ender.HOUSE)] == heart.bell.rung[-2:]
    assert ["open"] == heart.flex.calls


async def test_a_channel_that_is_gone_ends_the_chat(heart: Heart) -> None:
    """Somebody deleted it; saying more into it is no use."""
    await heart.open()
    await heart.say("one")
    await heart.say("two")
    heart.flex.before.append(ChatGone("404"))
    await heart.deliver_all()
    assert ChatEnded(Ender.FLEX) == heart.bell.rung[-1]
    assert [MessageStatus.FAILED] * 2 == await statuses(heart)


async def test_a_half_made_channel_is_finished_by_the_next_attempt(heart: Heart) -> None:
    """Opening is asked again, and it is the same address."""
    await heart.from_visitor.open(ADA)
    heart.flex.after.append(OutcomeUnknown("cut"))
    await heart.deliver_all()
    heart.clock.pass_seconds(PACE.backoff_first)
    await heart.deliver_all()
    assert ["open", "open"] == heart.flex.calls
    assert 1 == len(heart.flex.lists)


async def test_a_message_for_a_chat_the_agent_has_ended_is_told_as_failed(heart: Heart) -> None:
    """An inactive channel takes messages that nobody will read."""
    _, ref = await heart.open()
    heart.flex.before.append(NotSent("429"))
    await heart.say("too late")
    await heart.deliver_all()
    await heart.from_flex.accept(Ended(ref, EventKey("end")))
    heart.clock.pass_seconds(PACE.backoff_first)
    await heart.deliver_all()
    assert [] == heart.flex.sent(ref)
    assert [MessageStatus.FAILED] == await statuses(heart)


async def test_deliveries_of_a_node_that_died_are_looked_for_first(heart: Heart) -> None:
    """It may have died between sending and settling."""
    _, ref = await heart.open()
    message = await heart.say("Hello")
    now = heart.clock.now()
    claimed = await heart.store.write(lambda tx: tx.claim(now=now, until=now + 60, limit=8))
    await heart.flex.say(ref, message)  # … and the node dies here.
    assert 1 == len(claimed)
    await heart.to_flex.recover()
    await heart.deliver_all()
    assert [message.id] == heart.flex.sent(ref)
    assert "find_sent" in heart.flex.calls


async def test_the_agents_name_is_asked_for_and_told(heart: Heart) -> None:
    """The visitor reads a name, not an identity."""
    _, ref = await heart.open()
    heart.flex.names["alex"] = "Alex Rivera"
    await heart.from_flex.accept(AgentJoined(ref, EventKey("joined"), "alex"))
    await heart.deliver_all()
    assert AgentChanged(Agent("alex", "Alex Rivera")) == heart.bell.rung[-1]


async def test_an_unknown_name_holds_nothing_up(heart: Heart) -> None:
    """A chat without the agent's name is still a chat."""
    _, ref = await heart.open()
    await heart.from_flex.accept(AgentJoined(ref, EventKey("joined"), "alex"))
    message = await heart.say("Hello")
    heart.flex.before.append(Refused("403"))
    await heart.deliver_all()
    assert [message.id] == heart.flex.sent(ref)


async def test_the_agents_words_ask_for_the_name_again(heart: Heart) -> None:
    """TaskRouter was away when they came."""
    _, ref = await heart.open()
    heart.flex.names["alex"] = "Alex Rivera"
    await heart.from_flex.accept(AgentJoined(ref, EventKey("joined"), "alex"))
    heart.flex.before.append(OutcomeUnknown("503"))
    await heart.deliver_all()
    await heart.from_flex.accept(heart.flex.speak(ref, "Hi"))
    await heart.deliver_all()
    assert AgentChanged(Agent("alex", "Alex Rivera")) == heart.bell.rung[-1]


async def test_a_name_that_flex_does_not_know_is_asked_for_once(heart: Heart) -> None:
    """An agent without a worker may say much; a call to TaskRouter for each of their words would be a flood."""
    _, ref = await heart.open()
    await heart.from_flex.accept(AgentJoined(ref, EventKey("joined"), "alex"))
    await heart.deliver_all()
    for text in ("Hi", "Are you there?"):
        await heart.from_flex.accept(heart.flex.speak(ref, text))
        await heart.deliver_all()
    assert 1 == heart.flex.calls.count("agent_name")
    assert AgentChanged(Agent("alex")) == next(news for news in heart.bell.rung if isinstance(news, AgentChanged))


async def test_an_unforeseen_error_is_an_unknown_outcome(heart: Heart) -> None:
    """One broken answer must not end deliveries for everyone, nor be tried for ever."""
    _, ref = await heart.open()
    message = await heart.say("Hello")
    heart.flex.after.append(KeyError("a bug"))
    await heart.deliver_all()
    heart.clock.pass_seconds(PACE.backoff_first)
    await heart.deliver_all()
    assert [message.id] == heart.flex.sent(ref)
    await heart.say("Never")
    for _ in range(PACE.attempts):
        heart.flex.before.append(KeyError("a bug"))
        await heart.deliver_all()
        heart.clock.pass_seconds(PACE.backoff_most)
    assert [MessageStatus.SENT, MessageStatus.FAILED] == await statuses(heart)


async def test_a_look_that_is_turned_away_does_not_clear_the_doubt(heart: Heart) -> None:
    """Only a look that was taken may lead to sending again."""
    _, ref = await heart.open()
    message = await heart.say("Hello")
    heart.flex.after.append(OutcomeUnknown("reset"))
    await heart.deliver_all()
    for error in (NotSent("429"), OutcomeUnknown("503"), Refused("403")):
        heart.clock.pass_seconds(PACE.backoff_most)
        heart.flex.before.append(error)
        await heart.deliver_all()
    heart.clock.pass_seconds(PACE.backoff_most)
    await heart.deliver_all()
    assert [message.id] == heart.flex.sent(ref)
    assert [MessageStatus.SENT] == await statuses(heart)


async def test_what_its_echo_has_settled_is_not_told_as_failed(heart: Heart) -> None:
    """The echo came while the call was still under way, and the call then failed for good."""
    _, ref = await heart.open()
    message = await heart.say("Hello")
    now = heart.clock.now()
    (delivery,) = await heart.store.write(lambda tx: tx.claim(now=now, until=now + 60, limit=8))
    await heart.flex.say(ref, message)
    echo = heart.flex.lists[ref][0]
    assert echo is not None
    await heart.from_flex.accept(echo)
    heart.flex.before.append(Refused("400"))
    await heart.deliver(delivery)
    assert [MessageStatus.SENT] == await statuses(heart)


class _AwayOnce:
    """A store that cannot be written just when a delivery is to be settled."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.away = 0

    async def write(self, unit: Unit[T]) -> T:
        if self.away:
            self.away -= 1
            raise StoreUnavailable("locked")
        return await self._store.write(unit)

    async def read(self, view: View[T]) -> T:
        return await self._store.read(view)


async def test_a_delivery_that_could_not_be_settled_does_not_wait_for_its_lease(heart: Heart) -> None:
    """The store was away for a moment; the chat must not stand still for a minute."""
    _, ref = await heart.open()
    store = _AwayOnce(heart.store)
    pace = replace(PACE, backoff_first=0.01)
    to_visitor = ToVisitor(heart.bell)
    deliver = Deliver(store, flex=heart.flex, to_visitor=to_visitor, clock=heart.clock, pace=pace)
    worker = ToFlex(store, deliver=deliver, clock=heart.clock, pace=pace)
    message = await heart.say("Hello")
    await worker.round()
    store.away = 2
    await worker.idle()
    await worker.round()
    await worker.idle()
    assert [message.id] == heart.flex.sent(ref)
    assert [MessageStatus.SENT] == await statuses(heart)


async def test_what_stands_behind_a_message_that_came_out_of_turn_is_looked_for(heart: Heart) -> None:
    """An agent's words, not told yet, have the index before it: then its delivery is settled with its echo."""
    _, ref = await heart.open()
    heart.flex.speak(ref, "not told yet")
    messages = [await heart.say(text) for text in ("one", "two")]
    now = heart.clock.now()
    (first,) = await heart.store.write(lambda tx: tx.claim(now=now, until=now + PACE.lease, limit=8))
    hands = Mock(spec=Hands)
    hands.claiming.side_effect = lambda **_: None
    assert await heart.deliver(first, hands)
    await until(lambda: hands.settled.called, what="the settling")
    hands.wake.assert_called_once_with()
    await heart.deliver_all()
    assert [message.id for message in messages] == heart.flex.sent(ref)


class _LongAway(_AwayOnce):
    """A store that lets the handing back wait until the lease has run out and somebody else has the claim."""

    def __init__(self, heart: Heart) -> None:
        super().__init__(heart.store)
        self._heart = heart
        self.until = 0.0

    async def write(self, unit: Unit[T]) -> T:
        if not self.away and not self.until:
            self._heart.clock.pass_seconds(PACE.lease + 1)
            now = self._heart.clock.now()
            self.until = now + PACE.lease
            await self._store.write(lambda tx: tx.claim(now=now, until=self.until, limit=8))
        return await super().write(unit)


async def test_a_claim_that_is_anothers_by_now_is_not_handed_back(heart: Heart) -> None:
    """Its new holder may be posting just now; a third would look, find nothing, and post it again."""
    await heart.open()
    pace = replace(PACE, backoff_first=0.01)
    await heart.say("Hello")
    away = _LongAway(heart)
    deliver = Deliver(away, flex=heart.flex, to_visitor=ToVisitor(heart.bell), clock=heart.clock, pace=pace)
    away.until = -1.0
    worker = ToFlex(away, deliver=deliver, clock=heart.clock, pace=pace)
    await worker.round()
    away.away, away.until = 1, 0.0
    await worker.idle()
    assert away.until == await heart.store.read(lambda reading: reading.next_due())


class Forgetful(_AwayOnce):
    """A store that makes claims and then cannot say so."""

    async def write(self, unit: Unit[T]) -> T:
        done = await self._store.write(unit)
        if self.away:
            self.away -= 1
            raise StoreUnavailable("the connection was lost at the commit")
        return done


async def test_claims_that_the_store_could_not_tell_of_do_not_wait_for_their_lease(heart: Heart) -> None:
    """The connection broke at the commit: the claims are made, and nobody knows of them."""
    _, ref = await heart.open()
    store = Forgetful(heart.store)
    deliver = Deliver(store, flex=heart.flex, to_visitor=ToVisitor(heart.bell), clock=heart.clock, pace=PACE)
    worker = ToFlex(store, deliver=deliver, clock=heart.clock, pace=PACE)
    message = await heart.say("Hello")
    store.away = 1
    assert 0 == await worker.round()
    assert 1 == await worker.round()
    await worker.idle()
    assert [message.id] == heart.flex.sent(ref)
