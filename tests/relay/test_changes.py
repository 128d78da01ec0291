"""Messages reworded or withdrawn at Flex: the visitor ends with what Flex has, whatever overtakes what."""

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from middleware.relay.applying import GAP_PATIENCE, Fate
from middleware.relay.errors import OutcomeUnknown
from middleware.relay.model import (
    Author,
    Edited,
    Ended,
    Event,
    EventKey,
    FlexRef,
    MessageChanged,
    MessageSaid,
    MessageStatus,
)
from middleware.relay.to_visitor import PAGE, since
from tests.relay.house import ADA, PACE, Heart, open_heart


async def told(heart: Heart) -> list[tuple[str, Edited | None]]:
    return [(message.text, message.edited) for message in await heart.messages()]


async def said(heart: Heart, ref: FlexRef, *texts: str) -> None:
    for text in texts:
        await heart.from_flex.accept(heart.flex.speak(ref, text))


def changes(heart: Heart) -> list[str]:
    return [news.message.text for news in heart.bell.rung if isinstance(news, MessageChanged)]


async def test_a_reworded_message_keeps_its_place_and_gets_its_new_text(heart: Heart) -> None:
    """The agent mends a slip; the page is told once."""
    _, ref = await heart.open()
    await said(heart, ref, "Helo", "How are you?")
    event = heart.flex.reword(ref, 0, "Hello", at=5.2)
    assert Fate.APPLIED == await heart.from_flex.accept(event)
    assert Fate.REPEATED == await heart.from_flex.accept(event)
    assert [("Hello", Edited.REWORDED), ("How are you?", None)] == await told(heart)
    assert [MessageChanged((await heart.messages())[0])] == heart.bell.rung[-1:]
    assert ["Hello"] == changes(heart)


async def test_a_withdrawn_message_keeps_its_place_and_loses_its_text(heart: Heart) -> None:
    """It was for somebody else; nothing of it stays in the store."""
    _, ref = await heart.open()
    await said(heart, ref, "for somebody else", "for you")
    event = heart.flex.withdraw(ref, 0)
    await heart.from_flex.accept(event)
    assert Fate.REPEATED == await heart.from_flex.accept(event)
    assert [("", Edited.WITHDRAWN), ("for you", None)] == await told(heart)
    assert [""] == changes(heart)


async def test_an_older_rewording_does_not_turn_the_text_back(heart: Heart) -> None:
    """Webhooks have no order."""
    _, ref = await heart.open()
    await said(heart, ref, "one")
    older = heart.flex.reword(ref, 0, "two", at=5.2)
    newer = heart.flex.reword(ref, 0, "three", at=5.4)
    for event in (newer, older, newer, older):
        await heart.from_flex.accept(event)
    assert [("three", Edited.REWORDED)] == await told(heart)
    assert ["three"] == changes(heart)


async def test_a_withdrawn_message_does_not_come_back(heart: Heart) -> None:
    """Its last rewording is the slower webhook."""
    _, ref = await heart.open()
    await said(heart, ref, "one")
    slow = heart.flex.reword(ref, 0, "two", at=5.2)
    await heart.from_flex.accept(heart.flex.withdraw(ref, 0))
    await heart.from_flex.accept(slow)
    assert [("", Edited.WITHDRAWN)] == await told(heart)


async def test_an_update_that_changes_no_word_is_told_to_nobody(heart: Heart) -> None:
    """Flex writes attributes too."""
    _, ref = await heart.open()
    await said(heart, ref, "one")
    rung = len(heart.bell.rung)
    await heart.from_flex.accept(heart.flex.reword(ref, 0, "one", at=5.2))
    assert [("one", None)] == await told(heart)
    assert rung == len(heart.bell.rung)


