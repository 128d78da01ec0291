"""Flex Conversations' fields, told as events; on real payloads, in both spellings."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.flex import chat_events, conversation_events
from middleware.relay.errors import BadWebhook
from middleware.relay.model import (
    AgentJoined,
    AgentLeft,
    Author,
    Echoed,
    Ended,
    EventKey,
    FlexRef,
    MessageId,
    Reworded,
    Said,
    Withdrawn,
)
from tests.shared import webhook_samples

REF = FlexRef("CH" + "1" * 32)
MESSAGE = {
    "EventType": "onMessageAdded",
    "ConversationSid": REF,
    "MessageSid": "IM1",
    "Index": "4",
    "Author": "alex",
    "Body": "Hello",
    "Attributes": "{}",
    "Source": "SDK",
    "DateCreated": "2021-08-10T18:00:58.111Z",
}
PARTICIPANT = {"ConversationSid": REF, "ParticipantSid": "MB1", "Identity": "alex", "Attributes": "{}"}


def sample(n: int) -> dict[str, Any]:
    return next({k: v for k, v in s["fields"].items() if v is not None} for s in webhook_samples() if s["n"] == n)


def test_a_real_message_is_read() -> None:
    """As captured behind Heroku."""
    expected = Said(
        FlexRef("CH6c25138e952448e3b27ef8164097a1c7"),
        EventKey("message:IM8d613ccb9016450fa29faecfaa7bb6f4"),
        index=35,
        author=Author.AGENT,
        author_id="dave",
        text="two",
        at=1628618458.111,
    )
    assert expected == conversation_events.event_of(sample(7))


def test_a_real_message_under_chats_names_is_read() -> None:
    """Twilio's own page shows a conversation's event in the other spelling."""
    event = conversation_events.event_of(sample(12) | {"Body": "Hello"})
    assert isinstance(event, Said)
    assert ("CH1b8e780f14db45b6b44b070bb3f9172c", "customer1", 0) == (event.ref, event.author_id, event.index)


def test_studios_words_that_come_as_a_chat_event_are_read() -> None:
    """They reach only a service-level webhook, with chat's names, from the conversation itself."""
    fields = {
        "EventType": "onMessageSent",
        "ChannelSid": REF,
        "MessageSid": "IM2",
        "Index": "1",
        "From": REF,
        "Body": "How can I help?",
        "Source": "API",
    }
    event = conversation_events.event_of(fields)
    assert isinstance(event, Said)
    assert (Author.BOT, "How can I help?") == (event.author, event.text)


def test_our_own_message_is_recognised_by_its_id() -> None:
    """The same rule as in the other back end."""
    fields = {**MESSAGE, "Attributes": chat_events.attributes(MessageId("m1")), "Source": "API"}
    assert Echoed(REF, EventKey("message:IM1"), 4, MessageId("m1")) == conversation_events.event_of(fields)


@pytest.mark.parametrize("spelling", [{}, {"ConversationSid": "", "ChannelSid": REF, "Author": "", "From": "alex"}])
def test_changes_are_read_in_both_spellings(spelling: dict[str, str]) -> None:
    """A service-level webhook tells them with chat's names."""
    fields = {name: value for name, value in (MESSAGE | spelling).items() if value}
    updated = fields | {"EventType": "onMessageUpdated", "Body": "Hello!", "DateUpdated": "2021-08-10T18:05:00.250Z"}
    removed = fields | {"EventType": "onMessageRemoved", "DateRemoved": "2021-08-10T18:06:00.250Z"}
    event = conversation_events.event_of(updated)
    assert isinstance(event, Reworded)
    assert (REF, 4, "Hello!", 1628618700.25) == (event.ref, event.index, event.text, event.at)
    assert Withdrawn(REF, EventKey("withdrawn:IM1"), 4) == conversation_events.event_of(removed)


def test_an_update_of_a_file_tells_its_name() -> None:
    """As its message did, so that nothing has changed."""
    media = '[{"Sid":"ME1","Filename":"plan.pdf","ContentType":"application/pdf","Size":1}]'
    fields = {name: value for name, value in MESSAGE.items() if name != "Body"} | {"EventType": "onMessageUpdated"}
    event = conversation_events.event_of(fields | {"Media": media})
    assert isinstance(event, Reworded)
    assert "📎 plan.pdf" == event.text
    assert conversation_events.event_of(fields) is None


def test_how_far_an_agent_has_read_is_taken_and_told_to_nobody() -> None:
    """It gets its 200."""
    fields = PARTICIPANT | {"EventType": "onParticipantUpdated", "LastReadMessageIndex": "4"}
    assert conversation_events.event_of(fields) is None


@pytest.mark.parametrize(("state", "ends"), [("closed", True), ("inactive", False), ("active", False), ("", False)])
def test_only_closed_is_an_end(state: str, *, ends: bool) -> None:
    """An inactive conversation wakes up with the next word."""
    fields = {"EventType": "onConversationStateUpdated", "ConversationSid": REF, "StateTo": state}
    assert (Ended(REF, EventKey(f"ended:{REF}")) if ends else None) == conversation_events.event_of(fields)


def test_an_agent_comes_and_goes() -> None:
    """By identity; the visitor and people by telephone are no agents."""
    added, removed = (
        PARTICIPANT | {"EventType": "onParticipantAdded"},
        PARTICIPANT | {"EventType": "onParticipantRemoved"},
    )
    assert AgentJoined(REF, EventKey("joined:MB1"), "alex") == conversation_events.event_of(added)
    assert AgentLeft(REF, EventKey("left:MB1"), "alex", EventKey("joined:MB1")) == conversation_events.event_of(removed)
    assert conversation_events.event_of(added | {"Identity": "visitor-1"}) is None
    assert conversation_events.event_of({k: v for k, v in added.items() if k != "Identity"}) is None
    assert conversation_events.event_of(added | {"Attributes": '{"member_type":"supervisor"}'}) is None


def test_files_are_told_by_their_names() -> None:
    """`Media` is a JSON list in a string."""
    media = '[{"Sid":"ME1","Filename":"plan.pdf","ContentType":"application/pdf","Size":1},{"Sid":"ME2"}]'
    event = conversation_events.event_of(MESSAGE | {"Body": "", "Media": media})
    assert isinstance(event, Said)
    assert "📎 plan.pdf\n📎" == event.text


@given(st.dictionaries(st.sampled_from([*MESSAGE, "Media", "StateTo", *PARTICIPANT, "From", "ChannelSid"]), st.text()))
def test_any_fields_are_read_or_refused(fields: dict[str, str]) -> None:
    """Nothing signed may end in a 500."""
    for event in ("onMessageAdded", "onConversationStateUpdated", "onParticipantAdded", "onParticipantRemoved"):
        try:
            conversation_events.event_of({**fields, "EventType": event})
        except BadWebhook:
            continue
