"""Back end `programmable_chat`: a custom Flex Flow channel and Programmable Chat v2.

Powers: LooksForSent, NamesAgents.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from twilio.rest import Client

from middleware.flex import chat_events
from middleware.flex.rest import Rejected
from middleware.flex.webhook import Verifier
from middleware.relay.errors import ChatGone, NotSent, OutcomeUnknown
from middleware.relay.model import Chat, Event, FlexRef, Message, Receipt, Uttered
from middleware.relay.ports import WebhookRequest

_RETRIES = 3
"""How often Twilio asks a webhook again: the most it allows. Its own default is never."""
_CLOCKS_APART = 600.0
"""Seconds that Twilio's clock and ours may differ."""
_ENDED_BY_VISITOR = "The visitor ended the chat."


@dataclass(frozen=True, slots=True)
class FlexFlow:
    """Where chats go: the flow, its chat service, the agents' workspace; and where Twilio reaches us."""

    flow_sid: str
    service_sid: str
    workspace_sid: str
    public_url: str


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook that every channel of ours has. Twilio allows five a channel, its own Studio one among them."""

    path: str
    events: tuple[str, ...]


HOOKS = (
    Hook("/new-message", ("onMessageSent", "onMediaMessageSent", "onMemberAdded", "onMemberRemoved")),
    Hook("/channel-update", ("onChannelUpdated", "onChannelDestroyed")),
)


class ProgrammableChat:
    """The `Flex` port on Programmable Chat. A FlexRef is the channel's sid."""

    def __init__(self, client: Client, *, flow: FlexFlow, verifier: Verifier) -> None:
        self._client = client
        self._flow = flow
        self._verifier = verifier

    async def open(self, chat: Chat) -> FlexRef:
        """Create the channel, or get the one this chat's `Target` already has; then add the webhooks it lacks."""
        name = chat.visitor_name or "Visitor"
        channel = await self._client.flex_api.v1.channel.create_async(
            flex_flow_sid=self._flow.flow_sid,
            identity=chat_events.identity(chat.id),
            chat_user_friendly_name=name,
            chat_friendly_name=f"Chat with {name}",
            target=_target(chat, name=name),
        )
        ref = FlexRef(_told(channel.sid))
        await self._hang_webhooks(ref)
        return ref

    async def say(self, ref: FlexRef, message: Message) -> Receipt:
        """Post the message as the channel's identity, so that it fires webhooks and the flow's Studio step."""
        with _channel_may_be_gone():
            sent = await self._channel(ref).messages.create_async(
                from_=chat_events.identity(message.chat),
                body=message.text,
                attributes=chat_events.attributes(message.id),
                x_twilio_webhook_enabled="true",
            )
        return Receipt(chat_events.message_key(_told(sent.sid)), _number(sent.index))

    async def end(self, ref: FlexRef) -> None:
        """Write INACTIVE beside the channel's other attributes, and tell the agent's task."""
        with _channel_may_be_gone():
            channel = await self._channel(ref).fetch_async()
            attributes = dict(chat_events.parsed(channel.attributes))
            if attributes.get("status") != "INACTIVE":
                attributes["status"] = "INACTIVE"
                await self._channel(ref).update_async(attributes=json.dumps(attributes))
        await self._end_task(ref)

    async def history(self, ref: FlexRef, *, after_index: int) -> list[Event]:
        """Three reads at once: the channel, its members, its newest messages."""
        with _channel_may_be_gone():
            channel, members, messages = await asyncio.gather(
                self._channel(ref).fetch_async(),
                self._channel(ref).members.list_async(),
                self._messages_after(ref, index=after_index),
            )
        events: list[Event] = [
            chat_events.joined(ref, member=member.sid, agent=member.identity)
            for member in members
            if chat_events.is_agent(member.attributes)
        ]
        events += messages
        if chat_events.is_over(channel.attributes):
            events.append(chat_events.ended(ref))
        return events

    async def find_sent(self, ref: FlexRef, message: Message) -> Receipt | None:
        """Look for our id, from the newest message back to before this one was written."""
        with _channel_may_be_gone():
            newest_first = await self._channel(ref).messages.stream_async(order="desc", page_size=50)
            async for sent in newest_first:
                if chat_events.parsed(sent.attributes).get(chat_events.OUR_ID) == message.id:
                    return Receipt(chat_events.message_key(sent.sid), _number(sent.index))
                if sent.date_created.timestamp() < message.at - _CLOCKS_APART:
                    break
        return None

    async def agent_name(self, agent: str) -> str | None:
        """The full name of the worker with this chat identity."""
        quoted = agent.replace("\\", "\\\\").replace('"', '\\"')
        workers = await self._workspace().workers.list_async(
            target_workers_expression=f'contact_uri == "client:{quoted}"', limit=1
        )
        if not workers:
            return None
        name = chat_events.parsed(workers[0].attributes).get("full_name") or workers[0].friendly_name
        return str(name) if name else None

    def read_webhook(self, request: WebhookRequest) -> Event | None:
        """Verify, then translate."""
        return chat_events.event_of(self._verifier.read(request))

    async def _hang_webhooks(self, ref: FlexRef) -> None:
        """The channel may be an earlier attempt's, so what hangs there already stays."""
        with _channel_may_be_gone():
            hanging = await self._channel(ref).webhooks.list_async()
            urls = {(hook.configuration or {}).get("url") for hook in hanging}
            for hook in HOOKS:
                url = self._flow.public_url.rstrip("/") + hook.path
                if url not in urls:
                    await self._channel(ref).webhooks.create_async(
                        type="webhook",
                        configuration_url=url,
                        configuration_method="POST",
                        configuration_filters=list(hook.events),
                        configuration_retry_count=_RETRIES,
                    )

    async def _messages_after(self, ref: FlexRef, *, index: int) -> list[Uttered]:
        """The list cannot start at an index, so it is read from its end."""
        found: list[Uttered] = []
        async for sent in await self._channel(ref).messages.stream_async(order="desc", page_size=50):
            if _number(sent.index) <= index:
                break
            found.append(_listed(ref, sent))
        return found[::-1]

    async def _end_task(self, ref: FlexRef) -> None:
        """A waiting task is cancelled, an accepted one goes to wrap-up; an agent may be faster, then it is seen to."""
        tasks = await self._workspace().tasks.list_async(evaluate_task_attributes=f'channelSid == "{ref}"')
        for task in tasks:
            status = _END_STATUS.get(task.assignment_status)
            if status is None:
                continue
            try:
                await self._workspace().tasks(task.sid).update_async(assignment_status=status, reason=_ENDED_BY_VISITOR)
            except Rejected as error:
                if error.status not in {400, 409, 412}:
                    raise
                raise NotSent(f"the task changed meanwhile: {error}") from error

    def _channel(self, ref: FlexRef) -> Any:
        return self._client.chat.v2.services(self._flow.service_sid).channels(ref)

    def _workspace(self) -> Any:
        return self._client.taskrouter.v1.workspaces(self._flow.workspace_sid)


_END_STATUS = {"pending": "canceled", "reserved": "canceled", "assigned": "wrapping"}


def _target(chat: Chat, *, name: str) -> str:
    """One active channel for each target, so it is the chat's own; agents see it as the task's name."""
    return f"{name} {chat.id}"


def _listed(ref: FlexRef, sent: Any) -> Uttered:
    media = sent.media or {}
    return chat_events.uttered(
        ref,
        sid=_told(sent.sid),
        index=_number(sent.index),
        author=sent._from or "system",  # The package's name for it: `from` is a keyword.
        body=sent.body or (chat_events.media_text(media.get("filename")) if media else ""),
        attributes=sent.attributes or "{}",
        live=False,
        at=sent.date_created.timestamp() if sent.date_created else None,
    )


@contextmanager
def _channel_may_be_gone() -> Iterator[None]:
    try:
        yield
    except Rejected as error:
        if error.status == 404:
            raise ChatGone(str(error)) from error
        raise


def _told(sid: object) -> str:
    if not isinstance(sid, str) or not sid:
        raise OutcomeUnknown("Twilio's answer holds no sid")
    return sid


def _number(index: object) -> int:
    if not isinstance(index, int):
        raise OutcomeUnknown("Twilio's answer holds no index")
    return index
