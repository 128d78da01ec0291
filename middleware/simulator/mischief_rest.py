"""Lets mischief befall REST requests: between the log, which sees it, and the routes, which do not."""

import asyncio
import socket
import struct

from aiohttp import web
from aiohttp.typedefs import Handler

from middleware.simulator.keys import MISCHIEF
from middleware.simulator.mischief import Fate, Fault, Rule, Slot
from middleware.simulator.refusals import Refusal, Unauthorized, Unknown

FAULT = web.RequestKey("fault", str)
CUT = web.RequestKey("cut", bool)
_RST = struct.pack("ii", 1, 0)  # linger for zero seconds: closing resets
_TAKEN = {Fault.ERROR_AFTER, Fault.RESET_AFTER, Fault.HALF_BODY, Fault.BROKEN_JSON}


async def suffer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer as well as mischief lets one; what befell the request stands in its `FAULT`."""
    fate = request.app[MISCHIEF].befall_request(f"{request.method} {request.path}")
    if fate:
        request[FAULT] = ", ".join(hit.rule.fault.value for hit in fate.values())
    rule = fate[Slot.OUTCOME].rule if Slot.OUTCOME in fate else None
    if rule and rule.fault not in _TAKEN:
        await _be_late(fate)
        return _refuse(request, rule)
    answer = await handler(request)
    await _be_late(fate)
    return await _spoil(request, answer, rule) if rule else answer


async def _be_late(fate: Fate) -> None:
    if Slot.PACE in fate:
        await asyncio.sleep(fate[Slot.PACE].seconds)


async def _spoil(request: web.Request, answer: web.StreamResponse, rule: Rule) -> web.StreamResponse:
    """The request has had its effect, but its answer does not arrive as it was."""
    body = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
    match rule.fault:
        case Fault.RESET_AFTER:
            return _reset(request)
        case Fault.ERROR_AFTER:
            return _error(rule.status)
        case Fault.HALF_BODY if body:
            return await _half(request, answer.status, body)
        case Fault.BROKEN_JSON if body:
            return web.Response(status=answer.status, body=body[:-3], content_type="application/json")
    return answer


def _refuse(request: web.Request, rule: Rule) -> web.StreamResponse:
    """The request has no effect at all."""
    match rule.fault:
        case Fault.RESET_BEFORE:
            return _reset(request)
        case Fault.UNAUTHORIZED:
            return _refused(Unauthorized())
        case Fault.NOT_FOUND:
            return _refused(Unknown(request.path))
        case Fault.TOO_MANY:
            return _too_many(rule.retry_after)
    return _error(rule.status)


def _reset(request: web.Request) -> web.StreamResponse:
    request[CUT] = True
    if request.transport:
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
        request.transport.abort()
    return web.Response(status=500)  # nobody is there to read it


async def _half(request: web.Request, status: int, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers={"Content-Type": "application/json; charset=utf-8"})
    response.content_length = len(body)
    response.force_close()
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    return response


def _too_many(retry_after: int | None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return _refused(Refusal(429, 20429, "Too Many Requests"), headers)


def _error(status: int) -> web.Response:
    """A gateway's errors are pages, not Twilio's JSON."""
    if status in (502, 504):
        return web.Response(status=status, text="<html><h1>Bad Gateway</h1></html>", content_type="text/html")
    return _refused(Refusal(status, 20500 if status == 500 else 20503, "Internal Server Error"))


def _refused(refusal: Refusal, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(refusal.body(), status=refusal.status, headers=headers)