async def test_a_rewording_that_outran_its_message_is_how_the_message_is_first_seen(heart: Heart) -> None:
    """The visitor never reads the slip; the newest of several holds."""
    _, ref = await heart.open()
    slow = heart.flex.speak(ref, "Helo")
    newer = heart.flex.reword(ref, 0, "Hello", at=5.4)
    older = replace(newer, key=EventKey("older"), text="Hallo", at=5.2)
    assert [Fate.HELD, Fate.HELD] == [await heart.from_flex.accept(event) for event in (newer, older)]
    assert [] == await told(heart)
    await heart.from_flex.accept(slow)
    assert [("Hello", None)] == await told(heart)
    assert [] == changes(heart)


async def test_a_removal_that_outran_its_message_keeps_it_from_being_seen(heart: Heart) -> None:
    """Nobody waits for it either: the next words go on at once."""
    _, ref = await heart.open()
    slow = heart.flex.speak(ref, "never seen")
    await heart.from_flex.accept(heart.flex.withdraw(ref, 0))
    await said(heart, ref, "next")
    assert [("next", None)] == await told(heart)
    await heart.from_flex.accept(slow)
    assert [("next", None)] == await told(heart)


async def test_what_waits_for_its_turn_is_changed_before_it_comes(heart: Heart) -> None:
    """Two messages are held behind a lost one: one is reworded, one withdrawn."""
    _, ref = await heart.open()
    late = heart.flex.speak(ref, "one")
    await said(heart, ref, "two", "three", "four")
    await heart.from_flex.accept(heart.flex.reword(ref, 1, "TWO", at=5.2))
    await heart.from_flex.accept(heart.flex.withdraw(ref, 2))
    await heart.from_flex.accept(late)
    assert [("one", None), ("TWO", None), ("four", None)] == await told(heart)
    assert [] == changes(heart)


async def test_a_removed_message_that_comes_twice_is_not_seen_either_time(heart: Heart) -> None:
    """It leaves no message in its place, so that it was told once is remembered otherwise."""
    _, ref = await heart.open()
    first, removed = heart.flex.speak(ref, "one"), heart.flex.speak(ref, "never seen")
    for event in (heart.flex.withdraw(ref, 1), first, removed):
        await heart.from_flex.accept(event)
    assert Fate.REPEATED == await heart.from_flex.accept(removed)
    for _ in range(3):
        heart.clock.pass_seconds(PACE.look_back)
        await heart.look()
    assert [("one", None)] == await told(heart)


async def test_changes_that_outran_the_opening_wait_for_it(heart: Heart) -> None:
    """A flow greets and mends its greeting before our answer to the opening has arrived."""
    chat = await heart.from_visitor.open(ADA)
    ref = FlexRef(f"ref-{chat.id}")
    early: list[Event] = [heart.flex.speak(ref, text, author=Author.BOT) for text in ("Welcom", "Oops")]
    early += [heart.flex.withdraw(ref, 1), heart.flex.reword(ref, 0, "Welcome", at=5.2)]
    assert [Fate.HELD] * 4 == [await heart.from_flex.accept(event) for event in early]
    await heart.deliver_all()
    assert [("Welcome", None)] == await told(heart)
    assert [] == changes(heart)


async def test_the_visitors_own_words_are_shown_as_flex_shows_them(heart: Heart) -> None:
    """A supervisor takes a card number out."""
    _, ref = await heart.open()
    await heart.say("my card is 4111")
    await heart.say("a mistake")
    await heart.deliver_all()
    await heart.from_flex.accept(heart.flex.reword(ref, 0, "my card is ****", at=5.2))
    await heart.from_flex.accept(heart.flex.withdraw(ref, 1))
    assert [("my card is ****", Edited.REWORDED), ("", Edited.WITHDRAWN)] == await told(heart)


