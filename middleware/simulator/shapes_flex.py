"""Flex's things as the REST API writes them."""

from middleware.simulator.answers import Shape, rest_date
from middleware.simulator.nouns import FlexChannel, Flow


def flow_shape(flow: Flow, *, account_sid: str, origin: str) -> Shape:
    """A Flex Flow."""
    return {
        "sid": flow.sid,
        "account_sid": account_sid,
        "friendly_name": flow.friendly_name,
        "chat_service_sid": flow.chat_service_sid,
        "channel_type": flow.channel_type,
        "contact_identity": flow.contact_identity,
        "enabled": flow.enabled,
        "integration_type": flow.integration_type,
        "integration": dict(flow.integration),
        "long_lived": flow.long_lived,
        "janitor_enabled": flow.janitor_enabled,
        "date_created": rest_date(flow.created),
        "date_updated": rest_date(flow.updated),
        "url": f"{origin}/v1/FlexFlows/{flow.sid}",
    }


def flex_channel_shape(channel: FlexChannel, *, account_sid: str, origin: str) -> Shape:
    """A Flex channel: no attributes, no service, and no word on whether it is new."""
    return {
        "sid": channel.sid,
        "account_sid": account_sid,
        "flex_flow_sid": channel.flow_sid,
        "user_sid": channel.user_sid,
        "task_sid": channel.task_sid,
        "date_created": rest_date(channel.created),
        "date_updated": rest_date(channel.created),
        "url": f"{origin}/v1/Channels/{channel.sid}",
    }
