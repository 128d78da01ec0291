"""docs/asyncapi.yaml says what the wire's code reads and writes, and docs/protocol.md names the same things."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from middleware.relay import errors, model
from middleware.relay.model import (
    Agent,
    AgentChanged,
    Chat,
    ChatEnded,
    ChatOpened,
    Message,
    MessageChanged,
    MessageSaid,
    News,
    StatusChanged,
)
from middleware.relay.to_visitor import CatchUp
from middleware.web import chat_namespace, plain_namespace, sockets, wire
from tests.house.asyncapi import DOCUMENT, SCHEMAS, events, found, references, wrong, wrong_by
from tests.web.test_wire import json_values

PAGE = (Path(__file__).parents[2] / "docs/protocol.md").read_text()
FORMS: Mapping[str, type[BaseModel]] = {
    "Auth": wire._Auth,
    "Open": wire._Open,
    "Say": wire._Say,
    "Resume": wire._Resume,
}
SAMPLES: Mapping[type, st.SearchStrategy[Any]]

texts = st.text(max_size=20)
ids = st.text("0123456789abcdef", min_size=1, max_size=32)
times = st.floats(0, 4e9)
agents = st.none() | st.builds(Agent, id=texts, name=st.none() | texts)
chats = st.builds(
    Chat,
    id=ids,
    visitor=ids,
    opened_at=times,
    agent=agents,
    state=st.sampled_from(model.ChatState),
    ended_by=st.none() | st.sampled_from(model.Ender),
)
messages = st.builds(
    Message,
    id=ids,
    chat=ids,
    seq=st.integers(1, 10**6),
    text=texts,
    at=times,
    status=st.sampled_from(model.MessageStatus),
    name=st.none() | texts,
    ask=st.none() | ids,
    edited=st.none() | st.sampled_from(model.Edited),
)
listed = st.lists(messages, max_size=3).map(tuple)
found_out = st.builds(CatchUp, chat=chats, messages=listed, unsettled=listed, changed=listed)
SAMPLES = {
    ChatOpened: st.builds(ChatOpened, chat=chats),
    MessageSaid: st.builds(MessageSaid, message=messages),
    MessageChanged: st.builds(MessageChanged, message=messages),
    StatusChanged: st.builds(StatusChanged, seq=st.integers(1, 10**6)),
    AgentChanged: st.builds(AgentChanged, agent=agents),
    ChatEnded: st.builds(ChatEnded),
}


def test_the_document_hangs_together() -> None:
    """Every reference leads somewhere, and every message is one that is asked, answered or told."""
    listed = {ref for channel in DOCUMENT["channels"].values() for ref in references(channel)}
    assert listed == {f"#/components/messages/{name}" for name in DOCUMENT["components"]["messages"]}
    told = set(references(DOCUMENT["operations"]))
    assert [] == [ref for ref in {*references(DOCUMENT)} if found(ref) is None]
    members = {
        f"#/channels/{name}/messages/{key}" for name, one in DOCUMENT["channels"].items() for key in one["messages"]
    }
    assert members == {ref for ref in told if "/messages/" in ref}


def test_every_event_is_described_and_nothing_else() -> None:
    """Of both namespaces, both ways."""
    assert {*chat_namespace.ASKS, "auth"} == set(events("/chat", "receive"))
    assert set(get_args(News)) == set(SAMPLES)
    assert {plain_namespace.SAY, "auth"} == set(events("/", "receive"))
    plain = {plain_namespace.SAY, plain_namespace.ENDED, plain_namespace.PROBLEM, plain_namespace.TOKEN}
    assert plain == set(events("/", "send"))


@given(chat=chats, news=st.one_of(*SAMPLES.values()))
def test_news_are_as_described(chat: Chat, news: News) -> None:
    """Whatever they tell; a name that is not described is a KeyError."""
    name, payload = wire.shape_news(chat, news)
    assert [] == wrong(events("/chat", "send")[name], json.loads(json.dumps(payload)))


@given(found_out=found_out)
def test_what_is_caught_up_is_as_described(found_out: CatchUp) -> None:
    """As an answer, with a token; and as news, with or without one."""
    shape = json.loads(json.dumps(wire.shape_catch_up(found_out)))
    assert [] == wrong_by(SCHEMAS["ChatAnswer"], {"ok": True, "token": "t", **shape})
    assert [] == wrong_by(SCHEMAS["Opened"], shape)
    assert [] == wrong_by(SCHEMAS["Opened"], {"token": "t", **shape})
    assert wrong_by(SCHEMAS["ChatAnswer"], {"ok": True, **shape})


@given(message=messages)
def test_the_answer_to_say_is_as_described(message: Message) -> None:
    """And holds nothing of the text."""
    assert [] == wrong_by(SCHEMAS["SayAnswer"], {"ok": True, **wire.shape_said(message)})


def _plain(schema: Any) -> Any:
    """A schema in the page's way of writing it: without titles, defaults and words, `null` among the types."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    bare = {key: _plain(value) for key, value in schema.items() if key not in {"title", "default", "description"}}
    if set(bare) == {"$ref"}:
        return _plain(found(bare["$ref"]))
    if [{"type": "null"}] == bare.get("anyOf", [])[1:]:
        return {**bare["anyOf"][0], "type": [bare["anyOf"][0]["type"], "null"]}
    return bare


