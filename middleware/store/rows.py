"""Rows, in the column order of `sql`, to the house's values and back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from middleware.relay.badge import Badge
from middleware.relay.model import (
    Agent,
    Author,
    Chat,
    ChatState,
    Delivery,
    DeliveryKind,
    Edited,
    Ender,
    Message,
    MessageStatus,
    Place,
)

Row: TypeAlias = tuple[Any, ...]

_STATES = {state.value: state for state in ChatState}
_AUTHORS = {author.value: author for author in Author}
_STATUSES = {status.value: status for status in MessageStatus}

_CHAT_AT = 4
_MESSAGE_AT = _CHAT_AT + 14


def to_chat(row: Sequence[Any]) -> Chat:
    """The chat of the columns `sql.CHAT`."""
    id_, visitor, opened_at, visitor_name, state, ended_by, ref, agent_id, agent_name, seq, index, *rest = row
    context, verified, holds = rest
    return Chat(
        id_,
        visitor,
        opened_at,
        visitor_name,
        _STATES[state],
        None if ended_by is None else Ender(ended_by),
        ref,
        None if agent_id is None else Agent(agent_id, agent_name),
        seq,
        index,
        _from_json(context),
        _from_json(verified),
        bool(holds),
    )


def from_chat(chat: Chat) -> Row:
    """The parameters of `sql.ADD_CHAT`."""
    agent = chat.agent
    return (
        chat.id,
        chat.visitor,
        chat.opened_at,
        chat.visitor_name,
        chat.state.value,
        None if chat.ended_by is None else chat.ended_by.value,
        chat.ref,
        None if agent is None else agent.id,
        None if agent is None else agent.name,
        chat.last_seq,
        chat.next_index,
        _to_json(chat.context),
        _to_json(chat.verified),
    )


def to_badge(row: Row) -> Badge:
    """The badge of the columns of `sql.BADGE`."""
    id_, visitor, since, generation, verified = row
    return Badge(id_, visitor, since, generation, _from_json(verified))


def from_badge(badge: Badge) -> Row:
    """The parameters of `sql.ADD_BADGE`."""
    return badge.id, badge.visitor, badge.since, badge.generation, _to_json(badge.verified)


def to_message(row: Row) -> Message:
    """The message of the columns `sql.MESSAGE`."""
    id_, chat, seq, author, text, at, status, name, ask, edited, index, worded_at, learned_at = row
    return Message(
        id_,
        chat,
        seq,
        _AUTHORS[author],
        text,
        at,
        _STATUSES[status],
        name,
        ask,
        None if edited is None else Edited(edited),
        None if index is None else Place(index, worded_at, learned_at),
    )


def from_message(message: Message, *, chat: int, asker: str | None) -> Row:
    """The parameters of `sql.ADD_MESSAGE`; `chat` is the chat's number."""
    return (
        message.id,
        chat,
        message.seq,
        message.author.value,
        message.text,
        message.at,
        message.status.value,
        message.name,
        message.ask,
        asker,
        *_changeable(message),
    )


def from_rewritten(message: Message) -> Row:
    """The parameters of `sql.REWRITE`."""
    return (message.id, message.text, *_changeable(message))


def to_delivery(row: Row) -> Delivery:
    """The delivery of the columns `sql.DELIVERY`, as it stands."""
    id_, kind, attempts, unsure = row[:_CHAT_AT]
    message = row[_MESSAGE_AT:]
    return Delivery(
        id_,
        DeliveryKind(kind),
        to_chat(row[_CHAT_AT:_MESSAGE_AT]),
        None if message[0] is None else to_message(message),
        attempts,
        bool(unsure),
    )


def _changeable(message: Message) -> Row:
    edited = None if message.edited is None else message.edited.value
    place = message.place
    return (edited, None, 0.0, 0.0) if place is None else (edited, place.index, place.worded_at, place.learned_at)


def _to_json(texts: Mapping[str, str]) -> str | None:
    return json.dumps(dict(texts)) if texts else None


def _from_json(texts: str | None) -> Mapping[str, str]:
    return {} if texts is None else json.loads(texts)
