"""Stands before the REST routes: asks for credentials, turns refusals into Twilio's errors, writes the wire log."""

import base64
import binascii
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from middleware.simulator.asks import form_pairs
from middleware.simulator.keys import ACCOUNT, LOG
from middleware.simulator.mischief_rest import CUT, FAULT, suffer
from middleware.simulator.refusals import Refusal, Unauthorized, Unknown
from middleware.simulator.wirelog import Pairs, RestEntry

_KEPT_ANSWERS = ("Content-Type", "Retry-After", "WWW-Authenticate")
_KEPT_HEADERS = ("Content-Type", "If-Match", "User-Agent", "X-Twilio-Webhook-Enabled")


def is_rest(request: web.Request) -> bool:
    """Whether a request is for the account, and not for the desk."""
    return request.path.startswith(("/v1/", "/v2/", "/v3/"))


@web.middleware
async def write_down(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let mischief befall every REST exchange, and log what came of it, without credentials."""
    if not is_rest(request):
        return await handler(request)
    started = time.monotonic()
    form: Pairs = ()
    try:
        form = await form_pairs(request)
        response = await suffer(request, handler)
    except web.HTTPRequestEntityTooLarge:
        response = _refused(Refusal(413, 20001, "The request body is too large"))
    request.app[LOG].add(
        RestEntry(
            method=request.method,
            path=request.path,
            query=tuple(request.query.items()),
            form=form,
            headers=_only(_KEPT_HEADERS, request.headers),
            status=None if CUT in request else response.status,
            response=None if CUT in request else _content(response),
            answered={} if CUT in request else _only(_KEPT_ANSWERS, response.headers),
            ms=(time.monotonic() - started) * 1000,
            fault=request.get(FAULT),
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


def _only(names: Sequence[str], headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in names if name in headers}


def _content(response: web.StreamResponse) -> Any:
    body = response.body if isinstance(response, web.Response) else None
    with suppress(ValueError):  # mischief sends what is no JSON
        return json.loads(body) if isinstance(body, bytes) and body else None
    return None
