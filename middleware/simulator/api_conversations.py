"""conversations.twilio.com/v1: conversations and their webhooks, in the default service and in a named one."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from middleware.simulator.answers import created, found, gone, listed
from middleware.simulator.api_webhooks import check_way, configuration
from middleware.simulator.asks import Ask, actor, known, posted, queried
from middleware.simulator.conversations import (
    add_conversation,
    add_conversation_webhook,
    change_conversation,
    open_conversation,
    remove_conversation,
)
from middleware.simulator.durations import SHORTEST_CLOSED, SHORTEST_INACTIVE, duration
from middleware.simulator.events import ConversationEvent
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns import Webhook, WebhookKind, now
from middleware.simulator.nouns_conversations import Conversation, State
from middleware.simulator.refusals import Unknown
from middleware.simulator.shapes_conversations import conversation_shapes

BASES = ("/v1", "/v1/Services/{service}")
LONGEST_NAME = 256
MOST_OF_CONVERSATION = 16 * 1024
MOST_OF_PART = 4 * 1024


class Method(StrEnum):
    """How a webhook is sent. The documents write it small; Twilio takes it either way."""

    GET = "get"
    POST = "post"
    GET_LOUD = "GET"
    POST_LOUD = "POST"


def routes_under(*routes: tuple[str, str, Handler]) -> list[web.RouteDef]:
    """Each route twice: of the default service, and of the named one."""
    return [web.route(method, base + path, handle) for base in BASES for method, path, handle in routes]


def conversation_routes() -> list[web.RouteDef]:
    """The routes of conversations and of their webhooks."""
    whole = "/Conversations/{conversation}"
    return routes_under(
        ("GET", "/Conversations", list_conversations),
        ("POST", "/Conversations", create_conversation),
        ("GET", whole, fetch_conversation),
        ("POST", whole, update_conversation),
        ("DELETE", whole, delete_conversation),
        ("GET", whole + "/Webhooks", list_webhooks),
        ("POST", whole + "/Webhooks", create_webhook),
        ("GET", whole + "/Webhooks/{webhook}", fetch_webhook),
        ("POST", whole + "/Webhooks/{webhook}", update_webhook),
        ("DELETE", whole + "/Webhooks/{webhook}", delete_webhook),
    )


async def list_conversations(request: web.Request) -> web.Response:
    """List the conversations, or those in one state, or those of some days."""
    check_service(request)
    ask = queried(request)
    state = ask.choice("State", State)
    first, last = ask.text("StartDate") or "", ask.text("EndDate") or "9999"
    talks = [
        talk
        for talk in request.app[ACCOUNT].tables.conversations.values()
        if state in (None, talk.state) and first <= talk.created.date().isoformat() <= last
    ]
    return listed(request, "conversations", talks, shape=conversation_shapes(request).conversation, most=100)


async def create_conversation(request: web.Request) -> web.Response:
    """Make a conversation; the account's timers hold unless it brings its own."""
    check_service(request)
    account, defaults = request.app[ACCOUNT], request.app[ACCOUNT].tables.defaults
    usual = {"inactive_after": defaults.inactive_after, "closed_after": defaults.closed_after}
    talk = Conversation(**{**usual, **_told(await posted(request))})
    return created(conversation_shapes(request).conversation(add_conversation(account, talk, by=actor(request))))


async def fetch_conversation(request: web.Request) -> web.Response:
    """Show a conversation, found by sid or unique name."""
    return found(conversation_shapes(request).conversation(the_conversation(request)))


async def update_conversation(request: web.Request) -> web.Response:
    """Change a conversation; attributes are replaced whole."""
    talk = replace(the_conversation(request), **_told(await posted(request)))
    changed = change_conversation(request.app[ACCOUNT], talk, by=actor(request))
    return found(conversation_shapes(request).conversation(changed))


async def delete_conversation(request: web.Request) -> web.Response:
    """Remove a conversation, closed or not."""
    remove_conversation(request.app[ACCOUNT], the_conversation(request), by=actor(request))
    return gone()


async def list_webhooks(request: web.Request) -> web.Response:
    """List a conversation's webhooks, Studio's own among them."""
    hooks = list(request.app[ACCOUNT].tables.webhooks[the_conversation(request).sid].values())
    return listed(request, "webhooks", hooks, shape=conversation_shapes(request).webhook, most=5)


async def create_webhook(request: web.Request) -> web.Response:
    """Give a conversation a webhook; the same one given twice is two."""
    ask = await posted(request)
    ask.must("Target")
    kind = ask.choice("Target", WebhookKind) or WebhookKind.WEBHOOK
    hook = Webhook(channel_sid=the_conversation(request).sid, type=kind, **_configuration(ask, kind))
    check_way(hook)
    again = ask.number("Configuration.ReplayAfter")
    hook = add_conversation_webhook(request.app[ACCOUNT], hook, replay_from=again)
    return created(conversation_shapes(request).webhook(hook))


async def fetch_webhook(request: web.Request) -> web.Response:
    """Show a webhook."""
    return found(conversation_shapes(request).webhook(_webhook(request)))


async def update_webhook(request: web.Request) -> web.Response:
    """Change a webhook's configuration; its target stays."""
    old = _webhook(request)
    open_conversation(request.app[ACCOUNT], old.channel_sid)
    hook = replace(old, **_configuration(await posted(request), old.type), updated=now())
    request.app[ACCOUNT].tables.webhooks[hook.channel_sid][hook.sid] = hook
    return found(conversation_shapes(request).webhook(hook))


async def delete_webhook(request: web.Request) -> web.Response:
    """Take a webhook away."""
    hook = _webhook(request)
    del request.app[ACCOUNT].tables.webhooks[hook.channel_sid][hook.sid]
    return gone()


def check_service(request: web.Request) -> None:
    """Refuse a service that is not the one there is."""
    service = request.app[ACCOUNT].tables.service.sid
    if request.match_info.get("service", service) != service:
        raise Unknown(request.path)


def the_conversation(request: web.Request) -> Conversation:
    """The conversation of the address, by sid or unique name."""
    check_service(request)
    tables, key = request.app[ACCOUNT].tables, request.match_info["conversation"]
    talk = tables.conversations.get(tables.by_conversation_name.get(key, key))
    if talk is None:
        raise Unknown(request.path)
    return talk


def told_attributes(ask: Ask, *, most: int) -> str | None:
    """Attributes: JSON, and not too much of it."""
    ask.text("Attributes", most=most)
    return ask.json("Attributes")


def _told(ask: Ask) -> dict[str, Any]:
    told = {
        "friendly_name": ask.text("FriendlyName", most=LONGEST_NAME),
        "unique_name": ask.text("UniqueName", most=LONGEST_NAME) or None,
        "attributes": told_attributes(ask, most=MOST_OF_CONVERSATION),
        "state": ask.choice("State", State),
        "inactive_after": duration(ask, "Timers.Inactive", least=SHORTEST_INACTIVE),
        "closed_after": duration(ask, "Timers.Closed", least=SHORTEST_CLOSED),
        "created": ask.date("DateCreated"),
        "updated": ask.date("DateUpdated"),
    }
    return known(told)


def _configuration(ask: Ask, kind: WebhookKind) -> dict[str, Any]:
    return configuration(ask, kind, methods=Method, events=ConversationEvent)


def _webhook(request: web.Request) -> Webhook:
    hook = request.app[ACCOUNT].tables.webhooks[the_conversation(request).sid].get(request.match_info["webhook"])
    if hook is None:
        raise Unknown(request.path)
    return hook