@pytest.mark.parametrize("name", FORMS)
def test_what_is_read_is_described_field_by_field(name: str) -> None:
    """Names, which are needed, kinds and limits; what a schema cannot say, the form's own checks do."""
    assert _plain(FORMS[name].model_json_schema()) == _plain(SCHEMAS[name])


rough = st.dictionaries(
    st.sampled_from(["token", "chat", "after", "identity", "name", "context", "ask_id", "text", "more"]),
    json_values | st.text(max_size=70) | st.integers(-1, 3) | st.dictionaries(texts, texts, max_size=2),
)


@given(payload=rough | json_values, name=st.sampled_from(sorted(FORMS)))
def test_what_is_accepted_is_described(payload: object, name: str) -> None:
    """Nobody may find out by trying what else the server takes."""
    read = {"Auth": wire.read_greeting, "Open": wire.read_open, "Say": wire.read_say, "Resume": wire.read_resume}[name]
    with suppress(errors.BadAsk):
        read(payload)
        assert payload is None or [] == wrong_by(SCHEMAS[name], payload)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Author", model.Author),
        ("Status", model.MessageStatus),
        ("Edited", model.Edited),
        ("State", model.ChatState),
        ("Ender", model.Ender),
    ],
)
def test_the_words_are_the_models(name: str, words: type[StrEnum]) -> None:
    """All of them."""
    assert [word.value for word in words] == SCHEMAS[name]["enum"]


def test_every_code_is_described() -> None:
    """Whatever refuses an ask or a connection, and what the edge says of its own: in both documents."""
    kinds: list[type[errors.AskRefused]] = [*errors.AskRefused.__subclasses__(), sockets.UnknownAsk]
    refusing = {kind.code for kind in kinds}
    asking, connecting = (set(SCHEMAS[name]["properties"]["code"]["enum"]) for name in ("Problem", "ConnectError"))
    assert refusing - {"bad_identity"} | {"unavailable", "internal"} == asking
    assert {"bad_token", "bad_identity", "bad_ask", "unavailable"} == connecting
    assert [] == [code for code in asking | connecting if f"| `{code}` |" not in PAGE]


def test_the_page_for_people_names_the_same_events() -> None:
    """The tables of docs/protocol.md begin each row with a name."""
    rows = set(re.findall(r"^\| `([\w ]+)` \|", PAGE, re.MULTILINE))
    named = {name for space in ("/", "/chat") for way in ("receive", "send") for name in events(space, way)} - {"auth"}
    codes = {code for name in ("Problem", "ConnectError") for code in SCHEMAS[name]["properties"]["code"]["enum"]}
    assert named == rows - codes
