"""What can be done to a conversation, its webhooks and participants; every deed is published when its doer is heard."""

from dataclasses import replace

from middleware.simulator.account import Account
from middleware.simulator.channels import MOST_WEBHOOKS
from middleware.simulator.conversation_events import conversation_event, participant_event, state_event
from middleware.simulator.events import Actor, ConversationEvent
from middleware.simulator.nouns import Webhook, now
from middleware.simulator.nouns_conversations import Conversation, Participant, State
from middleware.simulator.people import known_user
from middleware.simulator.refusals import ConversationClosed, NameTaken, Refusal, TooManyConversationWebhooks


def add_conversation(account: Account, talk: Conversation, *, by: Actor) -> Conversation:
    """Make a conversation, empty; it cannot begin as a closed one."""
    if talk.state is State.CLOSED:
        raise Refusal(400, 50384, "A conversation cannot be created in the state closed")
    _take_name(account, talk)
    tables = account.tables
    tables.conversations[talk.sid] = talk
    tables.messages[talk.sid], tables.webhooks[talk.sid], tables.participants[talk.sid] = {}, {}, {}
    _publish(account, ConversationEvent.CONVERSATION_ADDED, talk, by)
    return talk


def change_conversation(account: Account, talk: Conversation, *, by: Actor, reason: str = "API") -> Conversation:
    """Put the changed conversation in place of the old one. That a new state is told twice is this house's reading."""
    old = open_conversation(account, talk.sid)
    if talk.unique_name != old.unique_name:
        _take_name(account, talk)
        account.tables.by_conversation_name.pop(old.unique_name or "", None)
    moved = talk.state is not old.state
    if moved and talk.state is State.INITIALIZING:
        raise Refusal(400, 20001, "A conversation cannot go back to the state initializing")
    moment = now()
    changed = replace(
        talk,
        updated=moment if talk.updated == old.updated else talk.updated,
        stirred=moment if moved else old.stirred,
    )
    account.tables.conversations[talk.sid] = changed
    _publish(account, ConversationEvent.CONVERSATION_UPDATED, changed, by)
    if moved:
        service_sid = account.tables.service.sid
        account.publish(state_event(changed, by, was=old.state, reason=reason, service_sid=service_sid), by)
    return changed


def remove_conversation(account: Account, talk: Conversation, *, by: Actor) -> None:
    """Remove a conversation with all it holds; its own webhooks hear of it first."""
    _publish(account, ConversationEvent.CONVERSATION_REMOVED, replace(talk, updated=now()), by)
    tables = account.tables
    for message in tables.messages[talk.sid]:
        tables.told.pop(message, None)
    for sids in (tables.conversations, tables.messages, tables.webhooks, tables.participants):
        sids.pop(talk.sid, None)
    tables.by_conversation_name.pop(talk.unique_name or "", None)
    account.changed()


def open_conversation(account: Account, sid: str) -> Conversation:
    """The conversation as it is, unless it is closed: then nothing can be written to it."""
    talk = account.tables.conversations[sid]
    if talk.state is State.CLOSED:
        raise ConversationClosed(sid)
    return talk


def add_conversation_webhook(account: Account, hook: Webhook, *, replay_from: int | None = None) -> Webhook:
    """Give a conversation one more webhook, and tell it again of the messages from `replay_from` on."""
    open_conversation(account, hook.channel_sid)
    hooks = account.tables.webhooks[hook.channel_sid]
    if len(hooks) >= MOST_WEBHOOKS:
        raise TooManyConversationWebhooks
    hooks[hook.sid] = hook
    if replay_from is not None:
        for message in list(account.tables.messages[hook.channel_sid].values()):
            if message.index >= replay_from:
                account.tell_again(account.tables.told[message.sid], only=hook.sid)
    return hook


def participant_of(account: Account, conversation_sid: str, key: str) -> Participant | None:
    """The participant with this sid or identity, if the conversation has one."""
    there = account.tables.participants[conversation_sid]
    return there.get(key) or next((one for one in there.values() if one.identity == key), None)


def add_participant(account: Account, participant: Participant, *, by: Actor) -> Participant:
    """Let somebody into a conversation, once."""
    open_conversation(account, participant.conversation_sid)
    if participant_of(account, participant.conversation_sid, participant.identity):
        raise Refusal(409, 50433, "Participant already exists")
    known_user(account, participant.identity)
    account.tables.participants[participant.conversation_sid][participant.sid] = participant
    account.publish(participant_event(ConversationEvent.PARTICIPANT_ADDED, participant, by), by)
    return participant


def change_participant(account: Account, participant: Participant, *, by: Actor) -> Participant:
    """Put the changed participant in place of the old one."""
    open_conversation(account, participant.conversation_sid)
    changed = replace(participant, updated=now())
    account.tables.participants[participant.conversation_sid][participant.sid] = changed
    account.publish(participant_event(ConversationEvent.PARTICIPANT_UPDATED, changed, by), by)
    return changed


def remove_participant(account: Account, participant: Participant, *, by: Actor) -> None:
    """Take somebody out of a conversation."""
    del account.tables.participants[participant.conversation_sid][participant.sid]
    gone = replace(participant, updated=now())
    account.publish(participant_event(ConversationEvent.PARTICIPANT_REMOVED, gone, by), by)


def _publish(account: Account, type_: ConversationEvent, talk: Conversation, by: Actor) -> None:
    account.publish(conversation_event(type_, talk, by, service_sid=account.tables.service.sid), by)


def _take_name(account: Account, talk: Conversation) -> None:
    if talk.unique_name is None:
        return
    if talk.unique_name in account.tables.by_conversation_name:
        raise NameTaken(talk.unique_name, what="Conversation")
    account.tables.by_conversation_name[talk.unique_name] = talk.sid
