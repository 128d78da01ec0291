"""What can be done with messages; every deed is published when its doer is heard."""

from dataclasses import replace

from middleware.simulator.account import Account
from middleware.simulator.events import Actor, EventType, message_event
from middleware.simulator.nouns import Message, now


def add_message(account: Account, message: Message, *, by: Actor) -> Message:
    """Say something: the message gets the next place of its channel."""
    channel = account.tables.channels[message.channel_sid]
    placed = replace(message, index=channel.next_index)
    account.tables.channels[channel.sid] = replace(channel, next_index=channel.next_index + 1)
    account.tables.messages[channel.sid][placed.sid] = placed
    kind = EventType.MEDIA_MESSAGE_SENT if placed.media else EventType.MESSAGE_SENT
    account.publish(message_event(kind, placed, by), by)
    return placed


def change_message(account: Account, message: Message, *, by: Actor) -> Message:
    """Put the changed message in place of the old one, and tell of it."""
    changed = put_changed(account, message)
    account.publish(message_event(EventType.MESSAGE_UPDATED, changed, by), by)
    return changed


def remove_message(account: Account, message: Message, *, by: Actor) -> None:
    """Take a message out; its place stays empty."""
    del account.tables.messages[message.channel_sid][message.sid]
    account.publish(message_event(EventType.MESSAGE_REMOVED, message, by), by)


def put_changed(account: Account, message: Message) -> Message:
    """The same without telling anybody; a new body makes it an edited one."""
    old = account.tables.messages[message.channel_sid][message.sid]
    edited = old.was_edited or message.body != old.body
    changed = replace(message, was_edited=edited, updated=now() if message.updated == old.updated else message.updated)
    account.tables.messages[message.channel_sid][message.sid] = changed
    return changed
