"""What happened in a chat, in the words of Twilio's webhooks.

Field names and spellings are those of captured traffic; a value that does not exist is left out, not sent empty.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from middleware.simulator.nouns import ChatChannel, Member, Message, User


class EventType(StrEnum):
    """The post-event webhooks of Programmable Chat."""

    MESSAGE_SENT = "onMessageSent"
    MEDIA_MESSAGE_SENT = "onMediaMessageSent"
    MESSAGE_UPDATED = "onMessageUpdated"
    MESSAGE_REMOVED = "onMessageRemoved"
    CHANNEL_ADDED = "onChannelAdded"
    CHANNEL_UPDATED = "onChannelUpdated"
    CHANNEL_DESTROYED = "onChannelDestroyed"
    MEMBER_ADDED = "onMemberAdded"
    MEMBER_UPDATED = "onMemberUpdated"
    MEMBER_REMOVED = "onMemberRemoved"
    USER_ADDED = "onUserAdded"
    USER_UPDATED = "onUserUpdated"


class ConversationEvent(StrEnum):
    """The post-event webhooks of Conversations; deliveries and users are never told of here."""

    MESSAGE_ADDED = "onMessageAdded"
    MESSAGE_UPDATED = "onMessageUpdated"
    MESSAGE_REMOVED = "onMessageRemoved"
    CONVERSATION_ADDED = "onConversationAdded"
    CONVERSATION_UPDATED = "onConversationUpdated"
    CONVERSATION_REMOVED = "onConversationRemoved"
    STATE_UPDATED = "onConversationStateUpdated"
    PARTICIPANT_ADDED = "onParticipantAdded"
    PARTICIPANT_UPDATED = "onParticipantUpdated"
    PARTICIPANT_REMOVED = "onParticipantRemoved"
    DELIVERY_UPDATED = "onDeliveryUpdated"
    USER_ADDED = "onUserAdded"
    USER_UPDATED = "onUserUpdated"


class Source(StrEnum):
    """Which door somebody came through."""

    SDK = "SDK"
    API = "API"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and whether webhooks tell of it."""

    source: Source
    identity: str | None = None
    heard: bool = True


def by_sdk(identity: str) -> Actor:
    """Somebody at an SDK, such as an agent in Flex: always heard, and named."""
    return Actor(Source.SDK, identity)


def by_api(*, heard: bool) -> Actor:
    """A REST request: heard only when it asks for it, and never named."""
    return Actor(Source.API, None, heard)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that webhooks tell; `token` is one for all deliveries of it.

    `channel_sid` is that of the channel or conversation it happened in. `only` is set when an old event is told again,
    to one webhook alone: the sid of that.
    """

    type: EventType | ConversationEvent
    fields: Mapping[str, str]
    channel_sid: str | None = None
    only: str | None = None
    token: str = field(default_factory=lambda: str(uuid.uuid4()))


def message_event(type_: EventType, message: Message, by: Actor) -> Event:
    """A message was sent, changed or removed."""
    fields = {
        "Attributes": message.attributes,
        "DateCreated": hook_date(message.created),
        "Index": str(message.index),
        "From": message.sender,
        "MessageSid": message.sid,
        "ChannelSid": message.channel_sid,
        "Body": message.body if message.body or message.media is None else None,
        "DateUpdated": hook_date(message.updated) if type_ is EventType.MESSAGE_UPDATED else None,
        "ModifiedBy": message.last_updated_by if type_ is EventType.MESSAGE_UPDATED else None,
        "MediaSid": message.media.sid if message.media else None,
        "MediaContentType": message.media.content_type if message.media else None,
        "MediaFilename": message.media.filename if message.media else None,
    }
    return _event(type_, fields, by)


def channel_event(type_: EventType, channel: ChatChannel, by: Actor) -> Event:
    """A channel was made, changed or destroyed."""
    fields = {
        "Attributes": channel.attributes,
        "ChannelSid": channel.sid,
        "ChannelType": channel.type,
        "CreatedBy": channel.created_by,
        "DateCreated": hook_date(channel.created),
        "DateUpdated": hook_date(channel.updated),
        "FriendlyName": channel.friendly_name,
        "UniqueName": channel.unique_name,
    }
    return _event(type_, fields, by)


def member_event(type_: EventType, member: Member, by: Actor, *, reason: str | None = None) -> Event:
    """Somebody joined, changed in, or left a channel; `reason` tells why they left."""
    read = member.last_consumed_message_index
    changed = hook_date(member.updated)
    fields = {
        "MemberSid": member.sid,
        "Attributes": member.attributes,
        "ChannelSid": member.channel_sid,
        "DateCreated": hook_date(member.created),
        "DateUpdated": changed if type_ is EventType.MEMBER_UPDATED else None,
        "DateRemoved": changed if type_ is EventType.MEMBER_REMOVED else None,
        "Identity": member.identity,
        "RoleSid": member.role_sid,
        "Reason": reason,
        "LastConsumedMessageIndex": str(read) if type_ is EventType.MEMBER_UPDATED and read is not None else None,
    }
    return _event(type_, fields, by)


def user_event(type_: EventType, user: User, by: Actor) -> Event:
    """A user was made or changed; told to the service's webhook only."""
    fields = {
        "UserSid": user.sid,
        "Attributes": user.attributes,
        "DateCreated": hook_date(user.created),
        "DateUpdated": hook_date(user.updated),
        "FriendlyName": user.friendly_name,
        "Identity": user.identity,
        "RoleSid": user.role_sid,
    }
    return _event(type_, fields, by)


def hook_date(moment: datetime) -> str:
    """A time as webhooks write it, with milliseconds: 2021-04-17T12:52:31.295Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _event(type_: EventType, fields: Mapping[str, str | None], by: Actor) -> Event:
    whole = {"EventType": type_.value, "Source": by.source.value, "ClientIdentity": by.identity, **fields}
    return Event(type_, {name: value for name, value in whole.items() if value is not None}, fields.get("ChannelSid"))
