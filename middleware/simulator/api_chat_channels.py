"""chat.twilio.com/v2: channels and their webhooks."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

from aiohttp import web

from middleware.simulator.answers import created, found, gone, listed
from middleware.simulator.api_chat_service import SERVICE, Method, the_channel, the_service
from middleware.simulator.api_webhooks import check_way, configuration
from middleware.simulator.asks import Ask, actor, known, posted, queried
from middleware.simulator.channels import add_channel, add_webhook, change_channel, remove_channel
from middleware.simulator.events import EventType
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns import ChatChannel, Webhook, WebhookKind, now
from middleware.simulator.refusals import Unknown
from middleware.simulator.shapes_chat import chat_shapes

CHANNEL = SERVICE + "/Channels/{channel}"


class ChannelType(StrEnum):
    """Who may see a channel."""

    PUBLIC = "public"
    PRIVATE = "private"


def channel_routes() -> list[web.RouteDef]:
    """The routes of channels and of their webhooks."""
    return [
        web.get(SERVICE + "/Channels", list_channels),
        web.post(SERVICE + "/Channels", create_channel),
        web.get(CHANNEL, fetch_channel),
        web.post(CHANNEL, update_channel),
        web.delete(CHANNEL, delete_channel),
        web.get(CHANNEL + "/Webhooks", list_webhooks),
        web.post(CHANNEL + "/Webhooks", create_webhook),
        web.get(CHANNEL + "/Webhooks/{webhook}", fetch_webhook),
        web.post(CHANNEL + "/Webhooks/{webhook}", update_webhook),
        web.delete(CHANNEL + "/Webhooks/{webhook}", delete_webhook),
    ]


async def list_channels(request: web.Request) -> web.Response:
    """List the channels, or those of some types."""
    the_service(request)
    types = queried(request).many("Type") or tuple(ChannelType)
    channels = [channel for channel in request.app[ACCOUNT].tables.channels.values() if channel.type in types]
    return listed(request, "channels", channels, shape=chat_shapes(request).channel, most=100)


async def create_channel(request: web.Request) -> web.Response:
    """Make a channel that Flex knows nothing of."""
    the_service(request)
    ask = await posted(request)
    channel = ChatChannel(type=ask.choice("Type", ChannelType) or ChannelType.PUBLIC, **_told(ask))
    return created(chat_shapes(request).channel(add_channel(request.app[ACCOUNT], channel, by=actor(request))))


async def fetch_channel(request: web.Request) -> web.Response:
    """Show a channel, found by sid or unique name."""
    return found(chat_shapes(request).channel(the_channel(request)))


async def update_channel(request: web.Request) -> web.Response:
    """Change a channel; attributes are replaced whole."""
    channel = replace(the_channel(request), **_told(await posted(request)))
    return found(chat_shapes(request).channel(change_channel(request.app[ACCOUNT], channel, by=actor(request))))


async def delete_channel(request: web.Request) -> web.Response:
    """Destroy a channel."""
    remove_channel(request.app[ACCOUNT], the_channel(request), by=actor(request))
    return gone()


async def list_webhooks(request: web.Request) -> web.Response:
    """List a channel's webhooks, Studio's own among them."""
    hooks = list(request.app[ACCOUNT].tables.webhooks[the_channel(request).sid].values())
    return listed(request, "webhooks", hooks, shape=chat_shapes(request).webhook, most=5)


async def create_webhook(request: web.Request) -> web.Response:
    """Give a channel a webhook; the same one given twice is two."""
    ask = await posted(request)
    ask.must("Type")
    kind = ask.choice("Type", WebhookKind) or WebhookKind.WEBHOOK
    hook = Webhook(channel_sid=the_channel(request).sid, type=kind, **_configuration(ask, kind))
    check_way(hook)
    return created(chat_shapes(request).webhook(add_webhook(request.app[ACCOUNT], hook)))


async def fetch_webhook(request: web.Request) -> web.Response:
    """Show a webhook."""
    return found(chat_shapes(request).webhook(_webhook(request)))


async def update_webhook(request: web.Request) -> web.Response:
    """Change a webhook's configuration; its type stays."""
    old = _webhook(request)
    hook = replace(old, **_configuration(await posted(request), old.type), updated=now())
    request.app[ACCOUNT].tables.webhooks[hook.channel_sid][hook.sid] = hook
    return found(chat_shapes(request).webhook(hook))


async def delete_webhook(request: web.Request) -> web.Response:
    """Take a webhook away."""
    hook = _webhook(request)
    del request.app[ACCOUNT].tables.webhooks[hook.channel_sid][hook.sid]
    return gone()


def _told(ask: Ask) -> dict[str, Any]:
    told = {
        "friendly_name": ask.text("FriendlyName"),
        "unique_name": ask.text("UniqueName") or None,
        "attributes": ask.json("Attributes"),
        "created": ask.date("DateCreated"),
        "updated": ask.date("DateUpdated"),
        "created_by": ask.text("CreatedBy"),
    }
    return known(told)


def _configuration(ask: Ask, kind: WebhookKind) -> dict[str, Any]:
    told = configuration(ask, kind, methods=Method, events=EventType)
    return told | known({"retry_count": ask.number("Configuration.RetryCount", most=3)})


def _webhook(request: web.Request) -> Webhook:
    hook = request.app[ACCOUNT].tables.webhooks[the_channel(request).sid].get(request.match_info["webhook"])
    if hook is None:
        raise Unknown(request.path)
    return hook
