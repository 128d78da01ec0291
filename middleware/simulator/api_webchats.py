"""flex-api.twilio.com/v2: webchats."""

import json

from aiohttp import web

from middleware.simulator.answers import created
from middleware.simulator.api_conversations import LONGEST_NAME
from middleware.simulator.asks import posted
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns_conversations import AddressKind
from middleware.simulator.refusals import Malformed, TooMany, Unknown
from middleware.simulator.webchats import WebChat, open_webchat


def webchat_routes() -> list[web.RouteDef]:
    """The one route there is."""
    return [web.post("/v2/WebChats", create_webchat)]


async def create_webchat(request: web.Request) -> web.Response:
    """Open a webchat: five a second, and never the one that the same identity has already."""
    ask, account = await posted(request), request.app[ACCOUNT]
    if not account.webchats.take():
        raise TooMany
    address = account.tables.addresses.get(ask.must("AddressSid"))
    if address is None:
        raise Unknown(f"/v1/Configuration/Addresses/{ask.text('AddressSid')}")
    if address.kind is not AddressKind.CHAT:
        raise Malformed(f"Address {address.sid} is of type {address.kind}: a webchat needs one of type chat")
    chat = WebChat(
        address=address,
        friendly_name=ask.text("ChatFriendlyName", most=LONGEST_NAME),
        customer_name=ask.text("CustomerFriendlyName", most=LONGEST_NAME),
        pre_engagement=json.loads(ask.json("PreEngagementData") or "null"),
        identity=ask.text("Identity", most=LONGEST_NAME) or None,
    )
    talk, customer = open_webchat(account, chat)
    return created({"conversation_sid": talk.sid, "identity": customer.identity})
