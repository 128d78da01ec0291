"""The browser protocol without I/O: reads asks, shapes answers and news. docs/protocol.md is its description."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, TypeVar, assert_never

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from middleware.relay.errors import BadAsk
from middleware.relay.from_visitor import About
from middleware.relay.model import (
    Agent,
    AgentChanged,
    AskId,
    Chat,
    ChatEnded,
    ChatId,
    ChatOpened,
    Edited,
    Message,
    MessageChanged,
    MessageSaid,
    News,
    StatusChanged,
)
from middleware.relay.outbox import Words
from middleware.relay.to_visitor import CatchUp

MOST_BYTES = 32_000
"""The longest text, in bytes of UTF-8: Twilio takes 32 KB. https://www.twilio.com/docs/conversations-limits"""

MOST_CONTEXT_BYTES = 8_000
"""The largest context, as JSON: Twilio's attributes take 16 KB, and Flex writes there too."""

Shape: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """How far a page has come: in which chat (None: in none), behind which `seq`."""

    chat: ChatId | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a page brings when it connects."""

    token: str | None
    position: Position
    identity: str | None = None


def read_greeting(auth: object) -> Greeting:
    """A connection's `auth`; none at all is an empty one. Raises `BadAsk`."""
    read = _read(_Auth, auth if auth is not None else {}, what="auth")
    return Greeting(read.token, Position(_chat_id(read.chat), read.after), read.identity)


def read_open(payload: object) -> About:
    """What the page tells of the visit. Raises `BadAsk`."""
    read = _read(_Open, payload if payload is not None else {}, what="open")
    return About(read.name, read.context)


def read_say(payload: object) -> Words:
    """What the visitor wants to say. Raises `BadAsk`."""
    read = _read(_Say, payload, what="say")
    return Words(AskId(read.ask_id), read.text)


def read_text(payload: object) -> str:
    """A bare text, as the namespace `/` carries it. Raises `BadAsk`."""
    return _read(_Text, {"text": payload}, what="chat message").text


def read_resume(payload: object) -> Position:
    """From where the page wants to go on. Raises `BadAsk`."""
    read = _read(_Resume, payload, what="resume")
    return Position(_chat_id(read.chat), read.after)


def granted(answer: Shape) -> Shape:
    """The answer to an ask that is granted."""
    return {"ok": True, **answer}


def refused(code: str, message: str, **more: str) -> Shape:
    """The answer to an ask that is not granted."""
    return {"ok": False, "error": {"code": code, "message": message, **more}}


def shape_chat(chat: Chat) -> Shape:
    """A chat as the page sees it."""
    return {
        "id": chat.id,
        "state": chat.state,
        "ended_by": chat.ended_by,
        "agent": _agent(chat.agent),
        "opened_at": _milliseconds(chat.opened_at),
    }


def shape_message(message: Message) -> Shape:
    """A message as the page sees it."""
    return {
        "seq": message.seq,
        "author": message.author,
        "name": message.name,
        "text": message.text,
        "at": _milliseconds(message.at),
        "status": message.status,
        "ask_id": message.ask,
        "edited": message.edited,
    }


def shape_said(message: Message) -> Shape:
    """The answer to `say`."""
    return {"chat": message.chat, "seq": message.seq, "at": _milliseconds(message.at)}


def shape_catch_up(found: CatchUp) -> Shape:
    """The answer to `open` and `resume`, and the news `opened`."""
    return {
        "chat": shape_chat(found.chat),
        "messages": [shape_message(message) for message in found.messages],
        "unsettled": [{"seq": message.seq, "status": message.status} for message in found.unsettled],
        "changed": [shape_message(message) for message in found.changed],
        "more": found.more,
        "reset": found.reset,
    }


def shape_news(chat: Chat, news: News) -> tuple[str, Shape]:
    """News by its name and payload."""
    match news:
        case ChatOpened():
            return "opened", shape_catch_up(CatchUp(news.chat))
        case MessageSaid():
            return "said", {"chat": chat.id, "message": shape_message(news.message)}
        case MessageChanged():
            return _shape_changed(chat, news.message)
        case StatusChanged():
            return "status", {"chat": chat.id, "seq": news.seq, "status": news.status}
        case AgentChanged():
            return "agent", {"chat": chat.id, "agent": _agent(news.agent)}
        case ChatEnded():
            return "ended", {"chat": chat.id, "by": news.by}
        case _:
            assert_never(news)


def _shape_changed(chat: Chat, message: Message) -> tuple[str, Shape]:
    if message.edited is Edited.WITHDRAWN:
        return "withdrawn", {"chat": chat.id, "seq": message.seq}
    return "reworded", {"chat": chat.id, "seq": message.seq, "text": message.text}


def _speakable(text: str) -> str:
    if not text or text.isspace():
        raise ValueError("is blank: say something")
    if "\0" in text:
        raise ValueError("holds a NUL character: leave it out")
    try:
        length = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError as error:
        raise ValueError("holds half a character (a lone surrogate): leave it out") from error
    if length > MOST_BYTES:
        raise ValueError(f"is {length} bytes long, the most is {MOST_BYTES}: send it in parts")
    return text


class _Ask(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


_Speakable: TypeAlias = Annotated[str, AfterValidator(_speakable)]
_ChatId: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_Seq: TypeAlias = Annotated[int, Field(ge=0, le=2**53)]


class _Auth(_Ask):
    token: Annotated[str, StringConstraints(max_length=2048)] | None = None
    chat: _ChatId | None = None
    after: _Seq = 0
    identity: Annotated[str, StringConstraints(max_length=8192)] | None = None


def _small(context: dict[str, str]) -> dict[str, str]:
    length = len(json.dumps(context).encode())
    if length > MOST_CONTEXT_BYTES:
        raise ValueError(f"is {length} bytes long as JSON, the most is {MOST_CONTEXT_BYTES}: tell less")
    return context


_Word: TypeAlias = Annotated[str, StringConstraints(max_length=2048)]


class _Open(_Ask):
    context: Annotated[dict[_Word, _Word], AfterValidator(_small)] = Field(default_factory=dict)
    name: Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_speakable)] | None = None


class _Say(_Ask):
    ask_id: Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_speakable)]
    text: _Speakable


class _Text(_Ask):
    text: _Speakable


class _Resume(_Ask):
    chat: _ChatId | None = None
    after: _Seq = 0


_A = TypeVar("_A", bound=_Ask)


def _read(form: type[_A], payload: object, *, what: str) -> _A:
    """What stands in the payload. The validator is asked itself, not by the form's `model_validate`, once a message."""
    try:
        read: _A = form.__pydantic_validator__.validate_python(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise BadAsk(f"{what}: {where + ' ' if where else ''}{message}".strip()) from None
    return read


def _chat_id(text: str | None) -> ChatId | None:
    return None if text is None else ChatId(text)


def _agent(agent: Agent | None) -> Shape | None:
    return None if agent is None else {"name": agent.name or None}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
