"""Which webhooks want an event, and what they get."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus

from middleware.simulator.account import Account
from middleware.simulator.events import ConversationEvent, Event, EventType
from middleware.simulator.nouns import Webhook, WebhookKind

_BARE = "-._~!$'()*,?/:@"
_SPOKEN = {EventType.MESSAGE_SENT, EventType.MEDIA_MESSAGE_SENT, ConversationEvent.MESSAGE_ADDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One event for one address; `fault` is the mischief that this delivery of it owes itself to."""

    event: Event
    fields: Mapping[str, str]
    url: str
    method: str
    retry_count: int
    fault: str | None = None

    @property
    def lane(self) -> tuple[str, str | None]:
        """What is delivered in order: the events of one channel to one address."""
        return (self.url, self.event.channel_sid)


def parcels(account: Account, event: Event) -> Iterator[Parcel]:
    """The parcels an event makes: one for each webhook of its channel or conversation that wants it, and one above."""
    in_talk = isinstance(event.type, ConversationEvent)
    service = {} if in_talk else {"InstanceSid": account.tables.service.sid}
    always = {"AccountSid": account.seed.account_sid, **service, **event.fields}
    for hook in list(account.tables.webhooks.get(event.channel_sid or "", {}).values()):
        if hook.url and event.only in (None, hook.sid) and wants(hook, event):
            names = {} if in_talk else {"WebhookType": hook.type.value, "WebhookSid": hook.sid}
            yield Parcel(
                event=event,
                fields={**always, **names},
                url=hook.url,
                method=hook.method,
                retry_count=hook.retry_count,
            )
    if event.only is None:
        yield from _above_conversations(account, event, always) if in_talk else _service(account, event, always)


def _service(account: Account, event: Event, fields: Mapping[str, str]) -> Iterator[Parcel]:
    service = account.tables.service
    if service.post_webhook_url and event.type.value in service.webhook_filters:
        yield Parcel(
            event=event,
            fields=fields,
            url=service.post_webhook_url,
            method=service.webhook_method,
            retry_count=service.post_webhook_retry_count,
        )


def _above_conversations(account: Account, event: Event, fields: Mapping[str, str]) -> Iterator[Parcel]:
    """One attempt: Conversations promises no more. A service that has a webhook silences the account's."""
    tables = account.tables
    hook = tables.service_hook if tables.service_hook.url else tables.account_hook
    if hook.url and event.type.value in hook.filters:
        yield Parcel(event=event, fields=fields, url=hook.url, method=hook.method, retry_count=0)


def wants(hook: Webhook, event: Event) -> bool:
    """Whether a webhook of a channel or conversation asked for this event, or for a word that was said."""
    if hook.type is WebhookKind.TRIGGER:
        said = event.fields.get("Body", "") if event.type in _SPOKEN else ""
        return any(word in said for word in hook.filters)
    return hook.type is WebhookKind.WEBHOOK and event.type.value in hook.filters


def with_query(url: str, fields: Mapping[str, str]) -> str:
    """The address with the fields as its query.

    Characters that HTTP clients would leave bare are left bare, so that what was signed is what is sent.
    """
    query = "&".join(f"{name}={quote_plus(value, safe=_BARE)}" for name, value in fields.items())
    return f"{url}{'&' if '?' in url else '?'}{query}"
