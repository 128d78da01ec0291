"""What can be done with the messages of a conversation; every deed is published when its doer is heard."""

from dataclasses import replace

from middleware.simulator.account import Account
from middleware.simulator.conversation_events import spoken_event
from middleware.simulator.conversations import change_conversation, open_conversation, participant_of
from middleware.simulator.events import Actor, ConversationEvent
from middleware.simulator.messages import put_changed
from middleware.simulator.nouns import Message, now
from middleware.simulator.nouns_conversations import State


def add_utterance(account: Account, message: Message, *, by: Actor) -> Message:
    """Say something: the message gets the next place, the timers begin anew, an inactive conversation wakes up."""
    tables = account.tables
    talk = open_conversation(account, message.channel_sid)
    placed = replace(message, index=talk.next_index)
    tables.conversations[talk.sid] = talk = replace(talk, next_index=talk.next_index + 1, stirred=now())
    tables.messages[talk.sid][placed.sid] = placed
    event = spoken_event(ConversationEvent.MESSAGE_ADDED, placed, by, participant_sid=author_sid(account, placed))
    tables.told[placed.sid] = event
    if talk.state is State.INACTIVE:
        change_conversation(account, replace(talk, state=State.ACTIVE), by=by, reason="EVENT")
    account.publish(event, by)
    return placed


def change_utterance(account: Account, message: Message, *, by: Actor) -> Message:
    """Put the changed message in place of the old one; a new body makes it an edited one, which only the desk shows."""
    open_conversation(account, message.channel_sid)
    changed = put_changed(account, message)
    sid = author_sid(account, changed)
    account.publish(spoken_event(ConversationEvent.MESSAGE_UPDATED, changed, by, participant_sid=sid), by)
    return changed


def remove_utterance(account: Account, message: Message, *, by: Actor) -> None:
    """Take a message out; its place stays empty."""
    open_conversation(account, message.channel_sid)
    del account.tables.messages[message.channel_sid][message.sid]
    account.tables.told.pop(message.sid, None)
    gone, sid = replace(message, updated=now()), author_sid(account, message)
    account.publish(spoken_event(ConversationEvent.MESSAGE_REMOVED, gone, by, participant_sid=sid), by)


def author_sid(account: Account, message: Message) -> str | None:
    """The sid of the participant who wrote a message: None when the author takes no part."""
    author = participant_of(account, message.channel_sid, message.sender)
    return author.sid if author else None
