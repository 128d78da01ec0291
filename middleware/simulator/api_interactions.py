"""flex-api.twilio.com/v1: Interactions, their channels, and who is in them."""

import json
from dataclasses import replace
from enum import StrEnum
from typing import Any

from aiohttp import web

from middleware.simulator.answers import found, listed, origin
from middleware.simulator.asks import posted
from middleware.simulator.interactions import Wish, close_interaction, open_interaction
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns_conversations import Interaction, InteractionState, MediaKind
from middleware.simulator.refusals import Malformed, Unknown
from middleware.simulator.seed import Seed
from middleware.simulator.shapes_interactions import InteractionShapes

_ALL = "/v1/Interactions"
_ONE = _ALL + "/{interaction}"
_CHANNEL = _ONE + "/Channels/{channel}"


class Ending(StrEnum):
    """What a request can make of a channel."""

    CLOSED = "closed"
    INACTIVE = "inactive"


def interaction_routes() -> list[web.RouteDef]:
    """Every route of Interactions."""
    return [
        web.post(_ALL, create_interaction),
        web.get(_ONE, fetch_interaction),
        web.post(_ONE, update_interaction),
        web.get(_ONE + "/Channels", list_channels),
        web.get(_CHANNEL, fetch_channel),
        web.post(_CHANNEL, update_channel),
        web.get(_CHANNEL + "/Participants", list_seats),
        web.get(_CHANNEL + "/Invites", list_invites),
    ]


async def create_interaction(request: web.Request) -> web.Response:
    """Begin one about a conversation that is there. Here it is done at once; at Twilio a moment later."""
    ask, account = await posted(request), request.app[ACCOUNT]
    ask.must("Channel")
    channel, routing = ask.object("Channel"), ask.object("Routing")
    properties = _part(routing, "properties", of="Routing")
    _check_routing(routing, properties, account.seed)
    wish = Wish(
        kind=_kind(channel),
        conversation_sid=_conversation(request, channel),
        initiated_by=str(channel.get("initiated_by") or "customer"),
        attributes=_attributes(properties),
        task_channel=str(properties.get("task_channel_unique_name") or "chat"),
        context_sid=ask.sid("InteractionContextSid", "HQ"),
        webhook_ttid=ask.text("WebhookTtid"),
    )
    return found(_shapes(request, open_interaction(account, wish)).interaction())


async def fetch_interaction(request: web.Request) -> web.Response:
    """Show an Interaction."""
    return found(_shapes(request, _interaction(request)).interaction())


async def update_interaction(request: web.Request) -> web.Response:
    """Change whom an Interaction's news go to; nobody hears of them here."""
    ttid = (await posted(request)).text("WebhookTtid")
    old = _interaction(request)
    interaction = replace(old, webhook_ttid=old.webhook_ttid if ttid is None else ttid)
    request.app[ACCOUNT].tables.interactions[interaction.sid] = interaction
    return found(_shapes(request, interaction).interaction())


async def list_channels(request: web.Request) -> web.Response:
    """List the one channel there is."""
    shapes = _shapes(request, _interaction(request))
    return listed(request, "channels", [shapes.channel()], shape=dict)


async def fetch_channel(request: web.Request) -> web.Response:
    """Show a channel."""
    return found(_shapes(request, _of_channel(request)).channel())


async def update_channel(request: web.Request) -> web.Response:
    """End it: `Routing={"status": "closed"}` completes the task, without it the agent wraps up. Once: then 50377."""
    ask, interaction = await posted(request), _of_channel(request)
    ask.must("Status")
    state = InteractionState(ask.choice("Status", Ending) or Ending.CLOSED)
    if state is InteractionState.INACTIVE and "Routing" not in ask:
        raise Malformed("Missing required parameter Routing in the post body: a channel that is inactive needs it")
    and_task = ask.object("Routing").get("status") == "closed"
    ended = close_interaction(request.app[ACCOUNT], interaction, state=state, and_task=and_task)
    return found(_shapes(request, ended).channel())


async def list_seats(request: web.Request) -> web.Response:
    """List who is in a channel: the customer, and the agent from accepting to the end."""
    interaction = _of_channel(request)
    return listed(request, "participants", interaction.seats, shape=_shapes(request, interaction).seat)


async def list_invites(request: web.Request) -> web.Response:
    """List the one invite there is."""
    shapes = _shapes(request, _of_channel(request))
    return listed(request, "invites", [shapes.invite()], shape=dict)


def _part(whole: dict[str, Any], name: str, *, of: str) -> dict[str, Any]:
    value = whole.get(name, {})
    if not isinstance(value, dict):
        raise Malformed(f"Parameter {of}: {name} is not an object")
    return value


def _kind(channel: dict[str, Any]) -> MediaKind:
    kind = channel.get("type")
    if kind not in list(MediaKind):
        raise Malformed(f"Parameter Channel: type is none of {', '.join(MediaKind)}: {kind}")
    return MediaKind(kind)


def _conversation(request: web.Request, channel: dict[str, Any]) -> str:
    sid = _part(channel, "properties", of="Channel").get("media_channel_sid")
    if not isinstance(sid, str):
        raise Malformed("Parameter Channel: properties.media_channel_sid is needed; conversations are not made here")
    if sid not in request.app[ACCOUNT].tables.conversations:
        raise Unknown(f"/v1/Conversations/{sid}")
    return sid


def _check_routing(routing: dict[str, Any], properties: dict[str, Any], seed: Seed) -> None:
    if routing and str(routing.get("type", "")).lower() != "taskrouter":
        raise Malformed(f"Parameter Routing: type is not TaskRouter: {routing.get('type')}")
    for name, there in (("workspace_sid", seed.workspace_sid), ("workflow_sid", seed.workflow_sid)):
        if properties.get(name, there) != there:
            raise Malformed(f"Parameter Routing: there is no {name} {properties[name]}")


def _attributes(properties: dict[str, Any]) -> dict[str, Any]:
    """The task's attributes as an object, or as JSON in a text."""
    told = properties.get("attributes", {})
    try:
        told = json.loads(told) if isinstance(told, str) else told
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Malformed("Parameter Routing: properties.attributes is not an object")
    return told


def _interaction(request: web.Request) -> Interaction:
    interaction = request.app[ACCOUNT].tables.interactions.get(request.match_info["interaction"])
    if interaction is None:
        raise Unknown(request.path)
    return interaction


def _of_channel(request: web.Request) -> Interaction:
    interaction = _interaction(request)
    if request.match_info["channel"] != interaction.channel_sid:
        raise Unknown(request.path)
    return interaction


def _shapes(request: web.Request, interaction: Interaction) -> InteractionShapes:
    return InteractionShapes(request.app[ACCOUNT], origin(request), interaction)
