"""Stands before the REST routes: asks for credentials, turns refusals into Twilio's errors, writes the wire log."""

import base64
import binascii
import json
import time
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from middleware.simulator.asks import form_pairs
from middleware.simulator.keys import ACCOUNT, LOG
from middleware.simulator.refusals import Refusal, Unauthorized, Unknown
from middleware.simulator.wirelog import RestEntry

_KEPT_HEADERS = ("Content-Type", "If-Match", "User-Agent", "X-Twilio-Webhook-Enabled")


def is_rest(request: web.Request) -> bool:
    """Whether a request is for the account, and not for the desk."""
    return request.path.startswith(("/v1/", "/v2/", "/v3/"))


@web.middleware
async def write_down(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log every REST exchange, without its credentials."""
    if not is_rest(request):
        return await handler(request)
    started = time.monotonic()
    response = await handler(request)
    request.app[LOG].add(
        RestEntry(
            method=request.method,
            path=request.path,
            query=tuple(request.query.items()),
            form=await form_pairs(request),
            headers={name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers},
            status=response.status,
            response=_content(response),
            ms=(time.monotonic() - started) * 1000,
        )
    )
    return response


@web.middleware
async def speak_twilio(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse as Twilio refuses: wrong credentials, unknown addresses, bad parameters."""
    if not is_rest(request):
        return await handler(request)
    try:
        _authorize(request)
        return await handler(request)
    except Refusal as refusal:
        return _refused(refusal)
    except web.HTTPNotFound:
        return _refused(Unknown(request.path))
    except web.HTTPMethodNotAllowed:
        return _refused(Refusal(405, 20004, f"Method not allowed: {request.method} {request.path}"))
    except web.HTTPRequestEntityTooLarge:
        return _refused(Refusal(413, 20001, "The request body is too large"))


def _authorize(request: web.Request) -> None:
    scheme, _, told = request.headers.get("Authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise Unauthorized from None
    if scheme.lower() != "basic" or not request.app[ACCOUNT].seed.opens(user, password):
        raise Unauthorized


def _refused(refusal: Refusal) -> web.Response:
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if refusal.status == 401 else {}
    return web.json_response(refusal.body(), status=refusal.status, headers=headers)


def _content(response: web.StreamResponse) -> Any:
    body = response.body if isinstance(response, web.Response) else None
    return json.loads(body) if isinstance(body, bytes) and body else None
