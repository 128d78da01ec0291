"""Frames: what clients write is read, anything else is refused, and nothing else ever happens."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from middleware.web.frames import Ack, BadFrame, Connect, Disconnect, Event, check_frame, event_frame, read_packet

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
namespaces = st.sampled_from(["/", "/chat"])


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        ("0", Connect("/", None)),
        ('0{"token":"x"}', Connect("/", {"token": "x"})),
        ("0/chat,", Connect("/chat", None)),
        ("0/chat", Connect("/chat", None)),
        ('0/chat?a=1,{"after":3}', Connect("/chat", {"after": 3})),
        ("1/chat,", Disconnect("/chat")),
        ('2["say",{"a":1}]', Event("/", None, "say", [{"a": 1}])),
        ('2/chat,12["say",{"a":1},2]', Event("/chat", 12, "say", [{"a": 1}, 2])),
        ('2["/x,y"]', Event("/", None, "/x,y", [])),
        ("3/chat,7[]", Ack()),
    ],
)
def test_what_clients_write_is_read(text: str, packet: object) -> None:
    """As the protocol's own examples."""
    assert packet == read_packet(text)


@given(namespace=namespaces, number=st.none() | st.integers(0, 10**12), name=st.text(), payloads=st.lists(values))
def test_every_event_is_read_as_it_was_written(
    namespace: str, number: int | None, name: str, payloads: list[Any]
) -> None:
    """Whatever a visitor says, and however often."""
    space = "" if namespace == "/" else f"{namespace},"
    text = f"2{space}{'' if number is None else number}" + json.dumps([name, *payloads])
    assert Event(namespace, number, name, payloads) == read_packet(check_frame("4" + text)[1:])


@given(frame=st.text(alphabet=st.sampled_from('0123456789/chat,[]{}":b-²\x1e\x00?probe '), max_size=40) | st.binary())
@example("4")
@example("42" + "[" * 100_000)
@example("42/chat,1" + "9" * 5_000)
@example("4²")
def test_any_other_frame_is_refused_and_nothing_else_happens(frame: str | bytes) -> None:
    """An exception of another kind would pass the wall by."""
    with suppress(BadFrame):
        checked = check_frame(frame)
        if checked.startswith("4"):
            assert isinstance(read_packet(checked[1:]), Connect | Disconnect | Event | Ack)


def test_a_refusal_holds_nothing_of_the_frame() -> None:
    """It goes into the log."""
    for text in ('2["a secret"', "2{a secret}", "9a secret", '2/a secret,["x"]'):
        with pytest.raises(BadFrame) as refused:
            read_packet(text)
        assert "secret" not in str(refused.value)


def test_half_a_character_is_carried_both_ways() -> None:
    """JSON can name it in an escape and nothing else can; what to say of it is for the form to decide."""
    assert read_packet('2/chat,1["say","\\ud800"]') == Event("/chat", 1, "say", ["\ud800"])
    assert event_frame("/chat", ["said", "\ud800"]) == b'42/chat,["said","\\ud800"]'
