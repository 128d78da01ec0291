"""Back end `conversations`: Flex Conversations, what live accounts use today.

Powers: LooksForSent, NamesAgents.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

from twilio.rest import Client

from middleware.flex import chat_events, conversation_events
from middleware.flex.agents import worker_name
from middleware.flex.chat_channel import (
    CLOSED,
    Hook,
    Listed,
    channel_may_be_gone,
    end_of_second,
    find_ours,
    messages_after,
    missing,
    reworded_in_list,
    told_index,
    told_sid,
)
from middleware.flex.conversation_opening import Way, tasks_of
from middleware.flex.pacing import Pace
from middleware.flex.posting import Posting
from middleware.flex.rest import Rejected
from middleware.flex.webhook import Verifier
from middleware.relay.model import Chat, Event, FlexRef, Message, Receipt, Said
from middleware.relay.ports import WebhookRequest

_WRITES_A_SECOND = 30.0


@dataclass(frozen=True, slots=True)
class Service:
    """Flex's chat service and the agents' workspace; where Twilio reaches us; what a visitor is greeted with."""

    service_sid: str
    workspace_sid: str
    public_url: str
    welcome: str | None = None


HOOKS = (
    Hook(
        "/new-message",
        (
            "onMessageAdded",
            "onMessageUpdated",
            "onMessageRemoved",
            "onParticipantAdded",
            "onParticipantUpdated",
            "onParticipantRemoved",
        ),
    ),
    Hook("/channel-update", ("onConversationStateUpdated", "onConversationRemoved")),
)


class Conversations:
    """The `Flex` port on Flex Conversations. A FlexRef is the conversation's sid."""

    def __init__(self, client: Client, *, way: Way, service: Service, verifier: Verifier) -> None:
        self._client = client
        self._way = way
        self._service = service
        self._verifier = verifier
        self._pace = Pace(rate=_WRITES_A_SECOND)
        self._posting = Posting(
            client, f"{client.conversations.base_url}/v1/Services/{service.service_sid}/Conversations", author="Author"
        )

    async def open(self, chat: Chat) -> FlexRef:
        """Make the conversation, add the webhooks it lacks, then the welcome and the routing: before anybody speaks."""
        ref = await self._way.make(chat)
        await self._hang_webhooks(ref)
        if self._service.welcome is not None:
            await self._welcome(ref, self._service.welcome)
        await self._way.route(chat, ref)
        return ref

    async def say(self, ref: FlexRef, message: Message) -> Receipt:
        """Post the message as the visitor, so that it fires webhooks and the flow's Studio step."""
        await self._pace.turn(ref)
        return await self._posting.post(ref, message)

    async def end(self, ref: FlexRef) -> None:
        """Through the Interaction's channel, which tells the agent's task; where there is none, close it here.

        Closing the conversation alone would leave the agent with a task that never ends.
        """
        with channel_may_be_gone():
            conversation = await self._conversation(ref).fetch_async()
            if conversation.state == "closed":
                return
            if not await self._end_interactions(ref):
                await self._conversation(ref).update_async(state="closed")

    async def history(self, ref: FlexRef, *, after_index: int) -> list[Event]:
        """Three reads at once: the conversation, who is in it, its newest messages."""
        with channel_may_be_gone():
            conversation, participants, messages = await asyncio.gather(
                self._conversation(ref).fetch_async(),
                self._conversation(ref).participants.list_async(),
                messages_after(self._conversation(ref).messages, after_index, ref=ref, read=partial(_listed, ref)),
            )
        events: list[Event] = [
            chat_events.joined(ref, member=one.sid, agent=one.identity)
            for one in participants
            if conversation_events.is_agent(one.identity, one.attributes or "{}")
        ]
        events += messages
        if conversation.state == "closed":
            events.append(chat_events.ended(ref))
        return events

    async def find_sent(self, ref: FlexRef, message: Message) -> Receipt | None:
        """Look for our id, from the newest message back to before this one was written."""
        with channel_may_be_gone():
            return await find_ours(self._conversation(ref).messages, message)

    async def agent_name(self, agent: str) -> str | None:
        """The full name of the worker with this chat identity."""
        return await worker_name(self._client, workspace_sid=self._service.workspace_sid, agent=agent)

    def read_webhook(self, request: WebhookRequest) -> Event | None:
        """Verify, then translate."""
        return conversation_events.event_of(self._verifier.read(request))

    async def _hang_webhooks(self, ref: FlexRef) -> None:
        """It may be an earlier attempt's, so what hangs there already stays."""
        webhooks = self._conversation(ref).webhooks
        for url, hook in missing(HOOKS, await webhooks.list_async(), public_url=self._service.public_url):
            await webhooks.create_async(
                target="webhook",
                configuration_url=url,
                configuration_method="post",
                configuration_filters=list(hook.events),
            )

    async def _welcome(self, ref: FlexRef, text: str) -> None:
        """Without webhooks, so that it does not set the flow off; once, so only into an empty conversation."""
        if not await self._conversation(ref).messages.list_async(limit=1):
            await self._conversation(ref).messages.create_async(author="system", body=text)

    async def _end_interactions(self, ref: FlexRef) -> bool:
        """Whether the conversation had any that could be ended."""
        ended = False
        for task in await tasks_of(self._client, self._service.workspace_sid, ref):
            attributes = chat_events.parsed(task.attributes)
            interaction, channel = attributes.get("flexInteractionSid"), attributes.get("flexInteractionChannelSid")
            if interaction and channel:
                await self._close(str(interaction), str(channel))
                ended = True
        return ended

    async def _close(self, interaction: str, channel: str) -> None:
        try:
            await (
                self._client.flex_api.v1.interaction(interaction)
                .channels(channel)
                .update_async(status="closed", routing={"status": "closed"})
            )
        except Rejected as error:
            if error.code != CLOSED:
                raise

    def _conversation(self, ref: FlexRef) -> Any:
        return self._client.conversations.v1.services(self._service.service_sid).conversations(ref)


def _listed(ref: FlexRef, sent: Any) -> Listed:
    """Conversations does not say that a message was edited: every one may have been, in the second it was said in too.

    Ours are compared only if they were touched later, for we know how they read at first.
    """
    body = sent.body or conversation_events.media_text(sent.media)
    created, updated = sent.date_created, sent.date_updated
    worded_at = end_of_second(updated) if updated else 0.0
    uttered = chat_events.uttered(
        ref,
        sid=told_sid(sent.sid),
        index=told_index(sent.index),
        author=sent.author or "system",
        body=body,
        attributes=sent.attributes or "{}",
        live=False,
        at=created.timestamp() if created else None,
        worded_at=worded_at,
    )
    touched = isinstance(uttered, Said) or (created and updated and updated > created)
    return Listed(uttered, reworded_in_list(uttered, text=body, at=worded_at) if touched else None)