async def test_a_change_to_our_own_message_is_a_receipt_of_it(heart: Heart) -> None:
    """Removed before our answer came: looking for it would not find it, and it must not be sent again."""
    _, ref = await heart.open()
    heart.flex.after.append(OutcomeUnknown("cut"))
    await heart.say("sent and removed")
    await heart.deliver_all()
    await heart.from_flex.accept(heart.flex.withdraw(ref, 0))
    heart.clock.pass_seconds(PACE.backoff_most)
    await heart.deliver_all()
    (message,) = await heart.messages()
    assert (MessageStatus.SENT, "", Edited.WITHDRAWN) == (message.status, message.text, message.edited)
    assert [] == heart.flex.sent(ref)


async def test_a_change_without_our_id_waits_for_the_receipt(heart: Heart) -> None:
    """Whoever changed it wrote its attributes anew, so only its index says which it is."""
    _, ref = await heart.open()
    message = await heart.say("hello")
    await heart.flex.say(ref, message)
    (echo,) = await heart.flex.history(ref, after_index=-1)
    nameless = replace(heart.flex.reword(ref, 0, "HELLO", at=5.2), ours=None)
    assert Fate.HELD == await heart.from_flex.accept(nameless)
    await heart.from_flex.accept(echo)
    assert [("HELLO", Edited.REWORDED)] == await told(heart)


async def test_a_message_found_in_the_list_comes_as_it_reads_now(heart: Heart) -> None:
    """Its first webhook was lost, and an older rewording is still under way."""
    _, ref = await heart.open()
    heart.flex.speak(ref, "one")
    older = heart.flex.reword(ref, 0, "two", at=5.2)
    heart.flex.reword(ref, 0, "three", at=5.4)
    heart.clock.pass_seconds(PACE.look_back)
    await heart.look()
    await heart.from_flex.accept(older)
    assert [("three", None)] == await told(heart)
    assert [] == changes(heart)


async def test_a_lost_rewording_is_found_at_the_next_look(heart: Heart) -> None:
    """Also one that was made through the API without webhooks."""
    _, ref = await heart.open()
    await said(heart, ref, "one")
    await heart.say("own")
    await heart.deliver_all()
    heart.flex.reword(ref, 0, "ONE", at=5.2)
    heart.flex.reword(ref, 1, "OWN", at=5.2)
    heart.clock.pass_seconds(PACE.look_back)
    await heart.look()
    assert [("ONE", Edited.REWORDED), ("OWN", Edited.REWORDED)] == await told(heart)


async def test_a_lost_removal_is_found_once_something_later_was_said(heart: Heart) -> None:
    """The list misses it between two others."""
    _, ref = await heart.open()
    await said(heart, ref, "one", "two", "three")
    heart.flex.withdraw(ref, 1)
    heart.clock.pass_seconds(PACE.look_back)
    await heart.look()
    assert [("one", None), ("", Edited.WITHDRAWN), ("three", None)] == await told(heart)


async def test_a_list_that_was_read_before_a_rewording_does_not_undo_it(heart: Heart) -> None:
    """The webhook came while the list was on its way to us, and both changes are of one second."""
    chat, ref = await heart.open()
    await said(heart, ref, "one")
    heart.flex.reword(ref, 0, "two", at=5.2)
    stale = await heart.flex.history(ref, after_index=0)
    before = heart.clock.now()
    heart.clock.pass_seconds(0.01)
    await heart.from_flex.accept(heart.flex.reword(ref, 0, "three", at=5.7))
    await heart.sweep._fill_in(chat, stale, began=before)
    assert [("three", Edited.REWORDED)] == await told(heart)


async def test_of_two_wordings_of_one_second_the_list_decides(heart: Heart) -> None:
    """The list tells no milliseconds, so a webhook behind it may be older or newer: a look soon says which."""
    _, ref = await heart.open()
    heart.flex.speak(ref, "one")
    heart.flex.reword(ref, 0, "two", at=5.2)
    heart.clock.pass_seconds(PACE.look_back)
    await heart.look()
    newest = heart.flex.reword(ref, 0, "three", at=5.7)
    await heart.from_flex.accept(newest)
    assert [("two", None)] == await told(heart)
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    assert [("three", Edited.REWORDED)] == await told(heart)


