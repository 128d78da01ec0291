"""Looking back at Flex's own list."""

from middleware.relay.applying import GAP_PATIENCE
from middleware.relay.errors import ChatGone, NotSent
from middleware.relay.model import AgentJoined, Author, ChatEnded, Ended, Ender, EventKey, MessageStatus, VisitorId
from tests.relay.house import ADA, PACE, Heart


async def test_a_lost_webhook_is_filled_in_soon_after_the_next(heart: Heart) -> None:
    """The next message shows the hole; Flex's list fills it."""
    _, ref = await heart.open()
    heart.flex.speak(ref, "lost")
    await heart.from_flex.accept(heart.flex.speak(ref, "came"))
    assert [] == await heart.texts()
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    assert ["lost", "came"] == await heart.texts()


async def test_what_is_filled_in_and_then_comes_late_is_not_said_twice(heart: Heart) -> None:
    """The lost webhook was only slow."""
    _, ref = await heart.open()
    slow = heart.flex.speak(ref, "slow")
    await heart.from_flex.accept(heart.flex.speak(ref, "quick"))
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    await heart.from_flex.accept(slow)
    assert ["slow", "quick"] == await heart.texts()


async def test_a_hole_in_flexs_own_list_is_waited_for_no_longer(heart: Heart) -> None:
    """Somebody deleted the message; the chat goes on."""
    _, ref = await heart.open()
    heart.flex.lists[ref].append(None)
    await heart.from_flex.accept(heart.flex.speak(ref, "after the hole"))
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    await heart.from_flex.accept(heart.flex.speak(ref, "and on"))
    assert ["after the hole", "and on"] == await heart.texts()


async def test_a_silent_chat_is_looked_at_now_and_then(heart: Heart) -> None:
    """The last webhook of a chat shows no hole when it is lost."""
    _, ref = await heart.open()
    heart.flex.speak(ref, "lost")
    heart.clock.pass_seconds(PACE.look_back)
    await heart.look()
    assert ["lost"] == await heart.texts()


async def test_after_a_restart_every_open_chat_is_looked_at(heart: Heart) -> None:
    """Whatever was said while we were away."""
    _, ref = await heart.open()
    heart.flex.speak(ref, "while you were away")
    await heart.sweep.recover()
    await heart.look()
    assert ["while you were away"] == await heart.texts()


async def test_an_end_that_was_missed_is_found(heart: Heart) -> None:
    """The agent ended while our webhook was out of reach."""
    _, ref = await heart.open()
    heart.flex.extra[ref].append(Ended(ref, EventKey("end")))
    heart.clock.pass_seconds(PACE.look_back)
    await heart.look()
    assert ChatEnded(Ender.FLEX) == heart.bell.rung[-1]


async def test_the_goodbye_before_an_end_is_found_when_its_webhook_was_lost(heart: Heart) -> None:
    """After the end one more look is taken, and then none."""
    _, ref = await heart.open()
    heart.flex.speak(ref, "Goodbye")
    await heart.from_flex.accept(Ended(ref, EventKey("end")))
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    assert ["Goodbye"] == await heart.texts()
    heart.clock.pass_seconds(86400)
    assert 0 == await heart.look()


async def test_our_own_message_in_the_list_settles_it(heart: Heart) -> None:
    """The list is a receipt too."""
    _, ref = await heart.open()
    message = await heart.say("Hello")
    await heart.flex.say(ref, message)  # … by a node that died.
    heart.clock.pass_seconds(PACE.look_back)
    await heart.look()
    await heart.deliver_all()
    assert [message.id] == heart.flex.sent(ref)
    assert [MessageStatus.SENT] == [m.status for m in await heart.messages()]


async def test_a_chat_whose_channel_is_gone_ends(heart: Heart) -> None:
    """Somebody deleted it at Flex."""
    await heart.open()
    heart.clock.pass_seconds(PACE.look_back)
    heart.flex.before.append(ChatGone("404"))
    await heart.look()
    assert ChatEnded(Ender.FLEX) == heart.bell.rung[-1]


async def test_a_look_that_fails_is_taken_again(heart: Heart) -> None:
    """Flex may be out of reach just then; when it is back, nobody waits for the end of a lease."""
    _, ref = await heart.open()
    heart.flex.speak(ref, "lost")
    heart.clock.pass_seconds(PACE.look_back)
    heart.flex.before.append(NotSent("no connection"))
    await heart.look()
    heart.clock.pass_seconds(PACE.backoff_most)
    await heart.look()
    assert ["lost"] == await heart.texts()


async def test_the_longer_a_chat_is_silent_the_rarer_the_looks(heart: Heart) -> None:
    """Ten thousand forgotten chats must not keep Twilio busy."""
    await heart.open()
    looks = 0
    for _ in range(24 * 60):
        heart.clock.pass_seconds(60)
        looks += await heart.look()
    assert 30 <= looks <= 60


async def test_agents_found_in_the_list_speak_as_agents(heart: Heart) -> None:
    """The list does not say who used an SDK; who is in the chat does."""
    _, ref = await heart.open()
    heart.flex.speak(ref, "Hi", author=Author.BOT, who="alex")
    heart.flex.extra[ref].append(AgentJoined(ref, EventKey("in"), "alex"))
    events = await heart.flex.history(ref, after_index=-1)
    heart.flex.extra[ref].clear()
    assert 2 == len(events)
    await heart.from_flex.accept(events[1])
    await heart.sweep.recover()
    await heart.look()
    assert [Author.AGENT] == [message.author for message in await heart.messages()]
    assert ADA == (await heart.open())[0].visitor


async def test_a_hole_that_the_list_cannot_fill_yet_is_looked_at_again(heart: Heart) -> None:
    """Flex's list may lag behind its webhooks, also at the end of a chat."""
    _, ref = await heart.open()
    late = heart.flex.speak(ref, "late in the list")
    early = heart.flex.speak(ref, "held")
    heart.flex.lists[ref].clear()
    await heart.from_flex.accept(early)
    await heart.from_flex.accept(Ended(ref, EventKey("end")))
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    assert [] == await heart.texts()
    heart.flex.lists[ref] += [late, early]
    heart.clock.pass_seconds(2 * GAP_PATIENCE)
    await heart.look()
    assert ["late in the list", "held"] == await heart.texts()


async def test_an_event_held_while_a_look_was_under_way_is_not_forgotten(heart: Heart) -> None:
    """The look ends by planning the next; it must see what was held meanwhile."""
    chat, ref = await heart.open()
    heart.clock.pass_seconds(4 * 3600)
    heart.flex.speak(ref, "lost")
    held = heart.flex.speak(ref, "held")
    lists, heart.flex.lists[ref] = heart.flex.lists[ref], []
    await heart.from_flex.accept(held)
    await heart.sweep.look(chat)
    heart.flex.lists[ref] = lists
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    assert ["lost", "held"] == await heart.texts()


async def test_looks_leave_most_of_the_calls_to_what_visitors_say(heart: Heart) -> None:
    """Ten thousand chats are open, and a message is not to stand in line behind the looks at them."""
    for number in range(5):
        _, ref = await heart.open(VisitorId(f"v{number}"))
        heart.flex.speak(ref, "lost")
    heart.clock.pass_seconds(PACE.look_back)
    rounds = []
    while begun := await heart.sweep.round():
        rounds.append(begun)
        assert 0 == await heart.sweep.round(), "there is no room while those are under way"
        await heart.sweep.idle()
    assert [PACE.at_once // 4, PACE.at_once // 4, 1] == rounds
