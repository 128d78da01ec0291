"""Programmable Chat's webhook fields and message resources, told as events."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from middleware.flex.json_text import read_json
from middleware.flex.webhook import Fields
from middleware.relay.errors import BadWebhook
from middleware.relay.model import (
    AgentJoined,
    AgentLeft,
    Author,
    ChatId,
    Echoed,
    Ended,
    Event,
    EventKey,
    FlexRef,
    MessageId,
    Reworded,
    Said,
    Uttered,
    Withdrawn,
)

OUR_ID = "relay_message_id"
"""The name of our message id in a message's `Attributes`; by it we know our own words again."""
VISITOR = "visitor-"
"""How the identities of our visitors begin."""


def identity(chat: ChatId) -> str:
    """The visitor's chat identity: one for each chat, and nothing personal."""
    return VISITOR + chat


def attributes(message: MessageId) -> str:
    """The attributes of a message of ours."""
    return json.dumps({OUR_ID: message})


def event_of(fields: Fields) -> Event | None:
    """The event that verified webhook fields tell, None if it is none of ours. Raises `BadWebhook`."""
    read = _READERS.get(needed(fields, "EventType"))
    return read(fields) if read else None


def uttered(  # noqa: PLR0913 — a message's fields, whether from a webhook or from the list
    ref: FlexRef,
    *,
    sid: str,
    index: int,
    author: str,
    body: str,
    attributes: str,
    live: bool,
    at: float | None,
    worded_at: float = 0.0,
) -> Uttered:
    """An utterance. `live`: spoken through an SDK, as agents do; bots and integrations use the API."""
    key = message_key(sid)
    if (ours := _ours(attributes)) is not None:
        return Echoed(ref, key, index, ours)
    spoken_by = _author(author, live=live)
    return Said(ref, key, index, author=spoken_by, author_id=author, text=body, at=at, worded_at=worded_at)


def updated(ref: FlexRef, fields: Fields, *, files: str) -> Reworded | None:
    """The message reads so now; `files` are its files, in words. None if the webhook does not say how it reads.

    Any write to a message fires this, so one of the same time and text as another is the same.
    """
    text = fields.get("Body") or files
    if not text and "Body" not in fields:
        return None
    at, digest = fields.get("DateUpdated"), hashlib.sha256(text.encode()).hexdigest()[:16]
    key = EventKey(f"reworded:{needed(fields, 'MessageSid')}:{at}:{digest}")
    return Reworded(ref, key, index_of(fields), text, time_of(at), _ours(fields.get("Attributes")))


def removed(ref: FlexRef, fields: Fields) -> Withdrawn:
    """The message is gone; once, however often it is told."""
    key = EventKey(f"withdrawn:{needed(fields, 'MessageSid')}")
    return Withdrawn(ref, key, index_of(fields), _ours(fields.get("Attributes")))


def message_key(sid: str) -> EventKey:
    """One key for a message, however we learn of it."""
    return EventKey(f"message:{sid}")


def joined(ref: FlexRef, *, member: str, agent: str) -> AgentJoined:
    """An agent came in, as this member."""
    return AgentJoined(ref, _coming(member), agent)


def left(ref: FlexRef, *, member: str, agent: str) -> AgentLeft:
    """The agent who was this member went out."""
    return AgentLeft(ref, EventKey(f"left:{member}"), agent, _coming(member))


def _coming(member: str) -> EventKey:
    return EventKey(f"joined:{member}")


def ended(ref: FlexRef) -> Ended:
    """The channel is inactive: once, however often it is told."""
    return Ended(ref, EventKey(f"ended:{ref}"))


def is_over(channel_attributes: str | None) -> bool:
    """Whether a channel's attributes say that the chat is over."""
    return parsed(channel_attributes).get("status") == "INACTIVE"


def is_agent(member_attributes: str | None) -> bool:
    """Whether a member's attributes say that it is an agent."""
    return parsed(member_attributes).get("member_type") == "agent"


def parsed(text: str | None) -> Mapping[str, Any]:
    """`Attributes` is JSON in a string, or null; what is no object has no attributes."""
    try:
        value = read_json(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def needed(fields: Fields, *names: str) -> str:
    """The value of the field, under the first of its spellings that is there. Raises `BadWebhook`."""
    for name in names:
        if value := fields.get(name):
            return value
    raise BadWebhook(f"{names[0]} is missing.")


def index_of(fields: Fields) -> int:
    """The message's index. Raises `BadWebhook`."""
    text = needed(fields, "Index")
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise BadWebhook("Index is not a number.")
    return int(text)


def time_of(text: str | None) -> float | None:
    """An ISO 8601 time in seconds since the Unix epoch, None if it is not one."""
    try:
        return None if text is None else datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def media_text(filename: str | None) -> str:
    """How a file is told in words."""
    return f"📎 {filename}" if filename else "📎"


def _message_sent(fields: Fields) -> Event:
    return uttered(
        FlexRef(needed(fields, "ChannelSid")),
        sid=needed(fields, "MessageSid"),
        index=index_of(fields),
        author=needed(fields, "From"),
        body=fields.get("Body") or _files(fields),
        attributes=fields.get("Attributes", "{}"),
        live=fields.get("Source") == "SDK",
        at=time_of(fields.get("DateCreated")),
    )


def _message_updated(fields: Fields) -> Event | None:
    return updated(FlexRef(needed(fields, "ChannelSid")), fields, files=_files(fields))


def _message_removed(fields: Fields) -> Event:
    return removed(FlexRef(needed(fields, "ChannelSid")), fields)


def _channel_updated(fields: Fields) -> Event | None:
    """It comes for any write to the attributes; only INACTIVE means something here."""
    ref = FlexRef(needed(fields, "ChannelSid"))
    return ended(ref) if is_over(fields.get("Attributes", "{}")) else None


def _channel_destroyed(fields: Fields) -> Event:
    return ended(FlexRef(needed(fields, "ChannelSid")))


def _member_added(fields: Fields) -> Event | None:
    if not is_agent(fields.get("Attributes", "{}")):
        return None
    ref = FlexRef(needed(fields, "ChannelSid"))
    return joined(ref, member=needed(fields, "MemberSid"), agent=needed(fields, "Identity"))


def _member_removed(fields: Fields) -> Event | None:
    if not is_agent(fields.get("Attributes", "{}")):
        return None
    ref = FlexRef(needed(fields, "ChannelSid"))
    return left(ref, member=needed(fields, "MemberSid"), agent=needed(fields, "Identity"))


_READERS: Mapping[str, Callable[[Fields], Event | None]] = {
    "onMessageSent": _message_sent,
    "onMediaMessageSent": _message_sent,
    "onMessageUpdated": _message_updated,
    "onMessageRemoved": _message_removed,
    "onChannelUpdated": _channel_updated,
    "onChannelDestroyed": _channel_destroyed,
    "onMemberAdded": _member_added,
    "onMemberRemoved": _member_removed,
}


def _ours(attributes: str | None) -> MessageId | None:
    ours = parsed(attributes).get(OUR_ID)
    return MessageId(ours) if isinstance(ours, str) else None


def _files(fields: Fields) -> str:
    return media_text(fields.get("MediaFilename")) if "MediaSid" in fields else ""


def _author(author: str, *, live: bool) -> Author:
    if author == "system":
        return Author.SYSTEM
    if author.startswith(VISITOR):
        return Author.VISITOR
    return Author.AGENT if live else Author.BOT
