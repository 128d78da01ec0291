"""Makes one attempt to deliver one parcel: signed as Twilio signs, with a deadline, and written down.

https://www.twilio.com/docs/chat/webhook-events and https://www.twilio.com/docs/usage/security
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
from twilio.request_validator import RequestValidator

from middleware.simulator.nouns import now
from middleware.simulator.parcels import Parcel, with_query
from middleware.simulator.wirelog import HookEntry, WireLog

_SHOWN_BYTES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """One attempt as it goes over the wire."""

    url: str
    fields: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes | None


class Postman:
    """Knows the way; open between `open` and `close`."""

    def __init__(self, log: WireLog, *, auth_token: str, answer_within: float) -> None:
        self._log = log
        self._validator = RequestValidator(auth_token)
        self._answer_within = answer_within
        self._session: ClientSession | None = None

    async def open(self) -> None:
        """Be ready to deliver."""
        timeout = ClientTimeout(total=self._answer_within)
        self._session = ClientSession(timeout=timeout, cookie_jar=DummyCookieJar())

    async def close(self) -> None:
        """Let go of every connection."""
        if self._session:
            await self._session.close()

    async def deliver(self, parcel: Parcel, *, attempt: int) -> int | None:
        """The answer's status, or None when there was no answer in time."""
        letter = self._letter(parcel, attempt=attempt)
        started = time.monotonic()
        entry = _entry(parcel, letter)
        try:
            status, response = await self._post(parcel.method, letter)
            entry = replace(entry, status=status, response=response)
        except TimeoutError:
            entry = replace(entry, error=f"no answer within {self._answer_within:g} s")
        except (ClientError, OSError) as failure:
            entry = replace(entry, error=str(failure) or type(failure).__name__)
        self._log.add(replace(entry, ms=(time.monotonic() - started) * 1000, at=now()))
        return entry.status

    def lose(self, parcel: Parcel) -> None:
        """Deliver nothing, and write that down."""
        entry = _entry(parcel, self._letter(parcel, attempt=0))
        self._log.add(replace(entry, error="lost on purpose"))

    def _letter(self, parcel: Parcel, *, attempt: int) -> _Letter:
        is_post = parcel.method == "POST"
        fields = {**parcel.fields, "RetryCount": str(attempt)}
        url = parcel.url if is_post else with_query(parcel.url, fields)
        headers = {
            "X-Twilio-Signature": self._validator.compute_signature(url, fields if is_post else {}),
            "I-Twilio-Idempotency-Token": parcel.event.token,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        if is_post:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        return _Letter(url=url, fields=fields, headers=headers, body=urlencode(fields).encode() if is_post else None)

    async def _post(self, method: str, letter: _Letter) -> tuple[int, str]:
        """The answer's status, and how it begins."""
        if self._session is None:
            raise RuntimeError("the postman has not been opened")
        async with self._session.request(
            method, letter.url, data=letter.body, headers=letter.headers, allow_redirects=False
        ) as answer:
            return answer.status, (await answer.read())[:_SHOWN_BYTES].decode(errors="replace")


def _entry(parcel: Parcel, letter: _Letter) -> HookEntry:
    return HookEntry(
        method=parcel.method,
        url=parcel.url,
        fields=letter.fields,
        token=parcel.event.token,
        headers=letter.headers,
        status=None,
        attempt=int(letter.fields["RetryCount"]),
        ms=0,
        fault=parcel.fault,
    )
