"""Twilio's webhooks: read, verify, accept, 200. Nothing else happens before the answer."""

import logging
from collections.abc import Callable
from typing import TypeAlias

from aiohttp import web

from middleware.relay.errors import Forged, StoreUnavailable, WebhookRefused
from middleware.relay.from_flex import FromFlex
from middleware.relay.model import Event
from middleware.relay.ports import WebhookRequest
from middleware.web.bodies import FORM, read_body
from middleware.web.refusals import refusal

log = logging.getLogger(__name__)

PATHS = ("/new-message", "/channel-update")
MOST_BYTES = 262_144
"""The longest body: a text of 32 KB, percent-encoded, with its attributes."""

ReadWebhook: TypeAlias = Callable[[WebhookRequest], Event | None]
Count: TypeAlias = Callable[[str], None]
"""Told what became of a webhook: its event's `Fate`, or `not_for_us`, `forged`, `refused`, `unavailable`, `fault`."""


def add_webhooks(
    app: web.Application, *, read: ReadWebhook, from_flex: FromFlex, count: Count = lambda _outcome: None
) -> None:
    """Serve the webhook routes."""

    async def receive(request: web.Request) -> web.Response:
        outcome = "fault"
        try:
            event = read(await _raw(request))
            outcome = "not_for_us" if event is None else await from_flex.accept(event)
        except web.HTTPException:
            outcome = "refused"
            raise
        except WebhookRefused as error:
            outcome = "forged" if isinstance(error, Forged) else "refused"
            log.warning("Webhook refused.", extra={"path": request.path, "reason": str(error)})
            return refusal(error.status, str(error))
        except StoreUnavailable as error:
            outcome = "unavailable"
            log.warning("Webhook not accepted.", extra={"reason": str(error)})
            return refusal(503, "Nothing was stored: ask again.")  # Twilio does, as often as its retry count says.
        finally:
            count(outcome)
        return web.Response()

    for path in PATHS:
        app.router.add_post(path, receive)


async def _raw(request: web.Request) -> WebhookRequest:
    """Path and query exactly as they were sent: the signature is over them."""
    body = await read_body(request, kind=FORM, most=MOST_BYTES)
    return WebhookRequest(method=request.method, path_qs=request.raw_path, headers=request.headers, body=body)
