"""Flex Conversations' webhook fields, told as events.

The same conversation is told under two spellings: its own (`ConversationSid`, `Author`), and those of Programmable Chat
(`ChannelSid`, `From`), which service-level webhooks and Studio's words still use. Both are read.
https://www.twilio.com/docs/conversations/conversations-webhooks
"""

import json
from collections.abc import Callable, Mapping

from middleware.flex import chat_events
from middleware.flex.chat_events import needed
from middleware.flex.webhook import Fields
from middleware.relay.model import Event, FlexRef


def event_of(fields: Fields) -> Event | None:
    """The event that verified webhook fields tell, None if it is none of ours. Raises `BadWebhook`."""
    read = _READERS.get(needed(fields, "EventType"))
    return read(fields) if read else chat_events.event_of(fields)


def is_agent(identity: str | None, attributes: str) -> bool:
    """Whoever is in a conversation with an identity, and is not the visitor, is an agent: unless it says otherwise."""
    kind = chat_events.parsed(attributes).get("member_type", "agent")
    return bool(identity) and not str(identity).startswith(chat_events.VISITOR) and kind == "agent"


def media_text(items: object) -> str:
    """How attached files are told in words; `items` as in the resource, or parsed from a webhook."""
    listed = items if isinstance(items, list) else []
    names = [item.get("filename") or item.get("Filename") for item in listed if isinstance(item, dict)]
    return "\n".join(chat_events.media_text(name) for name in names)


def _message_added(fields: Fields) -> Event:
    return chat_events.uttered(
        _ref(fields),
        sid=needed(fields, "MessageSid"),
        index=chat_events.index_of(fields),
        author=needed(fields, "Author", "From"),
        body=fields.get("Body") or media_text(_media(fields)),
        attributes=fields.get("Attributes", "{}"),
        live=fields.get("Source") == "SDK",
        at=chat_events.time_of(fields.get("DateCreated")),
    )


def _message_updated(fields: Fields) -> Event | None:
    return chat_events.updated(_ref(fields), fields, files=media_text(_media(fields)))


def _message_removed(fields: Fields) -> Event:
    return chat_events.removed(_ref(fields), fields)


def _state_updated(fields: Fields) -> Event | None:
    """Only `closed` is an end; a conversation that is merely inactive wakes up with the next word."""
    return chat_events.ended(_ref(fields)) if fields.get("StateTo") == "closed" else None


def _conversation_removed(fields: Fields) -> Event:
    return chat_events.ended(_ref(fields))


def _participant_added(fields: Fields) -> Event | None:
    identity = fields.get("Identity")
    if identity is None or not is_agent(identity, fields.get("Attributes", "{}")):
        return None
    return chat_events.joined(_ref(fields), member=needed(fields, "ParticipantSid", "MemberSid"), agent=identity)


def _participant_removed(fields: Fields) -> Event | None:
    identity = fields.get("Identity")
    if identity is None or not is_agent(identity, fields.get("Attributes", "{}")):
        return None
    return chat_events.left(_ref(fields), member=needed(fields, "ParticipantSid", "MemberSid"), agent=identity)


_READERS: Mapping[str, Callable[[Fields], Event | None]] = {
    "onMessageAdded": _message_added,
    "onMessageUpdated": _message_updated,
    "onMessageRemoved": _message_removed,
    "onConversationStateUpdated": _state_updated,
    "onConversationRemoved": _conversation_removed,
    "onParticipantAdded": _participant_added,
    "onParticipantRemoved": _participant_removed,
}


def _ref(fields: Fields) -> FlexRef:
    return FlexRef(needed(fields, "ConversationSid", "ChannelSid"))


def _media(fields: Fields) -> object:
    """`Media` is a JSON list in a string."""
    try:
        return json.loads(fields.get("Media", "[]"))
    except ValueError:
        return []