# --- what a removal leaves behind: a hole in the index


async def test_a_held_message_that_the_list_no_longer_has_is_not_waited_for(heart: Heart) -> None:
    """Its removal was lost, and so was the message before it. It is never shown, and nobody looks for it any more."""
    _, ref = await heart.open()
    heart.flex.speak(ref, "lost")
    await said(heart, ref, "held")
    heart.flex.withdraw(ref, 0)
    heart.flex.withdraw(ref, 1)
    await said(heart, ref, "after")
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    assert [("after", None)] == await told(heart)
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    assert [("after", None)] == await told(heart)
    assert None is await heart.store.write(lambda tx: tx.held_since(ref))


async def test_a_removed_message_that_comes_behind_its_place_is_not_shown(heart: Heart) -> None:
    """The list has passed over it before its slow webhook came; that of its removal is slower still."""
    _, ref = await heart.open()
    slow = heart.flex.speak(ref, "taken back")
    heart.flex.withdraw(ref, 0)
    await said(heart, ref, "after")
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    await heart.from_flex.accept(slow)
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    assert [("after", None)] == await told(heart)
    assert None is await heart.store.write(lambda tx: tx.held_since(ref))


async def test_a_message_that_the_list_passed_over_and_shows_later_is_not_lost(heart: Heart) -> None:
    """A list may show a message before an earlier one; then late is better than never."""
    _, ref = await heart.open()
    slow = heart.flex.speak(ref, "slow")
    await said(heart, ref, "quick")
    heart.flex.lists[ref][0] = None
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    heart.flex.lists[ref][0] = slow
    await heart.from_flex.accept(slow)
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    assert [("quick", None), ("slow", None)] == await told(heart)


async def test_an_ended_chat_is_not_looked_at_for_ever_for_a_message_that_was_removed(heart: Heart) -> None:
    """The last messages of the chat were removed while one of them waited for the other."""
    _, ref = await heart.open()
    heart.flex.speak(ref, "lost")
    await said(heart, ref, "held")
    heart.flex.withdraw(ref, 0)
    heart.flex.withdraw(ref, 1)
    await heart.from_flex.accept(Ended(ref, EventKey("end")))
    looks = []
    for _ in range(48):
        heart.clock.pass_seconds(3600)
        looks.append(await heart.look())
    assert [] == [look for look in looks[4:] if look]


# --- pages that were away


async def test_a_page_that_was_away_is_told_what_changed_before_its_position(heart: Heart) -> None:
    """And only that; what comes behind the position is as it reads now."""
    chat, ref = await heart.open()
    await said(heart, ref, "one", "two", "three", "four")
    for index in (0, 3):
        await heart.from_flex.accept(heart.flex.reword(ref, index, f"new {index}", at=5.2))
    await heart.from_flex.accept(heart.flex.withdraw(ref, 1))
    found = await since(heart.store, ADA, chat=chat.id, seq=3)
    assert found is not None
    assert [(1, "new 0"), (2, "")] == [(message.seq, message.text) for message in found.changed]
    assert ([(4, "new 3")], False) == ([(message.seq, message.text) for message in found.messages], found.reset)


async def test_more_changes_than_a_page_are_a_new_beginning(heart: Heart) -> None:
    """Unless the page heard them all: then it need not begin anew, again and again."""
    chat, ref = await heart.open()
    await said(heart, ref, *(f"{n}" for n in range(PAGE + 5)))
    for index in range(PAGE + 1):
        await heart.from_flex.accept(heart.flex.reword(ref, index, f"new {index}", at=5.2))
    away = await since(heart.store, ADA, chat=chat.id, seq=PAGE + 3)
    there = await since(heart.store, ADA, chat=chat.id, seq=PAGE + 3, current=True)
    assert away is not None
    assert there is not None
    assert (True, (), 1) == (away.reset, away.changed, away.messages[0].seq)
    assert (False, (), PAGE + 4) == (there.reset, there.changed, there.messages[0].seq)


