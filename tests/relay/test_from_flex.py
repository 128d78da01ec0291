"""Events: once, in Flex's order, whatever order they come in."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from middleware.relay.applying import Fate
from middleware.relay.model import (
    Agent,
    AgentChanged,
    AgentJoined,
    AgentLeft,
    Author,
    ChatEnded,
    Ended,
    Ender,
    Event,
    EventKey,
    FlexRef,
    MessageSaid,
    MessageStatus,
    Said,
    VisitorId,
)
from tests.relay.house import ADA, PACE, Heart, open_heart

BOB = VisitorId("bob")


async def test_an_agents_words_reach_the_visitor(heart: Heart) -> None:
    """Stored first, rung then."""
    _, ref = await heart.open()
    assert Fate.APPLIED == await heart.from_flex.accept(heart.flex.speak(ref, "Hi"))
    (message,) = await heart.messages()
    assert ("Hi", Author.AGENT, 1) == (message.text, message.author, message.seq)
    assert MessageSaid(message) == heart.bell.rung[-1]


async def test_an_event_that_comes_twice_changes_nothing(heart: Heart) -> None:
    """Twilio asks again when our answer was late."""
    _, ref = await heart.open()
    event = heart.flex.speak(ref, "Hi")
    await heart.from_flex.accept(event)
    rung = list(heart.bell.rung)
    assert Fate.REPEATED == await heart.from_flex.accept(event)
    assert ["Hi"] == await heart.texts()
    assert rung == heart.bell.rung


async def test_the_visitors_own_words_told_as_a_strangers_change_nothing(heart: Heart) -> None:
    """Whoever wrote the message's attributes anew took our id out: its index says which it is."""
    _, ref = await heart.open()
    await heart.say("Hello")
    await heart.deliver_all()
    (echo,) = await heart.flex.history(ref, after_index=-1)
    assert Fate.REPEATED == await heart.from_flex.accept(echo)
    nameless = Said(ref, echo.key, 0, Author.BOT, "visitor", "Hello")
    assert Fate.REPEATED == await heart.from_flex.accept(nameless)
    heart.clock.pass_seconds(PACE.look_back)
    await heart.look()
    assert ["Hello"] == await heart.texts()


async def test_a_message_whose_place_a_stranger_took_is_sent_all_the_same(heart: Heart) -> None:
    """Told nameless before Flex has answered, it stands there as another's; ours must not be under way for ever."""
    _, ref = await heart.open()
    heart.flex.gate.clear()
    await heart.say("Hello")
    await heart.to_flex.round()
    key = EventKey(f"message:{ref}:0")
    await heart.from_flex.accept(Said(ref, key, 0, Author.BOT, "visitor", "Hello"))
    await heart.from_flex.accept(Said(ref, EventKey(f"message:{ref}:1"), 1, Author.BOT, "bot", "Hi"))
    heart.flex.gate.set()
    await heart.to_flex.idle()
    assert [MessageStatus.SENT] * 3 == [message.status for message in await heart.messages()]
    assert Fate.REPEATED == await heart.from_flex.accept(Said(ref, key, 0, Author.BOT, "visitor", "Hello"))
    assert 3 == len(await heart.messages())


async def test_what_came_in_its_turn_needs_no_key_to_be_known_again(heart: Heart) -> None:
    """One row less for every message there is."""
    _, ref = await heart.open()
    event = heart.flex.speak(ref, "Hi")
    await heart.from_flex.accept(event)
    assert await heart.store.write(lambda tx: tx.remember(event.key, ref=ref, at=1.0))


async def test_an_event_of_a_strange_chat_is_let_pass(heart: Heart) -> None:
    """Another application may share the account's chat service."""
    await heart.open()
    assert Fate.STRANGER == await heart.from_flex.accept(heart.flex.speak(FlexRef("elsewhere"), "Hi"))
    assert [] == await heart.texts()


async def test_an_event_that_outran_its_open_waits_for_it(heart: Heart) -> None:
    """A flow may greet before our answer to the opening has arrived."""
    chat = await heart.from_visitor.open(ADA)
    ref = FlexRef(f"ref-{chat.id}")
    early = heart.flex.speak(ref, "Welcome", author=Author.BOT)
    assert Fate.HELD == await heart.from_flex.accept(early)
    assert Fate.REPEATED == await heart.from_flex.accept(early)
    await heart.deliver_all()
    assert ["Welcome"] == await heart.texts()


async def test_the_end_is_told_once(heart: Heart) -> None:
    """However often Flex writes its attributes."""
    _, ref = await heart.open()
    await heart.from_flex.accept(Ended(ref, EventKey("end")))
    await heart.from_flex.accept(Ended(ref, EventKey("end")))
    await heart.from_flex.accept(Ended(ref, EventKey("another end")))
    assert 1 == heart.bell.rung.count(ChatEnded(Ender.FLEX))


async def test_words_that_arrive_behind_the_end_are_not_lost(heart: Heart) -> None:
    """Webhooks have no order; the agent's goodbye may be the later one."""
    _, ref = await heart.open()
    goodbye = heart.flex.speak(ref, "Goodbye")
    await heart.from_flex.accept(Ended(ref, EventKey("end")))
    await heart.from_flex.accept(goodbye)
    assert ["Goodbye"] == await heart.texts()


