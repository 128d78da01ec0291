"""What happened in a conversation, in the words of Twilio's webhooks.

A value that does not exist is left out, not sent empty.
https://www.twilio.com/docs/conversations/conversations-webhooks
"""

import json
from collections.abc import Mapping
from datetime import datetime

from middleware.simulator.events import Actor, ConversationEvent, Event, hook_date
from middleware.simulator.nouns import Media, Message
from middleware.simulator.nouns_conversations import Conversation, Participant, State

_Told = ConversationEvent


def spoken_event(type_: ConversationEvent, message: Message, by: Actor, *, participant_sid: str | None) -> Event:
    """A message was added, changed or removed; `participant_sid` is its author's, if they take part."""
    fields = {
        "ConversationSid": message.channel_sid,
        "MessageSid": message.sid,
        "Index": str(message.index),
        "Author": message.sender,
        "ParticipantSid": participant_sid,
        "Attributes": message.attributes,
        "Body": message.body if message.body or message.media is None else None,
        "Media": _files(message.media) if message.media else None,
        "DateCreated": hook_date(message.created),
        **_later(type_, message.updated),
    }
    return _event(type_, fields, by)


def conversation_event(type_: ConversationEvent, talk: Conversation, by: Actor, *, service_sid: str) -> Event:
    """A conversation was made, changed or removed."""
    fields = {
        "ConversationSid": talk.sid,
        "ChatServiceSid": service_sid,
        "FriendlyName": talk.friendly_name,
        "UniqueName": talk.unique_name,
        "Attributes": talk.attributes,
        "State": talk.state.value,
        "DateCreated": hook_date(talk.created),
        "DateUpdated": hook_date(talk.updated),
        "DateRemoved": hook_date(talk.updated) if type_ is _Told.CONVERSATION_REMOVED else None,
    }
    return _event(type_, fields, by)


def state_event(talk: Conversation, by: Actor, *, was: State, reason: str, service_sid: str) -> Event:
    """A conversation went from one state to another, for a reason: API, TIMER or EVENT."""
    fields = {
        "ConversationSid": talk.sid,
        "ChatServiceSid": service_sid,
        "StateUpdated": hook_date(talk.updated),
        "StateFrom": was.value,
        "StateTo": talk.state.value,
        "Reason": reason,
    }
    return _event(_Told.STATE_UPDATED, fields, by)


def participant_event(type_: ConversationEvent, participant: Participant, by: Actor) -> Event:
    """Somebody joined, changed in, or left a conversation."""
    read = participant.last_read_message_index
    fields = {
        "ConversationSid": participant.conversation_sid,
        "ParticipantSid": participant.sid,
        "Identity": participant.identity,
        "RoleSid": participant.role_sid,
        "Attributes": participant.attributes,
        "DateCreated": hook_date(participant.created),
        "LastReadMessageIndex": str(read) if read is not None and type_ is _Told.PARTICIPANT_UPDATED else None,
        **_later(type_, participant.updated),
    }
    return _event(type_, fields, by)


def _later(type_: ConversationEvent, moment: datetime) -> dict[str, str | None]:
    """An update says when it was, and a removal says so twice."""
    removed = type_ in (_Told.MESSAGE_REMOVED, _Told.PARTICIPANT_REMOVED)
    added = type_ in (_Told.MESSAGE_ADDED, _Told.PARTICIPANT_ADDED)
    return {
        "DateUpdated": None if added else hook_date(moment),
        "DateRemoved": hook_date(moment) if removed else None,
    }


def _files(media: Media) -> str:
    file = {"Sid": media.sid, "ContentType": media.content_type, "Filename": media.filename, "Size": media.size}
    return json.dumps([file], separators=(",", ":"), ensure_ascii=False)


def _event(type_: ConversationEvent, fields: Mapping[str, str | None], by: Actor) -> Event:
    whole = {"EventType": type_.value, "Source": by.source.value, "ClientIdentity": by.identity, **fields}
    there = {name: value for name, value in whole.items() if value is not None}
    return Event(type_, there, fields.get("ConversationSid"))
