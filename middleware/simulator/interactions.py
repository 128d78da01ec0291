"""Interactions: how Flex brings a conversation to an agent, lets the agent in, and ends it all together.

Joining, leaving and closing are done by Flex itself and are always heard. That their `Source` is API, and that a task
nobody has accepted is canceled when its channel is closed, is this house's reading; nothing public says so.
https://www.twilio.com/docs/flex/developer/conversations/interactions-api
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from middleware.simulator.account import Account
from middleware.simulator.channels import read_attributes, write_attributes
from middleware.simulator.conversations import (
    add_participant,
    change_conversation,
    open_conversation,
    participant_of,
    remove_participant,
)
from middleware.simulator.events import by_api
from middleware.simulator.nouns import ReservationStatus, Task, TaskStatus, new_sid
from middleware.simulator.nouns_conversations import (
    Conversation,
    Interaction,
    InteractionState,
    MediaKind,
    Participant,
    Seat,
    State,
)
from middleware.simulator.refusals import ConversationClosed
from middleware.simulator.tasks import add_task, move_task

_FLEX = by_api(heard=True)
_AGENT = '{"member_type":"agent"}'
_REASON = "The interaction was closed"
_UNACCEPTED = {TaskStatus.PENDING, TaskStatus.RESERVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a request to begin an Interaction asks for."""

    conversation_sid: str
    kind: MediaKind = MediaKind.WEB
    initiated_by: str = "customer"
    attributes: Mapping[str, Any] = field(default_factory=dict)
    task_channel: str = "chat"
    context_sid: str | None = None
    webhook_ttid: str | None = None


def open_interaction(account: Account, wish: Wish) -> Interaction:
    """Begin an Interaction about an open conversation: a channel, an invite, and a task for the agents."""
    talk = open_conversation(account, wish.conversation_sid)
    begun = Interaction(
        kind=wish.kind,
        conversation_sid=talk.sid,
        task_sid=new_sid("WT"),
        seats=(Seat(type="customer"),),
        context_sid=wish.context_sid,
        webhook_ttid=wish.webhook_ttid,
    )
    account.tables.interactions[begun.sid] = begun
    attributes = write_attributes(_task_attributes(account, begun, wish))
    add_task(account, Task(sid=begun.task_sid, attributes=attributes, channel=wish.task_channel))
    return begun


def interaction_of(account: Account, task: Task) -> Interaction | None:
    """The Interaction that a task belongs to, if it belongs to one."""
    found = account.tables.interactions.get(str(read_attributes(task.attributes).get("flexInteractionSid")))
    return found if found and found.task_sid == task.sid else None


def let_agent_in(account: Account, interaction: Interaction) -> None:
    """The agent has accepted: they take part in the conversation from now on, if it is still open."""
    offers = account.tables.reservations[interaction.task_sid].values()
    accepted = next(offer for offer in offers if offer.status is ReservationStatus.ACCEPTED)
    routing = {"task_sid": interaction.task_sid, "worker_sid": accepted.worker_sid, "reservation_sid": accepted.sid}
    seats = (*interaction.seats, Seat(type="agent", routing=routing))
    account.tables.interactions[interaction.sid] = replace(interaction, seats=seats)
    talk, identity = _talk(account, interaction), account.seed.agent_identity
    if talk and talk.state is not State.CLOSED and not participant_of(account, talk.sid, identity):
        agent = Participant(
            conversation_sid=talk.sid, identity=identity, role_sid=account.seed.channel_role_sid, attributes=_AGENT
        )
        add_participant(account, agent, by=_FLEX)


def close_interaction(
    account: Account,
    interaction: Interaction,
    *,
    state: InteractionState = InteractionState.CLOSED,
    and_task: bool,
) -> Interaction:
    """The agent leaves, the conversation is closed (or sleeps), the task is wrapped up or (`and_task`) completed."""
    if interaction.state is InteractionState.CLOSED:
        raise ConversationClosed(interaction.conversation_sid)
    ended = replace(interaction, state=state, seats=tuple(seat for seat in interaction.seats if seat.type != "agent"))
    account.tables.interactions[ended.sid] = ended
    talk = _talk(account, interaction)
    if talk:
        _leave(account, talk)
        to = State.CLOSED if state is InteractionState.CLOSED else State.INACTIVE
        if talk.state not in (to, State.CLOSED):
            change_conversation(account, replace(account.tables.conversations[talk.sid], state=to), by=_FLEX)
    _end_task(account, account.tables.tasks[interaction.task_sid], and_task=and_task)
    account.changed()
    return ended


def _end_task(account: Account, task: Task, *, and_task: bool) -> None:
    if task.status in _UNACCEPTED:
        move_task(account, task, TaskStatus.CANCELED, reason=_REASON)
    elif task.status in (TaskStatus.ASSIGNED, TaskStatus.WRAPPING) and and_task:
        move_task(account, task, TaskStatus.COMPLETED, reason=_REASON)
    elif task.status is TaskStatus.ASSIGNED:
        move_task(account, task, TaskStatus.WRAPPING)


def _leave(account: Account, talk: Conversation) -> None:
    agent = participant_of(account, talk.sid, account.seed.agent_identity)
    if agent:
        remove_participant(account, agent, by=_FLEX)


def _talk(account: Account, interaction: Interaction) -> Conversation | None:
    return account.tables.conversations.get(interaction.conversation_sid)


def _task_attributes(account: Account, interaction: Interaction, wish: Wish) -> dict[str, Any]:
    """What the request brings, what is known of the customer, and what Flex adds, which nothing overrides."""
    told = wish.attributes
    address = told.get("customerAddress") or _identity(account, interaction.conversation_sid)
    name = told.get("customerName") or told.get("from") or _name(account, interaction.conversation_sid) or address
    return {
        "from": name,
        "name": name,
        "customerName": name,
        "customerAddress": address,
        "customers": {"name": name},
        "direction": "outbound" if wish.initiated_by.lower() == "agent" else "inbound",
        "initiatedBy": wish.initiated_by.lower(),
        **told,
        "channelType": told.get("channelType", interaction.kind),
        "conversationSid": interaction.conversation_sid,
        "conversations": {
            "initiated_by": wish.initiated_by.lower(),
            "conversation_id": interaction.sid,
            "media": [{"type": "ChatTranscript", "sid": interaction.conversation_sid}],
        },
        "flexInteractionSid": interaction.sid,
        "flexInteractionChannelSid": interaction.channel_sid,
        "flexChannelInviteSid": interaction.invite_sid,
    }


def _identity(account: Account, conversation_sid: str) -> str:
    there = account.tables.participants[conversation_sid].values()
    return next((one.identity for one in there if one.identity != account.seed.agent_identity), "")


def _name(account: Account, conversation_sid: str) -> str | None:
    """The customer's name, where webchats or whoever made the conversation have left it."""
    told = read_attributes(account.tables.conversations[conversation_sid].attributes)
    name = told.get("from") or told.get("customerName")
    return str(name) if name else None
