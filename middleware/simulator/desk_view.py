"""What the desk shows: the account as an agent sees it."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from middleware.simulator.account import Account
from middleware.simulator.channels import is_active, read_attributes
from middleware.simulator.conversations import participant_of
from middleware.simulator.events import hook_date
from middleware.simulator.nouns import ChatChannel, Message, Moment, Task
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
        "agent": _agent(account),
        "activities": [
            {"sid": activity.sid, "name": activity.friendly_name, "available": activity.available}
            for activity in tables.activities.values()
        ],
        "tasks": [_task(account, task) for task in list(tables.tasks.values())[-MOST_SHOWN:]],
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
        "edited": message.was_edited,
        "date_created": hook_date(message.created),
        "media": {"filename": media.filename, "content_type": media.content_type} if media else None,
    }


def _agent(account: Account) -> dict[str, Any]:
    worker = account.tables.workers[account.seed.worker_sid]
    return {
        "identity": account.seed.agent_identity,
        "name": account.seed.agent_name,
        "activity": worker.activity_sid,
        "available": account.tables.activities[worker.activity_sid].available,
    }


def _task(account: Account, task: Task) -> dict[str, Any]:
    attributes, sid = read_attributes(task.attributes), channel_of(task)
    return {
        "sid": task.sid,
        "status": task.status,
        "channel_sid": sid,
        "name": attributes.get("name"),
        "attributes": attributes,
        "context": _context(attributes, _attributes_at(account, sid)),
        "reason": task.reason,
        "date_created": hook_date(task.created),
        "date_updated": hook_date(task.updated),
    }


def _attributes_at(account: Account, sid: str | None) -> dict[str, Any]:
    place = account.tables.channels.get(sid or "") or account.tables.conversations.get(sid or "")
    return read_attributes(place.attributes) if place else {}


def _context(*places: Mapping[str, Any]) -> dict[str, str]:
    """What the visitor's page told before the chat: JSON in a text at a channel, or an object."""
    for place in places:
        told = place.get("pre_engagement_data")
        if isinstance(told, str):
            with suppress(ValueError):
                told = json.loads(told)
        if isinstance(told, dict):
            return {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}
    return {}


def _channel(account: Account, channel: ChatChannel) -> dict[str, Any]:
    return {
        "sid": channel.sid,
        "service": "Programmable Chat",
        "friendly_name": channel.friendly_name,
        "status": "ACTIVE" if is_active(channel) else "INACTIVE",
        "agent_inside": member_of(account, channel.sid, account.seed.agent_identity) is not None,
        "next_index": channel.next_index,
        **_said(account, channel.sid),
    }


def _conversation(account: Account, talk: Conversation) -> dict[str, Any]:
    """In the words of a channel, so that the desk need not know the difference."""
    return {
        "sid": talk.sid,
        "service": "Conversations",
        "friendly_name": talk.friendly_name,
        "status": "INACTIVE" if talk.state is State.CLOSED else "ACTIVE",
        "agent_inside": participant_of(account, talk.sid, account.seed.agent_identity) is not None,
        "next_index": talk.next_index,
        **_said(account, talk.sid),
    }


def _said(account: Account, sid: str) -> dict[str, Any]:
    return {
        "messages": [message_view(account, message) for message in account.tables.messages[sid].values()],
        "moments": [_moment(moment) for moment in account.tables.moments.get(sid, [])],
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {"kind": moment.turn, "who": moment.who, "at": hook_date(moment.at)}


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
