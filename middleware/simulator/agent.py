"""What the agent does in Flex. It goes through an SDK, so every deed is heard, and named."""

from dataclasses import dataclass, replace

from middleware.simulator.account import Account
from middleware.simulator.channels import change_channel, is_active, with_attributes
from middleware.simulator.events import Actor, by_sdk
from middleware.simulator.interactions import close_interaction, interaction_of, let_agent_in
from middleware.simulator.messages import add_message, change_message, remove_message
from middleware.simulator.nouns import OVER, ChatChannel, Media, Member, Message, ReservationStatus, Task, TaskStatus
from middleware.simulator.nouns_conversations import Conversation, State
from middleware.simulator.people import add_member, member_of, remove_member
from middleware.simulator.tasks import answer_offer, channel_of, move_task, pending_offer, sweep_after
from middleware.simulator.utterances import add_utterance, change_utterance, remove_utterance


class Impossible(Exception):
    """The agent cannot do that now; the text says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Words:
    """Something to say: a text, or a file."""

    body: str = ""
    media: Media | None = None


def accept(account: Account, task: Task) -> Task:
    """Take the task: the reservation is accepted, the agent joins the channel or conversation."""
    offer = pending_offer(account, task)
    if task.status is not TaskStatus.RESERVED or offer is None:
        raise Impossible(f"Task {task.sid} is {task.status}: only a reserved task can be accepted.")
    answer_offer(account, offer, ReservationStatus.ACCEPTED)
    if interaction := interaction_of(account, task):
        let_agent_in(account, interaction)
    channel = _channel(account, task)
    identity = account.seed.agent_identity
    if channel and not member_of(account, channel.sid, identity):
        member = Member(
            channel_sid=channel.sid,
            identity=identity,
            role_sid=account.seed.channel_role_sid,
            attributes='{"member_type":"agent"}',
        )
        add_member(account, member, by=_agent(account))
    return account.tables.tasks[task.sid]


def end(account: Account, task: Task) -> Task:
    """End chat: the channel becomes INACTIVE (a long-lived one stays), the agent leaves, the task is wrapped up.

    A conversation is closed, as its Interaction's channel is.
    """
    if task.status in OVER:
        raise Impossible(f"Task {task.sid} is {task.status}: the chat has been ended already. Complete the task.")
    if task.status is not TaskStatus.ASSIGNED:
        raise Impossible(f"Task {task.sid} is {task.status}: accept it before ending the chat.")
    if interaction := interaction_of(account, task):
        close_interaction(account, interaction, and_task=False)
        return account.tables.tasks[task.sid]
    channel = _channel(account, task)
    if channel and is_active(channel) and not _is_long_lived(account, channel):
        change_channel(account, with_attributes(channel, status="INACTIVE"), by=_agent(account))
    _leave(account, channel)
    return move_task(account, account.tables.tasks[task.sid], TaskStatus.WRAPPING)


def complete(account: Account, task: Task) -> Task:
    """Finish the task; a chat that is still going on is ended first."""
    if task.status is TaskStatus.ASSIGNED:
        task = end(account, task)
    if task.status is not TaskStatus.WRAPPING:
        raise Impossible(f"Task {task.sid} is {task.status}: only an accepted task can be completed.")
    _leave(account, _channel(account, task))
    done = move_task(account, account.tables.tasks[task.sid], TaskStatus.COMPLETED, reason="completed by the agent")
    if not _is_long_lived(account, _channel(account, task)):
        sweep_after(account, done)
    return done


def say(
    account: Account, place: ChatChannel | Conversation, words: Words, *, sender: str | None = None, by: Actor
) -> Message:
    """Say something in a channel or conversation that nobody has ended."""
    message = Message(
        channel_sid=place.sid,
        sender=sender or account.seed.agent_identity,
        body=words.body,
        media=words.media,
        last_updated_by=None,
    )
    by = replace(by, identity=sender) if sender and by.identity else by
    _check_open(place)
    if words.media:
        account.tables.media[words.media.sid] = words.media
    add = add_utterance if isinstance(place, Conversation) else add_message
    return add(account, message, by=by)


def reword(account: Account, place: ChatChannel | Conversation, message: Message, body: str) -> Message:
    """Change what the agent themselves said, in a chat that nobody has ended."""
    _check_own(account, place, message)
    change = change_utterance if isinstance(place, Conversation) else change_message
    changed = replace(message, body=body, last_updated_by=account.seed.agent_identity)
    return change(account, changed, by=_agent(account))


def withdraw(account: Account, place: ChatChannel | Conversation, message: Message) -> None:
    """Take out what the agent themselves said, in a chat that nobody has ended."""
    _check_own(account, place, message)
    remove = remove_utterance if isinstance(place, Conversation) else remove_message
    remove(account, message, by=_agent(account))


def _check_own(account: Account, place: ChatChannel | Conversation, message: Message) -> None:
    if message.sender != account.seed.agent_identity:
        raise Impossible(f"Message {message.sid} is {message.sender}'s: the agent can change only their own.")
    _check_open(place)


def _check_open(place: ChatChannel | Conversation) -> None:
    if isinstance(place, Conversation) and place.state is State.CLOSED:
        raise Impossible(f"Conversation {place.sid} is closed: the chat has ended, nothing can be said in it.")
    if isinstance(place, ChatChannel) and not is_active(place):
        raise Impossible(f"Channel {place.sid} is INACTIVE: the chat has ended, nothing can be said in it.")


def _agent(account: Account) -> Actor:
    return by_sdk(account.seed.agent_identity)


def _channel(account: Account, task: Task) -> ChatChannel | None:
    return account.tables.channels.get(channel_of(task) or "")


def _is_long_lived(account: Account, channel: ChatChannel | None) -> bool:
    flex = account.tables.flex_channels.get(channel.sid) if channel else None
    return flex is not None and flex.long_lived


def _leave(account: Account, channel: ChatChannel | None) -> None:
    member = member_of(account, channel.sid, account.seed.agent_identity) if channel else None
    if member:
        remove_member(account, member, by=_agent(account), reason="LEFT")
