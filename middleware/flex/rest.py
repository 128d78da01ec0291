"""The twilio client over one pooled transport of our own, with timeouts and errors told apart.

The package's own async transport has no timeout (its argument is ignored), hides `Retry-After` and can repeat POSTs, so
only its request building is used: `Transport` is what its `Client` calls.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn, Self, TypeAlias
from urllib.parse import urlencode

from aiohttp import encode_basic_auth
from twilio.http.response import Response
from twilio.rest import Client

from middleware.flex.json_text import read_json
from middleware.flex.lines import Answer, Broken, Lines, NotReached, Patience, head_of
from middleware.relay.errors import NotSent, OutcomeUnknown, Refused

CONNECT_SECONDS = 5.0
READ_SECONDS = 8.0
TOTAL_SECONDS = 10.0
"""The longest one call may take. Opening a chat takes five calls at most, inside one lease."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


Heard: TypeAlias = Callable[[str, str, str, float], None]
"""Told of every call: method, address; HTTP status, or `unreachable` or `broken` where none came; seconds."""


class Rejected(Refused):
    """Twilio answered 4xx: `status` is the HTTP status, `code` Twilio's own (0 if it gave none)."""

    def __init__(self, reason: str, *, status: int, code: int) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


class NotLetIn(NotSent):
    """Twilio answered 401 or 403: not the call but the account is refused, its token being changed, say.

    No visitor's words should be given up for that, so what is owed waits.
    """

    def __init__(self, reason: str, *, status: int) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose account, and where it is; `api_url` None means Twilio itself."""

    account_sid: str
    auth_token: str
    api_url: str | None = None


class Transport:
    """One pool of connections; the twilio client's `http_client`.

    `request` raises `NotSent`, `OutcomeUnknown` or `Rejected`, and returns 2xx answers only.
    """

    is_async = True

    def __init__(self, *, connections: int = 64, heard: Heard = lambda *_: None) -> None:
        patience = Patience(connect=CONNECT_SECONDS, read=READ_SECONDS, total=TOTAL_SECONDS)
        self._lines = Lines(most=connections, patience=patience)
        self._heard = heard

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._lines.close()

    async def request(  # noqa: PLR0913, PLR0917 — the twilio client's own signature
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 — as above; our own timeouts always hold
        allow_redirects: bool = False,
    ) -> Response:
        """Make one call and read its whole answer."""
        del timeout, allow_redirects
        authorization = {} if auth is None else {"Authorization": encode_basic_auth(*auth)}
        answer, text, _ = await self.exchange(
            method,
            f"{url}?{urlencode(params, doseq=True)}" if params else url,
            data=urlencode(data, doseq=True).encode() if data else b"",
            head=head_of({**_FORM, **(headers or {}), **authorization}),
        )
        return Response(answer.status, text, answer.headers)

    async def exchange(self, method: str, url: str, *, data: bytes, head: str) -> tuple[Answer, str, Mapping[str, Any]]:
        """Make a call with this body and this `head_of` all headers; its answer, the text and the object in that.

        Raises as `request`.
        """
        began, code = time.monotonic(), "broken"
        try:
            answer = await self._lines.ask(method, url, head=head, body=data)
            code = str(answer.status)
            text = answer.body.decode()
        except NotReached as error:
            code = "unreachable"
            raise NotSent(f"{method} {_path(url)}: no connection ({error})") from error
        except Broken as error:
            raise OutcomeUnknown(f"{method} {_path(url)}: no whole answer ({error})") from error
        except UnicodeDecodeError as error:
            raise OutcomeUnknown(f"{method} {_path(url)}: the answer is not UTF-8") from error
        finally:
            self._heard(method, url, code, time.monotonic() - began)
        return answer, text, _checked(answer, text, method=method, url=url)


def twilio_client(credentials: Credentials, transport: Transport) -> Client:
    """A twilio client on our transport, pointed at Twilio or at the `api_url`."""
    client = Client(credentials.account_sid, credentials.auth_token, http_client=transport)
    if credentials.api_url is not None:
        for domain in (client.flex_api, client.chat, client.taskrouter, client.conversations):
            domain.base_url = credentials.api_url
    return client


def _path(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2].partition("?")[0]


def _checked(answer: Answer, text: str, *, method: str, url: str) -> Mapping[str, Any]:
    """The object in a good answer. Twilio does not process what it answers with 429; after 5xx nobody knows.

    https://www.twilio.com/docs/api/errors/20429
    """
    status = answer.status
    if status >= 300:
        _refuse(status, text, retry_after=answer.headers.get("Retry-After"), call=f"{method} {_path(url)}")
    found = {} if status == 204 else _object(text)
    if found is None:
        raise OutcomeUnknown(f"{method} {_path(url)}: {status}, but the answer is not a JSON object")
    return found


def _refuse(status: int, text: str, *, retry_after: str | None, call: str) -> NoReturn:
    if status == 429:
        raise NotSent(f"{call}: 429 too many requests", retry_after=_seconds(retry_after))
    if status in {401, 403}:
        raise NotLetIn(f"{call}: {status}, check TWILIO_AUTH_TOKEN; {_explained(_code(text))}", status=status)
    if status >= 500:
        raise OutcomeUnknown(f"{call}: {status}")
    if status >= 400:
        code = _code(text)
        raise Rejected(f"{call}: {status}, {_explained(code)}", status=status, code=code)
    raise Rejected(f"{call}: {status}, an unexpected redirect", status=status, code=0)


def _code(text: str) -> int:
    try:
        return int(json.loads(text)["code"])
    except (ValueError, KeyError, TypeError):
        return 0


def _explained(code: int) -> str:
    """Twilio's own words may quote a parameter, so only their address is told."""
    return f"see https://www.twilio.com/docs/errors/{code}" if code else "no reason given"


def _object(text: str) -> Mapping[str, Any] | None:
    """Half a character may stand in what a visitor said and Twilio repeats."""
    try:
        found = read_json(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _seconds(retry_after: str | None) -> float | None:
    """Only the form in seconds; the date form would need the other side's clock."""
    try:
        seconds = float(retry_after) if retry_after is not None else None
    except ValueError:
        return None
    return seconds if seconds is None or 0 <= seconds < 86400 else None
