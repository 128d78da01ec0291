"""What every HTTP request passes: errors are told in JSON, and every answer has the security headers."""

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from aiohttp import web

from middleware.web.refusals import refusal

log = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'"
)
_KEPT = (
    "Allow",
    "Retry-After",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Vary",
    "WWW-Authenticate",
)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """An error says in JSON what is wrong; what was not foreseen is logged and told as 500."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _closing(request, _retold(error, error.text or error.reason))
    except Exception:
        log.exception(
            "A request failed in an unforeseen way.", extra={"method": request.method, "route": _route(request)}
        )
        return _closing(request, refusal(500, "This is a fault of the server."))
    if isinstance(response, web.Response) and response.status >= 400:
        response = _retold(response, _said(response))
    return _closing(request, response)


def add_headers(*, frame_origins: Sequence[str]) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Puts security headers on everything, and takes the banner off.

    Pages of `frame_origins` may show ours in a frame.
    """
    framers = " ".join(frame_origins) or "'none'"
    fixed = {
        "Content-Security-Policy": f"{_POLICY}; frame-ancestors {framers}",
        "Cache-Control": "no-cache",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        del request
        for name, value in fixed.items():
            response.headers.setdefault(name, value)
        response.headers.popall("Server", None)

    return add


def _route(request: web.Request) -> str | None:
    """As the house knows it: what else stands in an address is whatever its writer likes."""
    resource = request.match_info.route.resource
    return None if resource is None else resource.canonical


def _retold(response: web.Response, said: object) -> web.Response:
    headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
    return refusal(response.status, said if isinstance(said, dict) else str(said), headers=headers)


def _said(response: web.Response) -> object:
    """What a handler or a library said: an object, a text, or a text as JSON."""
    text = _bytes(response).decode(errors="replace")
    try:
        return json.loads(text) or response.reason
    except ValueError:
        return text or response.reason


def _bytes(response: web.Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b""


def _closing(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Whoever is refused may still be sending: what they send is not read on."""
    if response.status >= 400 and not request.content.is_eof():
        response.force_close()
    return response
