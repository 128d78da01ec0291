"""What the desk shows: the account as an agent sees it."""

from typing import Any

from middleware.simulator.account import Account
from middleware.simulator.channels import is_active, read_attributes
from middleware.simulator.conversations import participant_of
from middleware.simulator.events import hook_date
from middleware.simulator.nouns import ChatChannel, Message, Task
from middleware.simulator.nouns_conversations import Conversation, State
from middleware.simulator.people import member_of
from middleware.simulator.tasks import channel_of

MOST_SHOWN = 200


def desk_state(account: Account) -> dict[str, Any]:
    """The agent, the newest tasks, channels and conversations (two hundred of each, oldest first)."""
    tables = account.tables
    channels = {c.sid: _channel(account, c) for c in list(tables.channels.values())[-MOST_SHOWN:]}
    talks = {t.sid: _conversation(account, t) for t in list(tables.conversations.values())[-MOST_SHOWN:]}
    return {
        "agent": {"identity": account.seed.agent_identity, "name": account.seed.agent_name},
        "tasks": [_task(task) for task in list(tables.tasks.values())[-MOST_SHOWN:]],
        "channels": {**channels, **talks},
    }


def message_view(account: Account, message: Message) -> dict[str, Any]:
    """A message and what kind of author it has."""
    media = message.media
    return {
        "sid": message.sid,
        "index": message.index,
        "from": message.sender,
        "kind": _kind(account, message),
        "body": message.body,
        "date_created": hook_date(message.created),
        "media": {"filename": media.filename, "content_type": media.content_type} if media else None,
    }


def _task(task: Task) -> dict[str, Any]:
    attributes = read_attributes(task.attributes)
    return {
        "sid": task.sid,
        "status": task.status,
        "channel_sid": channel_of(task),
        "name": attributes.get("name"),
        "attributes": attributes,
        "date_created": hook_date(task.created),
    }


def _channel(account: Account, channel: ChatChannel) -> dict[str, Any]:
    return {
        "sid": channel.sid,
        "friendly_name": channel.friendly_name,
        "status": "ACTIVE" if is_active(channel) else "INACTIVE",
        "agent_inside": member_of(account, channel.sid, account.seed.agent_identity) is not None,
        "messages": [message_view(account, message) for message in account.tables.messages[channel.sid].values()],
    }


def _conversation(account: Account, talk: Conversation) -> dict[str, Any]:
    """In the words of a channel, so that the desk need not know the difference."""
    return {
        "sid": talk.sid,
        "friendly_name": talk.friendly_name,
        "status": "INACTIVE" if talk.state is State.CLOSED else "ACTIVE",
        "agent_inside": participant_of(account, talk.sid, account.seed.agent_identity) is not None,
        "messages": [message_view(account, message) for message in account.tables.messages[talk.sid].values()],
    }


def _kind(account: Account, message: Message) -> str:
    if message.sender == account.seed.agent_identity:
        return "agent"
    if message.sender == "system":
        return "system"
    return "customer" if _is_customer(account, message) else "bot"


def _is_customer(account: Account, message: Message) -> bool:
    """Flex knows who opened a channel; in a conversation, whoever takes part and is no agent."""
    flex = account.tables.flex_channels.get(message.channel_sid)
    if flex:
        return message.sender in (flex.identity, flex.target, flex.customer_name)
    if message.channel_sid not in account.tables.conversations:
        return False
    return participant_of(account, message.channel_sid, message.sender) is not None
