"""Reads a request's body: of the expected kind, not too large, not too slow; nothing is buffered unseen."""

import asyncio

from aiohttp import web

BODY_SECONDS = 10.0
"""How long a body may take; Twilio gives us five seconds for everything."""

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


async def read_body(request: web.Request, *, kind: str, most: int, within: float = BODY_SECONDS) -> bytes:
    """The whole body. Raises what aiohttp answers with 408, 411, 413 or 415."""
    named = request.headers.get("Content-Type")
    if named is None or (named != kind and request.content_type.lower() != kind):
        raise web.HTTPUnsupportedMediaType(text=f"Content-Type must be {kind}.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise web.HTTPUnsupportedMediaType(text="The body must not be compressed.")
    if request.content_length is None:
        raise web.HTTPLengthRequired(text="Content-Length is missing: say how long the body is.")
    if request.content_length > most:
        raise web.HTTPRequestEntityTooLarge(most, request.content_length)
    if request.content.is_eof():
        return request.content.read_nowait()  # It is there: nothing is waited for.
    try:
        async with asyncio.timeout(within):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text=f"The body did not come within {within:g} seconds.") from None
