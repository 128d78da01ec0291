"""flex-api.twilio.com/v1: flows, and the channels they open."""

from dataclasses import replace
from functools import partial
from typing import Any

from aiohttp import web

from middleware.simulator.answers import created, found, gone, listed, origin
from middleware.simulator.asks import Ask, actor, known, posted, queried
from middleware.simulator.channels import remove_channel
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns import ChannelKind, FlexChannel, Flow, IntegrationType, now
from middleware.simulator.openings import Opening, open_channel
from middleware.simulator.refusals import Malformed, Unknown
from middleware.simulator.shapes_flex import flex_channel_shape, flow_shape

_NEEDED = {
    IntegrationType.STUDIO: {"flow_sid": "FlowSid"},
    IntegrationType.EXTERNAL: {"url": "Url"},
    IntegrationType.TASK: {"workspace_sid": "WorkspaceSid", "workflow_sid": "WorkflowSid"},
}


def flex_routes() -> list[web.RouteDef]:
    """Every route of this host."""
    return [
        web.post("/v1/FlexFlows", create_flow),
        web.get("/v1/FlexFlows", list_flows),
        web.get("/v1/FlexFlows/{flow}", fetch_flow),
        web.post("/v1/FlexFlows/{flow}", update_flow),
        web.delete("/v1/FlexFlows/{flow}", delete_flow),
        web.post("/v1/Channels", create_channel),
        web.get("/v1/Channels", list_channels),
        web.get("/v1/Channels/{channel}", fetch_channel),
        web.delete("/v1/Channels/{channel}", delete_channel),
    ]


async def create_flow(request: web.Request) -> web.Response:
    """Make a flow. Twilio lets IntegrationType be absent, but nothing says what that does: here it has to be there."""
    ask = await posted(request)
    for name in ("FriendlyName", "ChatServiceSid", "ChannelType", "IntegrationType"):
        ask.must(name)
    blank = Flow(friendly_name="", chat_service_sid="", channel_type=ChannelKind.CUSTOM)
    flow = _filled(blank, ask)
    request.app[ACCOUNT].tables.flows[flow.sid] = flow
    return created(_shape_flow(request)(flow))


async def list_flows(request: web.Request) -> web.Response:
    """List the flows, or those of one name."""
    name = queried(request).text("FriendlyName")
    flows = [flow for flow in request.app[ACCOUNT].tables.flows.values() if name in (None, flow.friendly_name)]
    return listed(request, "flex_flows", flows, shape=_shape_flow(request))


async def fetch_flow(request: web.Request) -> web.Response:
    """Show a flow."""
    return found(_shape_flow(request)(_flow(request)))


async def update_flow(request: web.Request) -> web.Response:
    """Change what the request names, leave the rest."""
    flow = replace(_filled(_flow(request), await posted(request)), updated=now())
    request.app[ACCOUNT].tables.flows[flow.sid] = flow
    return found(_shape_flow(request)(flow))


async def delete_flow(request: web.Request) -> web.Response:
    """Remove a flow; its channels stay."""
    del request.app[ACCOUNT].tables.flows[_flow(request).sid]
    return gone()


async def create_channel(request: web.Request) -> web.Response:
    """Get or create: an ACTIVE channel of the same flow and target comes back instead of a new one."""
    ask = await posted(request)
    names = ("FlexFlowSid", "Identity", "ChatUserFriendlyName", "ChatFriendlyName")
    flow_sid, identity, customer, friendly = (ask.must(name) for name in names)
    account = request.app[ACCOUNT]
    flow = account.tables.flows.get(flow_sid)
    if flow is None:
        raise Unknown(f"/v1/FlexFlows/{flow_sid}")
    opening = Opening(
        flow=flow,
        identity=identity,
        customer_name=customer,
        friendly_name=friendly,
        target=ask.text("Target") or None,
        unique_name=ask.text("ChatUniqueName") or None,
        pre_engagement=ask.text("PreEngagementData"),
        task_sid=ask.sid("TaskSid", "WT"),
        task_attributes=ask.object("TaskAttributes"),
        long_lived=flow.long_lived if ask.flag("LongLived") is None else bool(ask.flag("LongLived")),
    )
    return created(_shape_channel(request)(open_channel(account, opening)))


async def list_channels(request: web.Request) -> web.Response:
    """List the channels that flows have opened."""
    channels = list(request.app[ACCOUNT].tables.flex_channels.values())
    return listed(request, "flex_chat_channels", channels, shape=_shape_channel(request))


async def fetch_channel(request: web.Request) -> web.Response:
    """Show what Flex knows of a channel."""
    return found(_shape_channel(request)(_channel(request)))


async def delete_channel(request: web.Request) -> web.Response:
    """Remove a channel, and the chat with it."""
    account = request.app[ACCOUNT]
    remove_channel(account, account.tables.channels[_channel(request).sid], by=actor(request))
    return gone()


def _filled(flow: Flow, ask: Ask) -> Flow:
    told = {
        "friendly_name": ask.text("FriendlyName"),
        "chat_service_sid": ask.sid("ChatServiceSid", "IS"),
        "channel_type": ask.choice("ChannelType", ChannelKind),
        "contact_identity": ask.text("ContactIdentity"),
        "enabled": ask.flag("Enabled"),
        "integration_type": ask.choice("IntegrationType", IntegrationType),
        "long_lived": ask.flag("LongLived"),
        "janitor_enabled": ask.flag("JanitorEnabled"),
    }
    filled = replace(flow, **known(told), integration={**flow.integration, **_integration(ask)})
    for field, name in _NEEDED[filled.integration_type].items():
        if field not in filled.integration:
            raise Malformed(f"Integration type {filled.integration_type} needs the parameter Integration.{name}")
    return filled


def _integration(ask: Ask) -> dict[str, str | int | bool]:
    told = {
        "flow_sid": ask.sid("Integration.FlowSid", "FW"),
        "url": ask.text("Integration.Url"),
        "workspace_sid": ask.sid("Integration.WorkspaceSid", "WS"),
        "workflow_sid": ask.sid("Integration.WorkflowSid", "WW"),
        "channel": ask.text("Integration.Channel"),
        "timeout": ask.number("Integration.Timeout"),
        "priority": ask.number("Integration.Priority"),
        "creation_on_message": ask.flag("Integration.CreationOnMessage"),
        "retry_count": ask.number("Integration.RetryCount", most=3),
    }
    return known(told)


def _flow(request: web.Request) -> Flow:
    flow = request.app[ACCOUNT].tables.flows.get(request.match_info["flow"])
    if flow is None:
        raise Unknown(request.path)
    return flow


def _channel(request: web.Request) -> FlexChannel:
    channel = request.app[ACCOUNT].tables.flex_channels.get(request.match_info["channel"])
    if channel is None:
        raise Unknown(request.path)
    return channel


def _shape_flow(request: web.Request) -> partial[dict[str, Any]]:
    return partial(flow_shape, account_sid=request.app[ACCOUNT].seed.account_sid, origin=origin(request))


def _shape_channel(request: web.Request) -> partial[dict[str, Any]]:
    return partial(flex_channel_shape, account_sid=request.app[ACCOUNT].seed.account_sid, origin=origin(request))
