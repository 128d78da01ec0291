"""chat.twilio.com/v2: the service, its users, and how the other chat routes find their things."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

from aiohttp import web

from middleware.simulator.answers import created, found, listed
from middleware.simulator.asks import Ask, actor, known, posted
from middleware.simulator.events import EventType
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns import ChatChannel, ChatService, User, now
from middleware.simulator.people import add_user, change_user
from middleware.simulator.refusals import Unknown
from middleware.simulator.shapes_chat import chat_shapes

SERVICE = "/v2/Services/{service}"
_PRE_EVENTS = {
    "onMessageSend",
    "onMessageUpdate",
    "onMessageRemove",
    "onMediaMessageSend",
    "onChannelAdd",
    "onChannelUpdate",
    "onChannelDestroy",
    "onMemberAdd",
    "onMemberUpdate",
    "onMemberRemove",
    "onUserUpdate",
}


class Method(StrEnum):
    """How a webhook is sent."""

    GET = "GET"
    POST = "POST"


def service_routes() -> list[web.RouteDef]:
    """The routes of the service and of its users."""
    return [
        web.get("/v2/Services", list_services),
        web.get(SERVICE, fetch_service),
        web.post(SERVICE, update_service),
        web.get(SERVICE + "/Users", list_users),
        web.post(SERVICE + "/Users", create_user),
        web.get(SERVICE + "/Users/{user}", fetch_user),
        web.post(SERVICE + "/Users/{user}", update_user),
    ]


async def list_services(request: web.Request) -> web.Response:
    """List the one service there is."""
    return listed(
        request, "services", [request.app[ACCOUNT].tables.service], shape=chat_shapes(request).service, most=100
    )


async def fetch_service(request: web.Request) -> web.Response:
    """Show the service."""
    return found(chat_shapes(request).service(the_service(request)))


async def update_service(request: web.Request) -> web.Response:
    """Change the settings that the request names."""
    service = replace(the_service(request), **_settings(await posted(request)), updated=now())
    request.app[ACCOUNT].tables.service = service
    return found(chat_shapes(request).service(service))


async def list_users(request: web.Request) -> web.Response:
    """List everybody who has an identity."""
    the_service(request)
    users = list(request.app[ACCOUNT].tables.users.values())
    return listed(request, "users", users, shape=chat_shapes(request).user, most=100)


async def create_user(request: web.Request) -> web.Response:
    """Make a user before they have joined anything."""
    the_service(request)
    ask, account = await posted(request), request.app[ACCOUNT]
    user = User(
        identity=ask.must("Identity"),
        role_sid=ask.sid("RoleSid", "RL") or account.seed.service_role_sid,
        friendly_name=ask.text("FriendlyName"),
        attributes=ask.json("Attributes") or "{}",
    )
    return created(chat_shapes(request).user(add_user(account, user, by=actor(request))))


async def fetch_user(request: web.Request) -> web.Response:
    """Show a user, found by sid or identity."""
    return found(chat_shapes(request).user(_user(request)))


async def update_user(request: web.Request) -> web.Response:
    """Change a user's name, attributes or role."""
    ask = await posted(request)
    told = {
        "friendly_name": ask.text("FriendlyName"),
        "attributes": ask.json("Attributes"),
        "role_sid": ask.sid("RoleSid", "RL"),
    }
    user = replace(_user(request), **known(told))
    return found(chat_shapes(request).user(change_user(request.app[ACCOUNT], user, by=actor(request))))


def the_service(request: web.Request) -> ChatService:
    """The service of the address; there is only one."""
    service = request.app[ACCOUNT].tables.service
    if request.match_info["service"] != service.sid:
        raise Unknown(request.path)
    return service


def the_channel(request: web.Request) -> ChatChannel:
    """The channel of the address, by sid or unique name."""
    the_service(request)
    tables, key = request.app[ACCOUNT].tables, request.match_info["channel"]
    channel = tables.channels.get(tables.by_unique_name.get(key, key))
    if channel is None:
        raise Unknown(request.path)
    return channel


def _settings(ask: Ask) -> dict[str, Any]:
    told = {
        "friendly_name": ask.text("FriendlyName"),
        "pre_webhook_url": ask.text("PreWebhookUrl"),
        "post_webhook_url": ask.text("PostWebhookUrl"),
        "webhook_method": ask.choice("WebhookMethod", Method),
        "webhook_filters": ask.events("WebhookFilters", {*EventType, *_PRE_EVENTS}),
        "pre_webhook_retry_count": ask.number("PreWebhookRetryCount", most=3),
        "post_webhook_retry_count": ask.number("PostWebhookRetryCount", most=3),
        "read_status_enabled": ask.flag("ReadStatusEnabled"),
        "reachability_enabled": ask.flag("ReachabilityEnabled"),
        "typing_indicator_timeout": ask.number("TypingIndicatorTimeout"),
        "consumption_report_interval": ask.number("ConsumptionReportInterval"),
        "channel_members": ask.number("Limits.ChannelMembers", least=1, most=1000),
        "user_channels": ask.number("Limits.UserChannels", least=1, most=1000),
    }
    return known(told)


def _user(request: web.Request) -> User:
    the_service(request)
    tables, key = request.app[ACCOUNT].tables, request.match_info["user"]
    user = tables.users.get(tables.by_identity.get(key, key))
    if user is None:
        raise Unknown(request.path)
    return user
