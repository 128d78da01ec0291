"""conversations.twilio.com/v1: services, users, and who takes part in what."""

from dataclasses import replace

from aiohttp import web

from middleware.simulator.answers import Shape, created, found, listed, origin, rest_date
from middleware.simulator.api_conversations import (
    LONGEST_NAME,
    MOST_OF_CONVERSATION,
    check_service,
    routes_under,
    told_attributes,
)
from middleware.simulator.asks import actor, known, posted, queried
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns import User
from middleware.simulator.nouns_conversations import State
from middleware.simulator.people import add_user, change_user
from middleware.simulator.refusals import Malformed, Unknown
from middleware.simulator.shapes_conversations import conversation_shapes


def conversation_service_routes() -> list[web.RouteDef]:
    """The routes of services, of users, and of participants' conversations."""
    return [
        web.get("/v1/Services", list_services),
        web.get("/v1/Services/{service}", fetch_service),
        *routes_under(
            ("GET", "/ParticipantConversations", list_places),
            ("GET", "/Users", list_users),
            ("POST", "/Users", create_user),
            ("GET", "/Users/{user}", fetch_user),
            ("POST", "/Users/{user}", update_user),
        ),
    ]


async def list_services(request: web.Request) -> web.Response:
    """List the one service there is."""
    return listed(request, "services", [_service(request)], shape=dict, most=100)


async def fetch_service(request: web.Request) -> web.Response:
    """Show the service, which is Programmable Chat's too."""
    check_service(request)
    return found(_service(request))


async def list_places(request: web.Request) -> web.Response:
    """List the conversations that an identity takes part in, closed ones too: whoever wants the open ones looks."""
    check_service(request)
    ask, tables = queried(request), request.app[ACCOUNT].tables
    identity = ask.text("Identity")
    if not identity and not ask.text("Address"):
        raise Malformed("Identity or Address is needed")
    places = [
        one
        for sid, there in tables.participants.items()
        for one in there.values()
        if one.identity == identity and tables.conversations[sid].state is not State.INITIALIZING
    ]
    return listed(request, "conversations", places, shape=conversation_shapes(request).place, most=50)


async def list_users(request: web.Request) -> web.Response:
    """List everybody who has an identity."""
    check_service(request)
    users = list(request.app[ACCOUNT].tables.users.values())
    return listed(request, "users", users, shape=conversation_shapes(request).user, most=50)


async def create_user(request: web.Request) -> web.Response:
    """Make a user before they have joined anything."""
    check_service(request)
    ask, account = await posted(request), request.app[ACCOUNT]
    user = User(
        identity=ask.must("Identity"),
        role_sid=ask.sid("RoleSid", "RL") or account.seed.service_role_sid,
        friendly_name=ask.text("FriendlyName", most=LONGEST_NAME),
        attributes=told_attributes(ask, most=MOST_OF_CONVERSATION) or "{}",
    )
    return created(conversation_shapes(request).user(add_user(account, user, by=actor(request))))


async def fetch_user(request: web.Request) -> web.Response:
    """Show a user, found by sid or identity."""
    return found(conversation_shapes(request).user(_user(request)))


async def update_user(request: web.Request) -> web.Response:
    """Change a user's name, attributes or role."""
    ask = await posted(request)
    told = {
        "friendly_name": ask.text("FriendlyName", most=LONGEST_NAME),
        "attributes": told_attributes(ask, most=MOST_OF_CONVERSATION),
        "role_sid": ask.sid("RoleSid", "RL"),
    }
    user = replace(_user(request), **known(told))
    return found(conversation_shapes(request).user(change_user(request.app[ACCOUNT], user, by=actor(request))))


def _service(request: web.Request) -> Shape:
    account = request.app[ACCOUNT]
    service = account.tables.service
    here = f"{origin(request)}/v1/Services/{service.sid}"
    parts = ("Conversations", "Users", "Roles", "Bindings", "Configuration")
    return {
        "sid": service.sid,
        "account_sid": account.seed.account_sid,
        "friendly_name": service.friendly_name,
        "date_created": rest_date(service.created),
        "date_updated": rest_date(service.updated),
        "url": here,
        "links": {part.lower(): f"{here}/{part}" for part in parts},
    }


def _user(request: web.Request) -> User:
    check_service(request)
    tables, key = request.app[ACCOUNT].tables, request.match_info["user"]
    user = tables.users.get(tables.by_identity.get(key, key))
    if user is None:
        raise Unknown(request.path)
    return user