async def test_an_agent_comes_and_goes(heart: Heart) -> None:
    """The page shows who is there."""
    _, ref = await heart.open()
    await heart.from_flex.accept(AgentJoined(ref, EventKey("in"), "alex"))
    await heart.from_flex.accept(AgentLeft(ref, EventKey("out"), "alex"))
    assert [AgentChanged(Agent("alex")), AgentChanged(None)] == heart.bell.rung[-2:]


async def test_an_agent_who_left_before_their_coming_was_told_is_not_there(heart: Heart) -> None:
    """Webhooks have no order; whoever comes once more comes as another member."""
    _, ref = await heart.open()
    before = heart.bell.rung[:]
    await heart.from_flex.accept(AgentLeft(ref, EventKey("out"), "alex", coming=EventKey("in")))
    await heart.from_flex.accept(AgentJoined(ref, EventKey("in"), "alex"))
    assert before == heart.bell.rung
    await heart.from_flex.accept(AgentJoined(ref, EventKey("in again"), "alex"))
    assert AgentChanged(Agent("alex")) == heart.bell.rung[-1]


async def test_the_leaving_of_another_agent_changes_nothing(heart: Heart) -> None:
    """After a transfer the old agent leaves behind the new one's coming."""
    _, ref = await heart.open()
    await heart.from_flex.accept(AgentJoined(ref, EventKey("in 1"), "alex"))
    await heart.from_flex.accept(AgentJoined(ref, EventKey("in 2"), "kim"))
    await heart.from_flex.accept(AgentLeft(ref, EventKey("out 1"), "alex"))
    assert AgentChanged(Agent("kim")) == heart.bell.rung[-1]


async def test_a_speaking_agent_is_in_the_chat_even_if_the_coming_was_lost(heart: Heart) -> None:
    """Their name is asked for all the same."""
    _, ref = await heart.open()
    heart.flex.names["alex"] = "Alex Rivera"
    await heart.from_flex.accept(heart.flex.speak(ref, "Hi"))
    await heart.deliver_all()
    await heart.from_flex.accept(heart.flex.speak(ref, "How can I help?"))
    assert [None, "Alex Rivera"] == [message.name for message in await heart.messages()]


async def test_words_posted_in_the_agents_name_are_the_agents(heart: Heart) -> None:
    """A plugin that posts through the API speaks for its agent, not as a bot."""
    _, ref = await heart.open()
    await heart.from_flex.accept(AgentJoined(ref, EventKey("in"), "alex"))
    await heart.from_flex.accept(heart.flex.speak(ref, "By API", author=Author.BOT, who="alex"))
    await heart.from_flex.accept(heart.flex.speak(ref, "A bot", author=Author.BOT, who="robot"))
    assert [Author.AGENT, Author.BOT] == [message.author for message in await heart.messages()]


async def test_two_visitors_hear_their_own_chat_only(heart: Heart) -> None:
    """The first rule of the house."""
    _, adas = await heart.open(ADA)
    _, bobs = await heart.open(BOB)
    await heart.from_flex.accept(heart.flex.speak(adas, "for Ada"))
    await heart.from_flex.accept(heart.flex.speak(bobs, "for Bob"))
    assert ["for Ada"] == await heart.texts(ADA)
    assert ["for Bob"] == await heart.texts(BOB)


async def test_a_hole_is_waited_for(heart: Heart) -> None:
    """The later message is not shown before the earlier one."""
    _, ref = await heart.open()
    first, second = heart.flex.speak(ref, "one"), heart.flex.speak(ref, "two")
    assert Fate.HELD == await heart.from_flex.accept(second)
    assert [] == await heart.texts()
    await heart.from_flex.accept(first)
    assert ["one", "two"] == await heart.texts()


async def test_a_receipt_that_outran_an_earlier_message_still_tells_sent(heart: Heart) -> None:
    """The visitor's own status does not wait for somebody else's webhook."""
    _, ref = await heart.open()
    late = heart.flex.speak(ref, "first")
    await heart.say("second")
    await heart.deliver_all()
    assert ["sent"] == [message.status for message in await heart.messages()]
    await heart.from_flex.accept(late)
    await heart.from_flex.accept(heart.flex.speak(ref, "third"))
    assert ["second", "first", "third"] == await heart.texts()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), count=st.integers(1, 12))
async def test_any_order_any_number_of_times_comes_out_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, count: int
) -> None:
    """The property the whole room exists for."""
    async with open_heart(tmp_path_factory.mktemp("heart")) as heart:
        _, ref = await heart.open()
        events: list[Event] = [heart.flex.speak(ref, str(n)) for n in range(count)]
        copies = data.draw(st.lists(st.sampled_from(events), max_size=20)) + events
        random.Random(data.draw(st.integers())).shuffle(copies)  # noqa: S311 — a test's shuffle
        for event in copies:
            await heart.from_flex.accept(event)
        assert [str(n) for n in range(count)] == await heart.texts()
        assert [m.message.seq for m in heart.bell.rung if isinstance(m, MessageSaid)] == list(range(1, count + 1))
