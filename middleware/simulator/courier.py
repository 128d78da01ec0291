"""Carries webhooks to those who asked for them: signed, with a deadline, and again when that may help.

https://www.twilio.com/docs/chat/webhook-events and https://www.twilio.com/docs/usage/security
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
from twilio.request_validator import RequestValidator

from middleware.simulator.account import Account
from middleware.simulator.events import Event, EventType
from middleware.simulator.nouns import Webhook, WebhookKind
from middleware.simulator.wirelog import HookEntry, WireLog

_WORTH_ANOTHER_TRY = {429, 503, 504}
_BARE = "-._~!$'()*,?/:@"
_SPOKEN = {EventType.MESSAGE_SENT, EventType.MEDIA_MESSAGE_SENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds: how long an answer may take, and how long to wait before another try."""

    answer_within: float = 5.0
    pause: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One event for one address."""

    event: Event
    fields: Mapping[str, str]
    url: str
    method: str
    retry_count: int

    @property
    def lane(self) -> tuple[str, str | None]:
        """What is delivered in order: the events of one channel to one address."""
        return (self.url, self.event.channel_sid)


class Courier:
    """Delivers every event it hears; each delivery is a task that is held until it is done."""

    def __init__(self, account: Account, log: WireLog, *, pace: Pace) -> None:
        self._account = account
        self._log = log
        self._pace = pace
        self._session: ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._lanes: dict[tuple[str, str | None], asyncio.Task[None]] = {}

    async def open(self) -> None:
        """Be ready to deliver."""
        timeout = ClientTimeout(total=self._pace.answer_within)
        self._session = ClientSession(timeout=timeout, cookie_jar=DummyCookieJar())

    async def close(self) -> None:
        """Drop what is under way and let go of every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def hear(self, event: Event) -> None:
        """Send an event to every webhook that wants it."""
        for parcel in parcels(self._account, event):
            self._send(parcel)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _send(self, parcel: Parcel) -> None:
        task = asyncio.create_task(self._carry(parcel, after=self._lanes.get(parcel.lane)))
        self._tasks.add(task)
        self._lanes[parcel.lane] = task
        task.add_done_callback(lambda done: self._done(parcel, done))

    def _done(self, parcel: Parcel, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._lanes.get(parcel.lane) is task:
            del self._lanes[parcel.lane]

    async def _carry(self, parcel: Parcel, *, after: asyncio.Task[None] | None) -> None:
        if after:
            await asyncio.wait([after])
        for attempt in range(parcel.retry_count + 1):
            if attempt:
                await asyncio.sleep(self._pace.pause)
            status = await self._try(parcel, attempt)
            if status is not None and status not in _WORTH_ANOTHER_TRY:
                return

    async def _try(self, parcel: Parcel, attempt: int) -> int | None:
        fields = {**parcel.fields, "RetryCount": str(attempt)}
        started = time.monotonic()
        status, error = None, None
        try:
            status = await self._post(parcel, fields)
        except TimeoutError:
            error = f"no answer within {self._pace.answer_within:g} s"
        except (ClientError, OSError) as failure:
            error = str(failure) or type(failure).__name__
        self._log.add(
            HookEntry(
                method=parcel.method,
                url=parcel.url,
                fields=fields,
                status=status,
                attempt=attempt,
                ms=(time.monotonic() - started) * 1000,
                error=error,
            )
        )
        return status

    async def _post(self, parcel: Parcel, fields: Mapping[str, str]) -> int:
        if self._session is None:
            raise RuntimeError("the courier has not been opened")
        is_post = parcel.method == "POST"
        url = parcel.url if is_post else with_query(parcel.url, fields)
        signature = RequestValidator(self._account.seed.auth_token).compute_signature(url, fields if is_post else {})
        headers = {
            "X-Twilio-Signature": signature,
            "I-Twilio-Idempotency-Token": parcel.event.token,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        if is_post:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        body = urlencode(fields).encode() if is_post else None
        async with self._session.request(
            parcel.method, url, data=body, headers=headers, allow_redirects=False
        ) as answer:
            await answer.read()
            return answer.status


def parcels(account: Account, event: Event) -> Iterator[Parcel]:
    """The parcels an event makes: one for each webhook of its channel that wants it, one for the service's own."""
    always = {"AccountSid": account.seed.account_sid, "InstanceSid": account.tables.service.sid, **event.fields}
    for hook in list(account.tables.webhooks.get(event.channel_sid or "", {}).values()):
        if hook.url and wants(hook, event):
            fields = {**always, "WebhookType": hook.type.value, "WebhookSid": hook.sid}
            yield Parcel(event=event, fields=fields, url=hook.url, method=hook.method, retry_count=hook.retry_count)
    service = account.tables.service
    if service.post_webhook_url and event.type.value in service.webhook_filters:
        yield Parcel(
            event=event,
            fields=always,
            url=service.post_webhook_url,
            method=service.webhook_method,
            retry_count=service.post_webhook_retry_count,
        )


def wants(hook: Webhook, event: Event) -> bool:
    """Whether a channel's webhook asked for this event, or for a word that was said."""
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
