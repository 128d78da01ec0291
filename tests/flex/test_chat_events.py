"""Programmable Chat's fields, told as events; on real payloads."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.flex import chat_events
from middleware.relay.errors import BadWebhook
from middleware.relay.model import (
    AgentJoined,
    AgentLeft,
    Author,
    ChatId,
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
    "EventType": "onMessageSent",
    "ChannelSid": REF,
    "MessageSid": "IM1",
    "Index": "4",
    "From": "alex",
    "Body": "Hello",
    "Attributes": "{}",
    "Source": "SDK",
    "DateCreated": "2021-04-17T12:52:31.295Z",
}


def sample(n: int) -> dict[str, Any]:
    return next({k: v for k, v in s["fields"].items() if v is not None} for s in webhook_samples() if s["n"] == n)


def said(**changes: str) -> Said:
    event = chat_events.event_of({**MESSAGE, **changes})
    assert isinstance(event, Said)
    return event


def test_a_real_message_of_an_agent_is_read() -> None:
    """As captured, Cyrillic and all."""
    expected = Said(
        FlexRef("CHcf2bd09d5b2946e78880d242428fdd3a"),
        EventKey("message:IM5571b7f2050342fcb10f0e14595d1db9"),
        index=1,
        author=Author.AGENT,
        author_id="someuser@email.domain",
        text="Алло!",
        at=1618663951.295,
    )
    assert expected == chat_events.event_of(sample(1))


def test_a_message_posted_by_the_api_is_not_thrown_away() -> None:
    """Bots and integrations speak through the API; judging by `Source` alone would silence them."""
    event = chat_events.event_of(sample(3))
    assert isinstance(event, Said)
    assert (event.author, event.text) == (Author.BOT, "message 1")


def test_a_real_agents_leaving_is_read() -> None:
    """As captured."""
    ref, member = FlexRef("CHbbc562cea229499db043c6bae937e803"), "MBccb7f7b5ba4c4dbe93f32b633bf84e43"
    expected = AgentLeft(ref, EventKey(f"left:{member}"), "si", coming=EventKey(f"joined:{member}"))
    assert expected == chat_events.event_of(sample(5))


def test_inactive_ends_the_chat() -> None:
    """The attributes are those of a real custom channel at its end."""
    fields = {**sample(6), "ChannelSid": REF}
    assert Ended(REF, EventKey(f"ended:{REF}")) == chat_events.event_of(fields)


@pytest.mark.parametrize(
    "attributes",
    ["{}", '{"status":"ACTIVE"}', '{"task_sid":"WT1"}', "", "[]", "null", "not json", '{"status":["INACTIVE"]}'],
)
def test_any_other_write_to_the_attributes_means_nothing(attributes: str) -> None:
    """Flex writes there all the time."""
    fields = {"EventType": "onChannelUpdated", "ChannelSid": REF, "Attributes": attributes}
    assert chat_events.event_of(fields) is None


def test_our_own_message_is_recognised_by_its_id() -> None:
    """Whoever posted it and however: the id is what makes it ours."""
    fields = {**MESSAGE, "Source": "API", "From": "visitor-c1", "Attributes": chat_events.attributes(MessageId("m1"))}
    assert Echoed(REF, EventKey("message:IM1"), 4, MessageId("m1")) == chat_events.event_of(fields)


@pytest.mark.parametrize(
    ("source", "author", "expected"),
    [
        ("SDK", "alex", Author.AGENT),
        ("API", "alex", Author.BOT),
        ("API", "system", Author.SYSTEM),
        ("SDK", "visitor-c1", Author.VISITOR),
    ],
)
def test_who_speaks_is_told(source: str, author: str, expected: Author) -> None:
    """An agent uses an SDK; a bot the API; what came in the visitor's name is the visitor's."""
    assert expected == said(Source=source, From=author).author


def test_a_file_is_told_by_its_name() -> None:
    """An agent's picture is an utterance too: it must not vanish."""
    fields = {"EventType": "onMediaMessageSent", "MediaSid": "ME1", "MediaFilename": "plan.pdf", "Body": ""}
    assert said(**fields).text == "📎 plan.pdf"


UPDATED = MESSAGE | {"EventType": "onMessageUpdated", "DateUpdated": "2021-04-17T12:55:00.500Z", "ModifiedBy": "kim"}


def reworded(**changes: str) -> Reworded:
    event = chat_events.event_of({**UPDATED, **changes})
    assert isinstance(event, Reworded)
    return event


