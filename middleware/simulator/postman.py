"""Makes one attempt to deliver one parcel: signed as Twilio signs, with a deadline, and written down.

https://www.twilio.com/docs/chat/webhook-events and https://www.twilio.com/docs/usage/security
"""

import time
from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
from twilio.request_validator import RequestValidator

from middleware.simulator.parcels import Parcel, with_query
from middleware.simulator.wirelog import HookEntry, WireLog


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
        fields = {**parcel.fields, "RetryCount": str(attempt)}
        started = time.monotonic()
        status, error = None, None
        try:
            status = await self._post(parcel, fields)
        except TimeoutError:
            error = f"no answer within {self._answer_within:g} s"
        except (ClientError, OSError) as failure:
            error = str(failure) or type(failure).__name__
        self._write_down(parcel, fields, status=status, error=error, started=started)
        return status

    def lose(self, parcel: Parcel) -> None:
        """Deliver nothing, and write that down."""
        self._write_down(
            parcel, {**parcel.fields, "RetryCount": "0"}, error="lost on purpose", started=time.monotonic()
        )

    def _write_down(
        self,
        parcel: Parcel,
        fields: Mapping[str, str],
        *,
        status: int | None = None,
        error: str | None,
        started: float,
    ) -> None:
        self._log.add(
            HookEntry(
                method=parcel.method,
                url=parcel.url,
                fields=fields,
                status=status,
                attempt=int(fields["RetryCount"]),
                ms=(time.monotonic() - started) * 1000,
                error=error,
                fault=parcel.fault,
            )
        )

    async def _post(self, parcel: Parcel, fields: Mapping[str, str]) -> int:
        if self._session is None:
            raise RuntimeError("the postman has not been opened")
        is_post = parcel.method == "POST"
        url = parcel.url if is_post else with_query(parcel.url, fields)
        headers = {
            "X-Twilio-Signature": self._validator.compute_signature(url, fields if is_post else {}),
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
