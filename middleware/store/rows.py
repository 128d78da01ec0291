"""Rows, in the column order of `sql`, to the house's values and back."""

import json
from typing import Any, TypeAlias

from middleware.relay.model import (
    Agent,
    Author,
    Chat,
    ChatState,
    Delivery,
    DeliveryKind,
    Ender,
    Message,
    MessageStatus,
)

Row: TypeAlias = tuple[Any, ...]

_CHAT_AT = 4
_MESSAGE_AT = _CHAT_AT + 12


def to_chat(row: Row) -> Chat:
    """The chat of the columns `sql.CHAT`."""
    id_, visitor, opened_at, visitor_name, state, ended_by, ref, agent_id, agent_name, *counts, context = row
    last_seq, next_index = counts
    return Chat(
        id_,
        visitor,
        opened_at,
        visitor_name,
        ChatState(state),
        None if ended_by is None else Ender(ended_by),
        ref,
        None if agent_id is None else Agent(agent_id, agent_name),
        last_seq,
        next_index,
        {} if context is None else json.loads(context),
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
        json.dumps(dict(chat.context)) if chat.context else None,
    )


def to_message(row: Row) -> Message:
    """The message of the columns `sql.MESSAGE`."""
    id_, chat, seq, author, text, at, status, name, ask = row
    return Message(id_, chat, seq, Author(author), text, at, MessageStatus(status), name, ask)


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
    )


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
