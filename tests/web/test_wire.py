"""The browser protocol without I/O."""

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.relay.errors import BadAsk
from middleware.relay.model import (
    Agent,
    AgentChanged,
    AskId,
    Author,
    Chat,
    ChatEnded,
    ChatId,
    ChatOpened,
    Edited,
    Ender,
    Message,
    MessageChanged,
    MessageId,
    MessageSaid,
    MessageStatus,
    Place,
    StatusChanged,
    VisitorId,
)
from middleware.relay.outbox import Words
from middleware.relay.to_visitor import CatchUp
from middleware.web import wire

CHAT = Chat(ChatId("c1"), VisitorId("v1"), opened_at=1795000000.0, agent=Agent("alex", "Alex Rivera"))
REWORDED = Message(
    MessageId("m2"), ChatId("c1"), 2, Author.AGENT, "Hi", at=1795000002, edited=Edited.REWORDED, place=Place(1)
)
WITHDRAWN = replace(REWORDED, text="", edited=Edited.WITHDRAWN)
HELLO = Message(MessageId("m1"), ChatId("c1"), 1, Author.VISITOR, "Hello", at=1795000001.5, ask=AskId("a1"))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_say_is_read() -> None:
    """The text stays as it was typed, spaces and lines included."""
    payload = {"ask_id": "a1", "text": " Hello\n there "}
    assert Words(AskId("a1"), " Hello\n there ") == wire.read_say(payload)


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (None, "say: .*valid dictionary"),
        ("Hello", "say: .*valid dictionary"),
        ({"ask_id": "a1"}, "say: text Field required"),
        ({"text": "Hello"}, "say: ask_id Field required"),
        ({"ask_id": "", "text": "Hello"}, "say: ask_id .*at least 1 character"),
        ({"ask_id": "x" * 65, "text": "Hello"}, "say: ask_id .*at most 64 characters"),
        ({"ask_id": 7, "text": "Hello"}, "say: ask_id .*valid string"),
        ({"ask_id": "a1", "text": ""}, "say: text is blank"),
        ({"ask_id": "a1", "text": " \n\t"}, "say: text is blank"),
        ({"ask_id": "a1", "text": "a\0b"}, "say: text holds a NUL"),
        ({"ask_id": "a1", "text": "\ud800"}, "say: text .*"),
        ({"ask_id": "a1", "text": ["Hello"]}, "say: text .*valid string"),
        ({"ask_id": "a1", "text": "x" * 1_000_000}, "say: text is 1000000 bytes long, the most is 32000"),
        ({"ask_id": "a1", "text": "é" * 16_001}, "say: text is 32002 bytes long"),
    ],
)
def test_a_bad_say_is_refused_with_words_that_say_where(payload: object, problem: str) -> None:
    """Whoever writes a page sees at once what to mend."""
    with pytest.raises(BadAsk, match=problem):
        wire.read_say(payload)


def test_the_longest_text_is_taken() -> None:
    """The limit itself is still allowed."""
    assert len(wire.read_text("x" * wire.MOST_BYTES)) == wire.MOST_BYTES


@given(json_values)
def test_whatever_comes_is_read_or_refused(payload: object) -> None:
    """Nothing that a browser can send may end as `internal`."""
    for read in (wire.read_say, wire.read_open, wire.read_resume, wire.read_text, wire.read_greeting):
        with suppress(BadAsk):
            read(payload)


def test_a_greeting_may_be_empty() -> None:
    """A page's first visit brings nothing."""
    assert wire.Greeting(None, wire.Position()) == wire.read_greeting(None)


@pytest.mark.parametrize("after", [-1, 1.5, "1", None, True, 2**60])
def test_a_position_is_a_whole_number_from_zero_on(after: object) -> None:
    """Anything else would be a silent gap."""
    with pytest.raises(BadAsk, match="resume: after"):
        wire.read_resume({"after": after})


def test_a_message_is_shaped_as_documented() -> None:
    """docs/protocol.md names these keys."""
    expected = {
        "seq": 1,
        "author": "visitor",
        "name": None,
        "text": "Hello",
        "at": 1795000001500,
        "status": "sent",
        "ask_id": "a1",
        "edited": None,
    }
    assert expected == wire.shape_message(HELLO)


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        (MessageSaid(HELLO), ("said", {"chat": "c1", "message": wire.shape_message(HELLO)})),
        (MessageChanged(REWORDED), ("reworded", {"chat": "c1", "seq": 2, "text": "Hi"})),
        (MessageChanged(WITHDRAWN), ("withdrawn", {"chat": "c1", "seq": 2})),
        (StatusChanged(1, MessageStatus.FAILED), ("status", {"chat": "c1", "seq": 1, "status": "failed"})),
        (AgentChanged(Agent("alex", "Alex Rivera")), ("agent", {"chat": "c1", "agent": {"name": "Alex Rivera"}})),
        (AgentChanged(None), ("agent", {"chat": "c1", "agent": None})),
        (ChatEnded(Ender.FLEX), ("ended", {"chat": "c1", "by": "flex"})),
    ],
)
def test_news_are_shaped_as_documented(news: object, expected: tuple[str, object]) -> None:
    """The page switches on these names."""
    assert expected == wire.shape_news(CHAT, news)  # type: ignore[arg-type]  # each is a News


def test_a_catch_up_is_plain_json() -> None:
    """No enum or dataclass may slip through to the Socket.IO encoder."""
    found = CatchUp(CHAT, (HELLO,), unsettled=(HELLO,), changed=(REWORDED, WITHDRAWN), reset=True)
    shape = wire.shape_catch_up(found)
    assert shape == json.loads(json.dumps(shape))
    assert set(shape) == set(wire.shape_news(CHAT, ChatOpened(CHAT))[1])


def test_an_agents_identity_never_reaches_the_page() -> None:
    """Only the name they chose does; the identity may be an e-mail address."""
    nameless = Chat(ChatId("c1"), VisitorId("v1"), opened_at=0, agent=Agent("jane_40example"))
    assert wire.shape_chat(nameless)["agent"] == {"name": None}
    assert "jane" not in json.dumps(wire.shape_chat(nameless))
