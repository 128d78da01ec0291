"""How Flex opens a webchat: a new conversation every time, routed as the address says."""

import uuid
from dataclasses import dataclass
from typing import Any

from middleware.simulator.account import Account
from middleware.simulator.channels import write_attributes
from middleware.simulator.conversations import add_conversation, add_conversation_webhook, add_participant
from middleware.simulator.events import ConversationEvent, by_api
from middleware.simulator.nouns import Webhook
from middleware.simulator.nouns_conversations import KIND_OF, Address, Conversation, Participant

_UNHEARD = by_api(heard=False)
_SAID = (ConversationEvent.MESSAGE_ADDED.value,)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebChat:
    """What a request for a webchat asks for."""

    address: Address
    friendly_name: str | None = None
    customer_name: str | None = None
    pre_engagement: Any = None
    identity: str | None = None


def open_webchat(account: Account, chat: WebChat) -> tuple[Conversation, Participant]:
    """A conversation with the customer in it, who is given an identity unless they bring one."""
    told = {"from": chat.customer_name, "pre_engagement_data": chat.pre_engagement}
    attributes = {name: value for name, value in told.items() if value is not None}
    defaults = account.tables.defaults
    talk = Conversation(
        friendly_name=chat.friendly_name,
        attributes=write_attributes({**attributes, "channel_type": "web"}),
        inactive_after=defaults.inactive_after,
        closed_after=defaults.closed_after,
    )
    customer = Participant(
        conversation_sid=talk.sid,
        identity=chat.identity or uuid.uuid4().hex,
        role_sid=account.seed.channel_role_sid,
    )
    add_conversation(account, talk, by=_UNHEARD)
    add_participant(account, customer, by=_UNHEARD)
    kind = KIND_OF.get(chat.address.autopilot)
    if chat.address.enabled and kind:
        hook = Webhook(
            channel_sid=talk.sid,
            type=kind,
            url=chat.address.url,
            method=chat.address.method,
            filters=chat.address.filters or _SAID,
            flow_sid=chat.address.flow_sid,
        )
        add_conversation_webhook(account, hook)
    return talk, customer
