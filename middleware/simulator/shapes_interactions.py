"""Interactions as the REST API writes them."""

from datetime import datetime

from middleware.simulator.account import Account
from middleware.simulator.answers import Shape
from middleware.simulator.nouns import Task, now
from middleware.simulator.nouns_conversations import Interaction, Seat


class InteractionShapes:
    """Writes an Interaction and its parts with addresses that the client can follow."""

    def __init__(self, account: Account, origin: str, interaction: Interaction) -> None:
        self._account = account
        self._it = interaction
        self._here = f"{origin}/v1/Interactions/{interaction.sid}"
        self._channel = f"{self._here}/Channels/{interaction.channel_sid}"
        self._of_channel = {"interaction_sid": interaction.sid, "channel_sid": interaction.channel_sid}

    def interaction(self) -> Shape:
        """The Interaction with its channel's sid and its task."""
        return {
            "sid": self._it.sid,
            "channel": {"type": self._it.kind, "sid": self._it.channel_sid},
            "routing": self._routing(),
            "interaction_context_sid": self._it.context_sid,
            "webhook_ttid": self._it.webhook_ttid,
            "url": self._here,
            "links": {"channels": f"{self._here}/Channels"},
        }

    def channel(self) -> Shape:
        """The one channel, and whether it is open."""
        return {
            "sid": self._it.channel_sid,
            "interaction_sid": self._it.sid,
            "type": self._it.kind,
            "status": self._it.state,
            "error_code": None,
            "error_message": None,
            "url": self._channel,
            "links": {
                name: f"{self._channel}/{name.capitalize()}" for name in ("participants", "invites", "transfers")
            },
        }

    def invite(self) -> Shape:
        """The one invite, with the task it became."""
        return {
            **self._of_channel,
            "sid": self._it.invite_sid,
            "routing": self._routing(),
            "url": f"{self._channel}/Invites/{self._it.invite_sid}",
        }

    def seat(self, seat: Seat) -> Shape:
        """Somebody in the channel."""
        return {
            **self._of_channel,
            "sid": seat.sid,
            "type": seat.type,
            "routing_properties": dict(seat.routing) if seat.routing else None,
            "url": f"{self._channel}/Participants/{seat.sid}",
        }

    def _routing(self) -> Shape:
        return {"reservation": None, "properties": self._task(self._account.tables.tasks[self._it.task_sid])}

    def _task(self, task: Task) -> Shape:
        """The task as TaskRouter told Flex of it, with seconds for dates."""
        seed, created = self._account.seed, _seconds(task.created)
        age = int((now() - task.created).total_seconds())
        return {
            "sid": task.sid,
            "account_sid": seed.account_sid,
            "workspace_sid": seed.workspace_sid,
            "workflow_sid": seed.workflow_sid,
            "workflow_name": "Assign to Anyone",
            "queue_sid": seed.task_queue_sid,
            "queue_name": "Everyone",
            "task_channel_sid": seed.task_channel_sid,
            "task_channel_unique_name": task.channel,
            "routing_target": None,
            "assignment_status": task.status,
            "attributes": task.attributes,
            "addons": "{}",
            "priority": task.priority,
            "reason": task.reason or "",
            "timeout": task.timeout,
            "age": age,
            "age_in_queue": age,
            "assignmentCounter": len(self._account.tables.reservations[task.sid]),
            "task_queue_entered_date": created,
            "date_created": created,
            "date_updated": _seconds(task.updated),
        }


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
