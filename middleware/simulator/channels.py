"""What can be done to a chat channel and its webhooks; every deed is published when its doer is heard."""

import json
from dataclasses import replace
from typing import Any

from middleware.simulator.account import Account
from middleware.simulator.events import Actor, EventType, channel_event
from middleware.simulator.nouns import ChatChannel, Webhook, now
from middleware.simulator.refusals import NameTaken, TooManyWebhooks

MOST_WEBHOOKS = 5


def add_channel(account: Account, channel: ChatChannel, *, by: Actor) -> ChatChannel:
    """Make a channel, empty."""
    tables = account.tables
    _take_name(account, channel)
    tables.channels[channel.sid] = channel
    for table in (tables.messages, tables.members, tables.webhooks):
        table[channel.sid] = {}
    account.publish(channel_event(EventType.CHANNEL_ADDED, channel, by), by)
    return channel


def change_channel(account: Account, channel: ChatChannel, *, by: Actor) -> ChatChannel:
    """Put the changed channel in place of the old one."""
    old = account.tables.channels[channel.sid]
    if channel.unique_name != old.unique_name:
        _take_name(account, channel)
        account.tables.by_unique_name.pop(old.unique_name or "", None)
    changed = replace(channel, updated=now() if channel.updated == old.updated else channel.updated)
    account.tables.channels[channel.sid] = changed
    account.publish(channel_event(EventType.CHANNEL_UPDATED, changed, by), by)
    return changed


def remove_channel(account: Account, channel: ChatChannel, *, by: Actor) -> None:
    """Destroy a channel with all it holds; its own webhooks hear of it first."""
    account.publish(channel_event(EventType.CHANNEL_DESTROYED, replace(channel, updated=now()), by), by)
    tables = account.tables
    for sids in (tables.channels, tables.messages, tables.members, tables.webhooks, tables.flex_channels):
        sids.pop(channel.sid, None)
    tables.by_unique_name.pop(channel.unique_name or "", None)
    account.changed()


def add_webhook(account: Account, webhook: Webhook) -> Webhook:
    """Give a channel one more webhook; it may have five, Studio's own included."""
    hooks = account.tables.webhooks[webhook.channel_sid]
    if len(hooks) >= MOST_WEBHOOKS:
        raise TooManyWebhooks
    hooks[webhook.sid] = webhook
    return webhook


def read_attributes(text: str) -> dict[str, Any]:
    """The attributes as an object; {} when they are something else."""
    found = json.loads(text)
    return found if isinstance(found, dict) else {}


def write_attributes(values: dict[str, Any]) -> str:
    """The attributes as Twilio keeps them: text, without spaces."""
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)


def with_attributes(channel: ChatChannel, **values: Any) -> ChatChannel:
    """The channel with these attributes added to its others."""
    return replace(channel, attributes=write_attributes({**read_attributes(channel.attributes), **values}))


def is_active(channel: ChatChannel) -> bool:
    """Whether nobody has ended the channel."""
    return read_attributes(channel.attributes).get("status") != "INACTIVE"


def _take_name(account: Account, channel: ChatChannel) -> None:
    if channel.unique_name is None:
        return
    if channel.unique_name in account.tables.by_unique_name:
        raise NameTaken(channel.unique_name)
    account.tables.by_unique_name[channel.unique_name] = channel.sid
