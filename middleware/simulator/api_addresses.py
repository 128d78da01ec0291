"""conversations.twilio.com/v1: the addresses at which conversations begin."""

from dataclasses import replace
from typing import Any

from aiohttp import web

from middleware.simulator.answers import Shape, created, found, gone, listed, origin, rest_date
from middleware.simulator.api_conversations import LONGEST_NAME, Method
from middleware.simulator.asks import Ask, known, posted, queried
from middleware.simulator.events import ConversationEvent
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns import now
from middleware.simulator.nouns_conversations import Address, AddressKind, Autopilot
from middleware.simulator.refusals import Malformed, Refusal, Unknown

_ALL = "/v1/Configuration/Addresses"
_NEEDED = {Autopilot.STUDIO: ("flow_sid", "StudioFlowSid"), Autopilot.WEBHOOK: ("url", "WebhookUrl")}


def address_routes() -> list[web.RouteDef]:
    """The routes of addresses."""
    return [
        web.get(_ALL, list_addresses),
        web.post(_ALL, create_address),
        web.get(_ALL + "/{address}", fetch_address),
        web.post(_ALL + "/{address}", update_address),
        web.delete(_ALL + "/{address}", delete_address),
    ]


async def list_addresses(request: web.Request) -> web.Response:
    """List the addresses, or those of one type."""
    kind = queried(request).choice("Type", AddressKind)
    there = [one for one in request.app[ACCOUNT].tables.addresses.values() if kind in (None, one.kind)]
    shapes = [_shape(request, one) for one in there]
    return listed(request, "address_configurations", shapes, shape=dict, most=50)


async def create_address(request: web.Request) -> web.Response:
    """Make an address; there is one of a type and name only. The code for a second one is this house's reading."""
    ask, tables = await posted(request), request.app[ACCOUNT].tables
    ask.must("Type")
    kind = ask.choice("Type", AddressKind) or AddressKind.CHAT
    name = ask.must("Address")
    if any((one.kind, one.address) == (kind, name) for one in tables.addresses.values()):
        raise Refusal(409, 20001, f"Address configuration already exists: {kind} {name}")
    blank = Address(kind=kind, address=name, country=ask.text("AddressCountry"))
    return created(_shape(request, _kept(request, replace(blank, **_told(request, ask)))))


async def fetch_address(request: web.Request) -> web.Response:
    """Show an address."""
    return found(_shape(request, _address(request)))


async def update_address(request: web.Request) -> web.Response:
    """Change what the request names; the conversations there are stay as they are."""
    ask = await posted(request)
    return found(_shape(request, _kept(request, replace(_address(request), **_told(request, ask), updated=now()))))


async def delete_address(request: web.Request) -> web.Response:
    """Remove an address; its conversations stay."""
    del request.app[ACCOUNT].tables.addresses[_address(request).sid]
    return gone()


def _told(request: web.Request, ask: Ask) -> dict[str, Any]:
    service = ask.sid("AutoCreation.ConversationServiceSid", "IS")
    if service not in (None, request.app[ACCOUNT].tables.service.sid):
        raise Malformed(f"AutoCreation.ConversationServiceSid {service} is not a service of this account")
    method = ask.choice("AutoCreation.WebhookMethod", Method)
    told = {
        "friendly_name": ask.text("FriendlyName", most=LONGEST_NAME),
        "enabled": ask.flag("AutoCreation.Enabled"),
        "autopilot": ask.choice("AutoCreation.Type", Autopilot),
        "url": ask.text("AutoCreation.WebhookUrl"),
        "method": method and method.upper(),
        "filters": ask.events("AutoCreation.WebhookFilters", ConversationEvent),
        "flow_sid": ask.sid("AutoCreation.StudioFlowSid", "FW"),
        "retry_count": ask.number("AutoCreation.StudioRetryCount", most=3),
    }
    return known(told)


def _kept(request: web.Request, address: Address) -> Address:
    field, name = _NEEDED.get(address.autopilot, ("", ""))
    if field and not getattr(address, field):
        raise Malformed(f"AutoCreation type {address.autopilot} needs the parameter AutoCreation.{name}")
    request.app[ACCOUNT].tables.addresses[address.sid] = address
    return address


def _address(request: web.Request) -> Address:
    address = request.app[ACCOUNT].tables.addresses.get(request.match_info["address"])
    if address is None:
        raise Unknown(request.path)
    return address


def _shape(request: web.Request, address: Address) -> Shape:
    account = request.app[ACCOUNT]
    creation: Shape = {
        "enabled": address.enabled,
        "type": address.autopilot,
        "conversation_service_sid": account.tables.service.sid,
    }
    if address.autopilot is Autopilot.WEBHOOK:
        creation |= {
            "webhook_url": address.url,
            "webhook_method": address.method,
            "webhook_filters": list(address.filters),
        }
    if address.autopilot is Autopilot.STUDIO:
        creation |= {"studio_flow_sid": address.flow_sid, "studio_retry_count": address.retry_count}
    return {
        "sid": address.sid,
        "account_sid": account.seed.account_sid,
        "type": address.kind,
        "address": address.address,
        "friendly_name": address.friendly_name,
        "address_country": address.country,
        "auto_creation": creation,
        "date_created": rest_date(address.created),
        "date_updated": rest_date(address.updated),
        "url": f"{origin(request)}{_ALL}/{address.sid}",
    }
