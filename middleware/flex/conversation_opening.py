"""The ways to open a chat in Flex Conversations. Each may have been cut at any step, and finishes what is half-made.

- `WebChats`: Twilio makes conversation, participant and routing, from an address.
- `Interactions`: we make the conversation and ask TaskRouter for an agent.
- `Studio`: we make the conversation, and a Studio flow does the routing at the first message.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from twilio.base import values
from twilio.rest import Client

from middleware.flex import chat_events
from middleware.flex.chat_channel import about
from middleware.flex.pacing import Pace
from middleware.flex.rest import Rejected
from middleware.relay.model import Chat, FlexRef

_EXISTS = {50353, 50433, 50437}
"""Twilio's codes for a unique name, a participant, a group that is there already."""
_CLOSES_AFTER = "P3D"
"""An abandoned conversation closes by itself: Twilio asks for a timer on each. ISO 8601."""
_WEBCHATS_A_SECOND = 5.0
MOST_NAME = 256
"""Characters of a friendly name in Conversations."""


class Way(Protocol):
    """Makes a chat's conversation, or finds the one an earlier attempt made; then, webhooks hung, asks for an agent."""

    async def make(self, chat: Chat) -> FlexRef:
        """The conversation's sid."""

    async def route(self, chat: Chat, ref: FlexRef) -> None:
        """Let an agent be found, if the first message does not see to that."""


class WebChats:
    """As Twilio's own webchat does.

    https://www.twilio.com/docs/flex/developer/conversations/webchat
    """

    def __init__(self, client: Client, *, address_sid: str) -> None:
        self._client = client
        self._address_sid = address_sid
        self._pace = Pace(rate=_WEBCHATS_A_SECOND)

    async def make(self, chat: Chat) -> FlexRef:
        """Twilio makes a new conversation for every request, so the identity's own is looked for first."""
        identity, name = chat_events.identity(chat.id), chat.visitor_name or "Visitor"
        theirs = await self._client.conversations.v1.participant_conversations.list_async(identity=identity, limit=1)
        if theirs:
            return FlexRef(theirs[0].conversation_sid)
        return FlexRef((await self.open(name, {**about(chat), "friendlyName": name}, identity=identity)).sid)

    async def route(self, chat: Chat, ref: FlexRef) -> None:
        """The address does it, at the first message."""

    async def open(self, name: str, data: Mapping[str, Any], *, identity: str | None = None) -> "Webchat":
        """A new webchat, within Twilio's rate; without an identity Twilio makes one up."""
        await self._pace.turn()
        made = await self._client.flex_api.v2.web_channels.create_async(
            address_sid=self._address_sid,
            identity=values.unset if identity is None else identity,
            chat_friendly_name=f"Chat with {name}"[:MOST_NAME],
            customer_friendly_name=name[:MOST_NAME],
            pre_engagement_data=json.dumps(dict(data)),
        )
        return Webchat(made.conversation_sid, made.identity)


@dataclass(frozen=True, slots=True)
class Webchat:
    """A conversation that Twilio made, and who the customer is in it."""

    sid: str
    identity: str


@dataclass(frozen=True, slots=True)
class _Room:
    """A conversation of our own making, with the visitor in it."""

    client: Client
    service_sid: str

    async def make(self, chat: Chat) -> FlexRef:
        """By a unique name, so that there is one however often it is asked for."""
        name = f"chat-{chat.id}"
        try:
            made = await self._conversations().create_async(
                friendly_name=f"Chat with {chat.visitor_name or 'Visitor'}",
                unique_name=name,
                attributes=json.dumps(_about(chat)),
                timers_closed=_CLOSES_AFTER,
            )
        except Rejected as error:
            if error.code not in _EXISTS:
                raise
            made = await self._conversations()(name).fetch_async()
        await self._let_in(made.sid, identity=chat_events.identity(chat.id))
        return FlexRef(made.sid)

    async def _let_in(self, sid: str, *, identity: str) -> None:
        try:
            await self._conversations()(sid).participants.create_async(identity=identity)
        except Rejected as error:
            if error.code not in _EXISTS:
                raise

    def _conversations(self) -> Any:
        return self.client.conversations.v1.services(self.service_sid).conversations


class Interactions:
    """As Twilio describes it for chat clients of one's own.

    https://www.twilio.com/docs/flex/developer/conversations/integrate-a-custom-chat-client-with-flex
    """

    def __init__(self, client: Client, *, service_sid: str, workspace_sid: str, workflow_sid: str) -> None:
        self._client = client
        self._room = _Room(client, service_sid)
        self._workspace_sid = workspace_sid
        self._workflow_sid = workflow_sid

    async def make(self, chat: Chat) -> FlexRef:
        """A conversation of our own."""
        return await self._room.make(chat)

    async def route(self, chat: Chat, ref: FlexRef) -> None:
        """One interaction for each conversation: a task that names it shows that it is there."""
        if not await tasks_of(self._client, self._workspace_sid, ref):
            await self._client.flex_api.v1.interaction.create_async(channel=_channel(ref), routing=self._routing(chat))

    def _routing(self, chat: Chat) -> dict[str, Any]:
        attributes = {**_about(chat), "channelType": "web", "from": chat.visitor_name or "Visitor"}
        return {
            "type": "TaskRouter",
            "properties": {
                "workspace_sid": self._workspace_sid,
                "workflow_sid": self._workflow_sid,
                "attributes": attributes,
            },
        }


class Studio:
    """The flow gets every first message, and ends in Send to Flex."""

    def __init__(self, client: Client, *, service_sid: str, studio_flow_sid: str) -> None:
        self._client = client
        self._service_sid = service_sid
        self._room = _Room(client, service_sid)
        self._flow_sid = studio_flow_sid

    async def make(self, chat: Chat) -> FlexRef:
        """A conversation of our own."""
        return await self._room.make(chat)

    async def route(self, chat: Chat, ref: FlexRef) -> None:
        """The flow hangs on the conversation as a webhook of its own kind, once."""
        webhooks = self._client.conversations.v1.services(self._service_sid).conversations(ref).webhooks
        if not any(hook.target == "studio" for hook in await webhooks.list_async()):
            await webhooks.create_async(
                target="studio", configuration_flow_sid=self._flow_sid, configuration_filters=["onMessageAdded"]
            )


async def tasks_of(client: Client, workspace_sid: str, ref: FlexRef) -> Iterable[Any]:
    """The tasks that TaskRouter holds for this conversation."""
    tasks: list[Any] = await client.taskrouter.v1.workspaces(workspace_sid).tasks.list_async(
        evaluate_task_attributes=f'conversationSid == "{ref}"'
    )
    return tasks


def _about(chat: Chat) -> dict[str, Any]:
    """What the agent reads beside the chat."""
    return {"customerName": chat.visitor_name or "Visitor", "pre_engagement_data": about(chat)}


def _channel(ref: FlexRef) -> dict[str, Any]:
    return {"type": "web", "initiated_by": "Customer", "properties": {"media_channel_sid": ref}}
