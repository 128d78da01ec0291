"""Back end `programmable_chat`: a custom Flex Flow channel and Programmable Chat v2.

Powers: LooksForSent, NamesAgents.
"""

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from twilio.base import values
from twilio.rest import Client

from middleware.flex import chat_events
from middleware.flex.agents import worker_name
from middleware.flex.chat_channel import (
    Hook,
    Listed,
    about,
    channel_may_be_gone,
    end_of_second,
    find_ours,
    messages_after,
    missing,
    reworded_in_list,
    told_index,
    told_sid,
)
from middleware.flex.posting import Posting
from middleware.flex.rest import Rejected
from middleware.flex.webhook import Verifier
from middleware.relay.errors import NotSent
from middleware.relay.model import Chat, Event, FlexRef, Message, Receipt
from middleware.relay.ports import WebhookRequest

_RETRIES = 3
"""How often Twilio asks a webhook again: the most it allows. Its own default is never."""
_MOST_NAME = 64
"""Characters of a friendly name: the least that Twilio's documents allow anywhere."""
_ENDED_BY_VISITOR = "The visitor ended the chat."


@dataclass(frozen=True, slots=True)
class FlexFlow:
    """Where chats go: the flow, its chat service, the agents' workspace; and where Twilio reaches us."""

    flow_sid: str
    service_sid: str
    workspace_sid: str
    public_url: str


HOOKS = (
    Hook(
        "/new-message",
        (
            "onMessageSent",
            "onMediaMessageSent",
            "onMessageUpdated",
            "onMessageRemoved",
            "onMemberAdded",
            "onMemberRemoved",
        ),
    ),
    Hook("/channel-update", ("onChannelUpdated", "onChannelDestroyed")),
)


class ProgrammableChat:
    """The `Flex` port on Programmable Chat. A FlexRef is the channel's sid."""

    def __init__(self, client: Client, *, flow: FlexFlow, verifier: Verifier) -> None:
        self._client = client
        self._flow = flow
        self._verifier = verifier
        self._posting = Posting(
            client, f"{client.chat.base_url}/v2/Services/{flow.service_sid}/Channels", author="From"
        )

    async def open(self, chat: Chat) -> FlexRef:
        """Create the channel, or get the one this chat's `Target` already has; then add the webhooks it lacks."""
        name = (chat.visitor_name or "Visitor")[:_MOST_NAME]
        channel = await self._client.flex_api.v1.channel.create_async(
            flex_flow_sid=self._flow.flow_sid,
            identity=chat_events.identity(chat.id),
            chat_user_friendly_name=name,
            chat_friendly_name=f"Chat with {name}"[:_MOST_NAME],
            target=_target(chat, name=name),
            pre_engagement_data=json.dumps(told) if (told := about(chat)) else values.unset,
        )
        ref = FlexRef(told_sid(channel.sid))
        await self._hang_webhooks(ref)
        return ref

    def say(self, ref: FlexRef, message: Message) -> Coroutine[Any, Any, Receipt]:
        """Post the message as the channel's identity, so that it fires webhooks and the flow's Studio step."""
        return self._posting.post(ref, message)

    async def end(self, ref: FlexRef) -> None:
        """Write INACTIVE beside the channel's other attributes, and tell the agent's task."""
        with channel_may_be_gone():
            channel = await self._channel(ref).fetch_async()
            attributes = dict(chat_events.parsed(channel.attributes))
            if attributes.get("status") != "INACTIVE":
                attributes["status"] = "INACTIVE"
                await self._channel(ref).update_async(attributes=json.dumps(attributes))
        await self._end_task(ref)

    async def history(self, ref: FlexRef, *, after_index: int) -> list[Event]:
        """Three reads at once: the channel, its members, its newest messages."""
        with channel_may_be_gone():
            channel, members, messages = await asyncio.gather(
                self._channel(ref).fetch_async(),
                self._channel(ref).members.list_async(),
                messages_after(self._channel(ref).messages, after_index, ref=ref, read=partial(_listed, ref)),
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
        with channel_may_be_gone():
            return await find_ours(self._channel(ref).messages, message)

    async def agent_name(self, agent: str) -> str | None:
        """The full name of the worker with this chat identity."""
        return await worker_name(self._client, workspace_sid=self._flow.workspace_sid, agent=agent)

    def read_webhook(self, request: WebhookRequest) -> Event | None:
        """Verify, then translate."""
        return chat_events.event_of(self._verifier.read(request))

    async def _hang_webhooks(self, ref: FlexRef) -> None:
        """It may be an earlier attempt's, so what hangs there already stays."""
        webhooks = self._channel(ref).webhooks
        for url, hook in missing(HOOKS, await webhooks.list_async(), public_url=self._flow.public_url):
            await webhooks.create_async(
                type="webhook",
                configuration_url=url,
                configuration_method="POST",
                configuration_filters=list(hook.events),
                configuration_retry_count=_RETRIES,
            )

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


def _listed(ref: FlexRef, sent: Any) -> Listed:
    media = sent.media or {}
    body = sent.body or (chat_events.media_text(media.get("filename")) if media else "")
    edited_at = end_of_second(sent.date_updated) if sent.was_edited and sent.date_updated else 0.0
    uttered = chat_events.uttered(
        ref,
        sid=told_sid(sent.sid),
        index=told_index(sent.index),
        author=sent._from or "system",  # The package's name for it: `from` is a keyword.
        body=body,
        attributes=sent.attributes or "{}",
        live=False,
        at=sent.date_created.timestamp() if sent.date_created else None,
        worded_at=edited_at,
    )
    return Listed(uttered, reworded_in_list(uttered, text=body, at=edited_at) if edited_at else None)