def test_a_reworded_message_is_read() -> None:
    """By its index, which all chats' messages have; the time is Twilio's, to the millisecond."""
    event = reworded(Body="Hello!")
    assert (REF, 4, "Hello!", 1618664100.5, None) == (event.ref, event.index, event.text, event.at, event.ours)


def test_each_wording_is_an_event_of_its_own_and_the_same_one_twice_is_one() -> None:
    """A to B to A are two changes; Twilio's second try of one is none."""
    keys = [
        reworded(Body="A").key,
        reworded(Body="A").key,
        reworded(Body="B").key,
        reworded(Body="A", DateUpdated="2021-04-17T12:55:00.501Z").key,
        reworded(Body="A", MessageSid="IM2").key,
    ]
    assert (keys[0], 4) == (keys[1], len(set(keys)))
    assert said().key not in keys


def test_a_change_to_our_own_message_says_whose_it_is() -> None:
    """By the id in its attributes, as an echo does."""
    ours = chat_events.attributes(MessageId("m1"))
    removed = MESSAGE | {"EventType": "onMessageRemoved", "Attributes": ours}
    assert MessageId("m1") == reworded(Attributes=ours).ours
    assert Withdrawn(REF, EventKey("withdrawn:IM1"), 4, MessageId("m1")) == chat_events.event_of(removed)


def test_an_update_that_does_not_say_how_the_message_reads_changes_nothing() -> None:
    """Rather than an empty message; a strange date is no reason to lose a change."""
    assert chat_events.event_of({name: value for name, value in UPDATED.items() if name != "Body"}) is None
    assert "" == reworded(Body="").text
    assert "📎 plan.pdf" == reworded(Body="", MediaSid="ME1", MediaFilename="plan.pdf").text
    assert None is reworded(DateUpdated="yesterday").at


def test_an_agent_joins() -> None:
    """Only members of the type agent are agents."""
    fields = {
        "EventType": "onMemberAdded",
        "ChannelSid": REF,
        "MemberSid": "MB1",
        "Identity": "alex",
        "Attributes": '{"member_type":"agent"}',
    }
    assert AgentJoined(REF, EventKey("joined:MB1"), "alex") == chat_events.event_of(fields)
    assert chat_events.event_of({**fields, "Attributes": "{}"}) is None


@pytest.mark.parametrize("event", ["onUserUpdated", "onMessageSend", "", "somethingNew"])
def test_an_event_that_is_none_of_ours_is_let_pass(event: str) -> None:
    """Twilio may add events at any time; it gets its 200. An event without a name is not Twilio's."""
    if event:
        assert chat_events.event_of({**MESSAGE, "EventType": event}) is None
    else:
        with pytest.raises(BadWebhook, match="EventType"):
            chat_events.event_of({**MESSAGE, "EventType": event})


@pytest.mark.parametrize("name", ["ChannelSid", "MessageSid", "Index", "From"])
def test_a_field_that_is_needed_is_missed_by_name(name: str) -> None:
    """A half-built webhook changes nothing."""
    fields = {key: value for key, value in MESSAGE.items() if key != name}
    with pytest.raises(BadWebhook, match=f"{name} is missing"):
        chat_events.event_of(fields)


@pytest.mark.parametrize("name", ["ChannelSid", "MessageSid", "Index"])
@pytest.mark.parametrize("event", ["onMessageUpdated", "onMessageRemoved"])
def test_a_change_needs_its_fields_too(event: str, name: str) -> None:
    """Which message it is, must be said."""
    fields = {key: value for key, value in (UPDATED | {"EventType": event}).items() if key != name}
    with pytest.raises(BadWebhook, match=f"{name} is missing"):
        chat_events.event_of(fields)


@pytest.mark.parametrize("index", ["-1", "1.5", "x", "٣", "9" * 30])
def test_an_index_is_a_number(index: str) -> None:
    """The order of the chat hangs on it."""
    with pytest.raises(BadWebhook, match="Index"):
        said(Index=index)


def test_a_strange_date_does_not_lose_the_message() -> None:
    """The time of arrival does as well."""
    assert said(DateCreated="yesterday").at is None


@given(st.dictionaries(st.sampled_from([*MESSAGE, "MediaSid", "MemberSid", "Identity"]), st.text(), max_size=9))
def test_any_fields_are_read_or_refused(fields: dict[str, str]) -> None:
    """Nothing signed may end in a 500 either."""
    for event in chat_events._READERS:
        try:
            chat_events.event_of({**fields, "EventType": event})
        except BadWebhook:
            continue


def test_an_identity_holds_nothing_personal() -> None:
    """Twilio asks for that; our own ids are random."""
    assert chat_events.identity(ChatId("c1")) == "visitor-c1"
