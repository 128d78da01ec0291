"""How Flex opens a channel: it gives back the one that stands, or makes a new one and routes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from middleware.simulator.account import Account
from middleware.simulator.channels import add_channel, add_webhook, is_active, write_attributes
from middleware.simulator.events import EventType, by_api
from middleware.simulator.nouns import (
    OVER,
    ChatChannel,
    FlexChannel,
    Flow,
    IntegrationType,
    Member,
    Webhook,
    WebhookKind,
)
from middleware.simulator.people import add_member, known_user, member_of
from middleware.simulator.refusals import Malformed, Refusal
from middleware.simulator.tasks import task_for

_UNHEARD = by_api(heard=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a request to open a channel asks for."""

    flow: Flow
    identity: str
    customer_name: str
    friendly_name: str
    target: str | None = None
    unique_name: str | None = None
    pre_engagement: str | None = None
    task_sid: str | None = None
    task_attributes: Mapping[str, Any] = field(default_factory=dict)
    long_lived: bool = False


def open_channel(account: Account, opening: Opening) -> FlexChannel:
    """The channel of this flow and target while it is ACTIVE; otherwise a new one, routed as the flow says."""
    if not opening.flow.enabled:
        raise Refusal(400, 20001, f"Flex Flow {opening.flow.sid} is not enabled")
    if opening.task_sid is not None and opening.flow.integration_type is not IntegrationType.TASK:
        raise Malformed("TaskSid is only valid when the integration type is task")
    standing = _standing(account, opening)
    flex = standing or _make(account, opening)
    if not member_of(account, flex.sid, opening.identity):
        add_member(account, _customer(account, flex.sid, opening.identity), by=_UNHEARD)
    if standing is None or _is_over(account, flex):
        _route(account, flex, opening)
    account.changed()
    return account.tables.flex_channels[flex.sid]


def _standing(account: Account, opening: Opening) -> FlexChannel | None:
    sid = account.tables.by_target.get((opening.flow.sid, opening.target or ""))
    flex = account.tables.flex_channels.get(sid or "")
    if opening.target is None or flex is None:
        return None
    return flex if is_active(account.tables.channels[flex.sid]) else None


def _is_over(account: Account, flex: FlexChannel) -> bool:
    task = account.tables.tasks.get(flex.task_sid or "")
    return flex.long_lived and task is not None and task.status in OVER


def _make(account: Account, opening: Opening) -> FlexChannel:
    channel = add_channel(account, _chat(opening), by=_UNHEARD)
    user = known_user(account, opening.identity, name=opening.customer_name)
    flex = FlexChannel(
        sid=channel.sid,
        flow_sid=opening.flow.sid,
        user_sid=user.sid,
        identity=opening.identity,
        customer_name=opening.customer_name,
        target=opening.target,
        long_lived=opening.long_lived,
    )
    account.tables.flex_channels[flex.sid] = flex
    if opening.target is not None:
        account.tables.by_target[(opening.flow.sid, opening.target)] = flex.sid
    return flex


def _chat(opening: Opening) -> ChatChannel:
    attributes: dict[str, Any] = {
        "from": opening.target or opening.customer_name,
        "channel_type": opening.flow.channel_type.value,
        "status": "ACTIVE",
        "long_lived": opening.long_lived,
    }
    if opening.pre_engagement is not None:
        attributes["pre_engagement_data"] = opening.pre_engagement
    return ChatChannel(
        friendly_name=opening.friendly_name,
        unique_name=opening.unique_name,
        attributes=write_attributes(attributes),
        type="private",
    )


def _customer(account: Account, channel_sid: str, identity: str) -> Member:
    return Member(channel_sid=channel_sid, identity=identity, role_sid=account.seed.channel_role_sid)


def _route(account: Account, flex: FlexChannel, opening: Opening) -> None:
    match opening.flow.integration_type:
        case IntegrationType.TASK if opening.task_sid is not None:
            account.tables.flex_channels[flex.sid] = replace(flex, task_sid=opening.task_sid)
        case IntegrationType.TASK:
            task_for(account, flex.sid, opening.task_attributes)
        case IntegrationType.STUDIO | IntegrationType.EXTERNAL:
            add_webhook(account, _integration_webhook(opening.flow, flex.sid))


def _integration_webhook(flow: Flow, channel_sid: str) -> Webhook:
    retry_count = int(flow.integration.get("retry_count", 0))
    sent = (EventType.MESSAGE_SENT.value,)
    if flow.integration_type is IntegrationType.STUDIO:
        flow_sid = str(flow.integration["flow_sid"])
        return Webhook(channel_sid=channel_sid, type=WebhookKind.STUDIO, flow_sid=flow_sid, filters=sent)
    url = str(flow.integration["url"])
    return Webhook(channel_sid=channel_sid, type=WebhookKind.WEBHOOK, url=url, filters=sent, retry_count=retry_count)