# --- any order


class Town:
    """Somebody at Flex says, rewords and removes; webhooks come in any order, twice, or never; looks in between."""

    def __init__(self, heart: Heart, ref: FlexRef, dice: random.Random) -> None:
        self.heart, self.ref, self.dice = heart, ref, dice
        self.under_way: list[Event] = []
        self.time = 100.0

    async def something_happens(self) -> None:
        flex, there = self.heart.flex, [e.index for e in self.heart.flex.lists[self.ref] if e is not None]
        self.time += self.dice.choice([0.001, 0.1, 0.4, 3.0])
        self.heart.clock.pass_seconds(self.dice.choice([0.001, 0.3, GAP_PATIENCE]))
        match self.dice.choice(["say", "reword", "reword", "withdraw", "own", "come", "come", "come", "look"]):
            case "reword" if there:
                index = self.dice.choice(there)
                version = flex.rewordings[self.ref][index].text if index in flex.rewordings[self.ref] else "v0"
                self.tell(flex.reword(self.ref, index, f"v{int(version[1:]) + 1}", at=self.time))
            case "withdraw" if there:
                self.tell(flex.withdraw(self.ref, self.dice.choice(there)))
            case "own":
                await self.heart.say(f"v0 {len(there)}-{self.time}")
                await self.heart.deliver_all()
            case "look":
                await self.heart.look()
            case "come" if self.under_way:
                await self.one_comes()
            case _:
                self.tell(flex.speak(self.ref, "v0"))

    def tell(self, event: Event) -> None:
        self.under_way += [event] * self.dice.choice([0, 1, 1, 1, 2])

    async def one_comes(self) -> None:
        event = self.under_way.pop(self.dice.randrange(len(self.under_way)))
        await self.heart.from_flex.accept(event)

    def at_flex(self) -> list[str]:
        """How the messages read there."""
        rewordings = self.heart.flex.rewordings[self.ref]
        return [
            rewordings[uttered.index].text if uttered.index in rewordings else "v0"
            for uttered in self.heart.flex.lists[self.ref]
            if uttered is not None
        ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), steps=st.integers(3, 40))
async def test_whatever_overtakes_what_the_visitor_ends_with_what_flex_has(
    tmp_path_factory: pytest.TempPathFactory, seed: int, steps: int
) -> None:
    """And on the way no message's text is ever turned back, nor shown after it was known to be gone."""
    async with open_heart(tmp_path_factory.mktemp("heart")) as heart:
        _, ref = await heart.open()
        town = Town(heart, ref, random.Random(seed))  # noqa: S311 — a test's dice
        for _ in range(steps):
            await town.something_happens()
        while town.under_way:
            await town.one_comes()
        town.tell(heart.flex.speak(ref, "v0"))
        for _ in range(3):
            heart.clock.pass_seconds(3600)
            await heart.look()
        here = [message for message in await heart.messages() if message.edited is not Edited.WITHDRAWN]
        assert sorted(town.at_flex()) == sorted(message.text.partition(" ")[0] for message in here)
        assert versions_only_rise(heart)
        agents = [message.place for message in await heart.messages() if message.author is Author.AGENT]
        indexes = [place.index for place in agents if place is not None]
        assert indexes == sorted(indexes)


def versions_only_rise(heart: Heart) -> bool:
    seen: dict[int, list[int]] = {}
    for news in heart.bell.rung:
        if isinstance(news, MessageSaid | MessageChanged):
            text = news.message.text.partition(" ")[0]
            seen.setdefault(news.message.seq, []).append(int(text[1:]) if text else 10**6)
    return all(versions == sorted(set(versions)) for versions in seen.values())
