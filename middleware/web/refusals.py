"""How a request is refused: in JSON, with words, and with the request's id, by which it is found in the log."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from middleware.relay.subject import subject


def refusal(status: int, words: str | Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> web.Response:
    """The answer to a request that is refused; `words` may be more than a sentence."""
    told = {"error": words} if isinstance(words, str) else words
    return web.json_response({**told, "request_id": subject().get("request")}, status=status, headers=headers)
