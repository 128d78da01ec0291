"""The one Studio flow there is: the first message it hears becomes a task, and then it is out of the way."""

from middleware.simulator.account import Account
from middleware.simulator.events import ConversationEvent, Event, EventType
from middleware.simulator.interactions import Wish, open_interaction
from middleware.simulator.nouns import WebhookKind
from middleware.simulator.nouns_conversations import State
from middleware.simulator.tasks import task_for

_STARTERS = {EventType.MESSAGE_SENT, EventType.MEDIA_MESSAGE_SENT}


class Studio:
    """Listens to the account as Studio's own webhooks on its channels and conversations do."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def hear(self, event: Event) -> None:
        """Send to Flex: the legacy one makes a task and writes its `task_sid` down, today's begins an Interaction."""
        tables, sid = self._account.tables, event.channel_sid or ""
        if event.type in _STARTERS and sid in tables.flex_channels and self._take_off(event):
            task_for(self._account, sid, {})
        talk = tables.conversations.get(sid)
        is_word = event.type is ConversationEvent.MESSAGE_ADDED and talk and talk.state is not State.CLOSED
        if is_word and self._take_off(event):
            open_interaction(self._account, Wish(conversation_sid=sid))

    def _take_off(self, event: Event) -> bool:
        """Whether Studio had a webhook here for this event; it has none afterwards."""
        hooks = self._account.tables.webhooks[event.channel_sid or ""]
        own = [
            sid
            for sid, hook in hooks.items()
            if hook.type is WebhookKind.STUDIO
            and event.only in (None, sid)
            and (not hook.filters or event.type.value in hook.filters or event.type in _STARTERS)
        ]
        for sid in own:
            del hooks[sid]
        return bool(own)
