"""The one Studio flow there is: the first message it hears becomes a task, and then it is out of the way."""

from middleware.simulator.account import Account
from middleware.simulator.events import Event, EventType
from middleware.simulator.nouns import WebhookKind
from middleware.simulator.tasks import task_for

_STARTERS = {EventType.MESSAGE_SENT, EventType.MEDIA_MESSAGE_SENT}


class Studio:
    """Listens to the account as Studio's own webhooks on its channels do."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def hear(self, event: Event) -> None:
        """Send to Flex: make the task, take Studio's webhook off the channel, write `task_sid` into it."""
        if event.type not in _STARTERS or event.channel_sid not in self._account.tables.flex_channels:
            return
        hooks = self._account.tables.webhooks[event.channel_sid]
        own = [sid for sid, hook in hooks.items() if hook.type is WebhookKind.STUDIO]
        for sid in own:
            del hooks[sid]
        if own:
            task_for(self._account, event.channel_sid, {})
