"""Remembers who came and went in each chat, and when it ended: the desk tells that between the messages."""

from middleware.simulator.account import Account
from middleware.simulator.channels import read_attributes
from middleware.simulator.events import ConversationEvent, Event, EventType
from middleware.simulator.nouns import Moment, Turn
from middleware.simulator.nouns_conversations import State

_JOINED = {EventType.MEMBER_ADDED, ConversationEvent.PARTICIPANT_ADDED}
_LEFT = {EventType.MEMBER_REMOVED, ConversationEvent.PARTICIPANT_REMOVED}


class Chronicle:
    """Listens to the account; what is not heard, such as a visitor let in by the API, is not told either."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def hear(self, event: Event) -> None:
        """Write down what is a moment of a chat; only messages are ever told again."""
        if event.channel_sid is None:
            return
        moments = self._account.tables.moments.setdefault(event.channel_sid, [])
        if event.type in _JOINED:
            moments.append(Moment(turn=Turn.JOINED, who=event.fields["Identity"]))
        elif event.type in _LEFT:
            moments.append(Moment(turn=Turn.LEFT, who=event.fields["Identity"]))
        elif _is_end(event) and not any(moment.turn is Turn.ENDED for moment in moments):
            moments.append(Moment(turn=Turn.ENDED, who=event.fields.get("ClientIdentity")))


def _is_end(event: Event) -> bool:
    if event.type is ConversationEvent.STATE_UPDATED:
        return event.fields["StateTo"] == State.CLOSED
    return event.type is EventType.CHANNEL_UPDATED and (
        read_attributes(event.fields["Attributes"]).get("status") == "INACTIVE"
    )
