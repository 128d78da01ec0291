"""conversations.twilio.com/v1: the settings of account and service, and their webhooks for all conversations."""

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from aiohttp import web

from middleware.simulator.answers import Shape, found, origin
from middleware.simulator.api_conversations import Method, check_service
from middleware.simulator.asks import Ask, known, posted
from middleware.simulator.durations import SHORTEST_CLOSED, SHORTEST_INACTIVE, duration, written
from middleware.simulator.events import ConversationEvent
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns import now
from middleware.simulator.nouns_conversations import PostHook
from middleware.simulator.refusals import Malformed

_SERVICE = "/v1/Services/{service}/Configuration"
_PRE_EVENTS = frozenset(
    f"on{what}{deed}" for what in ("Message", "Conversation", "Participant") for deed in ("Add", "Update", "Remove")
) | {"onUserUpdate"}


class Target(StrEnum):
    """Whether an account's webhook is somebody's own, or Flex's."""

    WEBHOOK = "webhook"
    FLEX = "flex"


def configuration_routes() -> list[web.RouteDef]:
    """The routes of both configurations and of both webhooks."""
    return [
        web.get("/v1/Configuration", fetch_account),
        web.post("/v1/Configuration", update_account),
        web.get("/v1/Configuration/Webhooks", fetch_account_hook),
        web.post("/v1/Configuration/Webhooks", update_account_hook),
        web.get(_SERVICE, fetch_service),
        web.post(_SERVICE, update_service),
        web.get(_SERVICE + "/Webhooks", fetch_service_hook),
        web.post(_SERVICE + "/Webhooks", update_service_hook),
    ]


async def fetch_account(request: web.Request) -> web.Response:
    """Show the default service and the timers that new conversations get."""
    return found(_account(request))


async def update_account(request: web.Request) -> web.Response:
    """Change the timers; another service than the one there is cannot become the default."""
    ask, tables = await posted(request), request.app[ACCOUNT].tables
    service = ask.sid("DefaultChatServiceSid", "IS")
    if service not in (None, tables.service.sid):
        raise Malformed(f"DefaultChatServiceSid {service} is not a service of this account")
    told: dict[str, timedelta | None] = {
        "inactive_after": duration(ask, "DefaultInactiveTimer", least=SHORTEST_INACTIVE),
        "closed_after": duration(ask, "DefaultClosedTimer", least=SHORTEST_CLOSED),
    }
    tables.defaults = replace(tables.defaults, **known(told))
    return found(_account(request))


async def fetch_account_hook(request: web.Request) -> web.Response:
    """Show the webhook of all services that have none of their own."""
    return found(_account_hook(request))


async def update_account_hook(request: web.Request) -> web.Response:
    """Change it."""
    ask, tables = await posted(request), request.app[ACCOUNT].tables
    target = {"target": ask.choice("Target", Target)}
    tables.account_hook = replace(tables.account_hook, **_told(ask), **known(target))
    return found(_account_hook(request))


async def fetch_service(request: web.Request) -> web.Response:
    """Show the service's roles, which are fixed, and whether it tells who is there."""
    check_service(request)
    return found(_service(request))


async def update_service(request: web.Request) -> web.Response:
    """Switch reachability; the roles stay as they are."""
    check_service(request)
    tables = request.app[ACCOUNT].tables
    told = {"reachability_enabled": (await posted(request)).flag("ReachabilityEnabled")}
    tables.service = replace(tables.service, **known(told), updated=now())
    return found(_service(request))


async def fetch_service_hook(request: web.Request) -> web.Response:
    """Show the service's webhook."""
    check_service(request)
    return found(_service_hook(request))


async def update_service_hook(request: web.Request) -> web.Response:
    """Change it; with an address it silences the account's."""
    check_service(request)
    ask, tables = await posted(request), request.app[ACCOUNT].tables
    tables.service_hook = replace(tables.service_hook, **_told(ask))
    return found(_service_hook(request))


def _told(ask: Ask) -> dict[str, Any]:
    method = ask.choice("Method", Method)
    told = {
        "url": ask.text("PostWebhookUrl"),
        "pre_url": ask.text("PreWebhookUrl"),
        "method": method and method.upper(),
        "filters": ask.events("Filters", {*ConversationEvent, *_PRE_EVENTS}),
    }
    return known(told)


def _hook(hook: PostHook) -> Shape:
    return {
        "pre_webhook_url": hook.pre_url or None,
        "post_webhook_url": hook.url or None,
        "filters": list(hook.filters),
        "method": hook.method,
    }


def _account(request: web.Request) -> Shape:
    account = request.app[ACCOUNT]
    here = f"{origin(request)}/v1"
    service = account.tables.service.sid
    return {
        "account_sid": account.seed.account_sid,
        "default_chat_service_sid": service,
        "default_messaging_service_sid": None,
        "default_inactive_timer": written(account.tables.defaults.inactive_after),
        "default_closed_timer": written(account.tables.defaults.closed_after),
        "url": f"{here}/Configuration",
        "links": {
            "service": f"{here}/Services/{service}/Configuration",
            "webhooks": f"{here}/Configuration/Webhooks",
        },
    }


def _account_hook(request: web.Request) -> Shape:
    account = request.app[ACCOUNT]
    return {
        **_hook(account.tables.account_hook),
        "account_sid": account.seed.account_sid,
        "target": account.tables.account_hook.target,
        "url": f"{origin(request)}/v1/Configuration/Webhooks",
    }


def _service(request: web.Request) -> Shape:
    account = request.app[ACCOUNT]
    service, seed = account.tables.service, account.seed
    here = f"{origin(request)}/v1/Services/{service.sid}/Configuration"
    return {
        "chat_service_sid": service.sid,
        "default_conversation_creator_role_sid": seed.channel_role_sid,
        "default_conversation_role_sid": seed.channel_role_sid,
        "default_chat_service_role_sid": seed.service_role_sid,
        "reachability_enabled": service.reachability_enabled,
        "url": here,
        "links": {"notifications": f"{here}/Notifications", "webhooks": f"{here}/Webhooks"},
    }


def _service_hook(request: web.Request) -> Shape:
    account = request.app[ACCOUNT]
    service = account.tables.service.sid
    return {
        **_hook(account.tables.service_hook),
        "account_sid": account.seed.account_sid,
        "chat_service_sid": service,
        "url": f"{origin(request)}/v1/Services/{service}/Configuration/Webhooks",
    }
