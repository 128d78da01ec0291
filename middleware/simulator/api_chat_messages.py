"""chat.twilio.com/v2: messages and members."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

from aiohttp import web

from middleware.simulator.answers import created, found, gone, listed
from middleware.simulator.api_chat_channels import CHANNEL
from middleware.simulator.api_chat_service import the_channel
from middleware.simulator.asks import Ask, actor, known, posted, queried
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.messages import add_message, change_message, remove_message
from middleware.simulator.nouns import Media, Member, Message
from middleware.simulator.people import add_member, change_member, member_of, remove_member
from middleware.simulator.refusals import Unknown
from middleware.simulator.shapes_chat import chat_shapes


class Order(StrEnum):
    """Which end of a channel comes first."""

    ASC = "asc"
    DESC = "desc"


def message_routes() -> list[web.RouteDef]:
    """The routes of messages and of members."""
    return [
        web.get(CHANNEL + "/Messages", list_messages),
        web.post(CHANNEL + "/Messages", create_message),
        web.get(CHANNEL + "/Messages/{message}", fetch_message),
        web.post(CHANNEL + "/Messages/{message}", update_message),
        web.delete(CHANNEL + "/Messages/{message}", delete_message),
        web.get(CHANNEL + "/Members", list_members),
        web.post(CHANNEL + "/Members", create_member),
        web.get(CHANNEL + "/Members/{member}", fetch_member),
        web.post(CHANNEL + "/Members/{member}", update_member),
        web.delete(CHANNEL + "/Members/{member}", delete_member),
    ]


async def list_messages(request: web.Request) -> web.Response:
    """List a channel's messages, from either end."""
    order = queried(request).choice("Order", Order) or Order.ASC
    messages = list(request.app[ACCOUNT].tables.messages[the_channel(request).sid].values())
    ordered = messages if order is Order.ASC else messages[::-1]
    return listed(request, "messages", ordered, shape=chat_shapes(request).message, most=100)


async def create_message(request: web.Request) -> web.Response:
    """Say something; the sender need not be a member, and an INACTIVE channel takes it too."""
    ask = await posted(request)
    sid = ask.sid("MediaSid", "ME")
    media = request.app[ACCOUNT].tables.media.get(sid, Media(sid=sid)) if sid else None
    message = Message(channel_sid=the_channel(request).sid, media=media, **_told_message(ask))
    return created(chat_shapes(request).message(add_message(request.app[ACCOUNT], message, by=actor(request))))


async def fetch_message(request: web.Request) -> web.Response:
    """Show a message."""
    return found(chat_shapes(request).message(_message(request)))


async def update_message(request: web.Request) -> web.Response:
    """Change a message."""
    message = replace(_message(request), **_told_message(await posted(request)))
    return found(chat_shapes(request).message(change_message(request.app[ACCOUNT], message, by=actor(request))))


async def delete_message(request: web.Request) -> web.Response:
    """Take a message out."""
    remove_message(request.app[ACCOUNT], _message(request), by=actor(request))
    return gone()


async def list_members(request: web.Request) -> web.Response:
    """List a channel's members, or those of some identities."""
    identities = queried(request).many("Identity")
    everybody = request.app[ACCOUNT].tables.members[the_channel(request).sid].values()
    members = [member for member in everybody if identities is None or member.identity in identities]
    return listed(request, "members", members, shape=chat_shapes(request).member, most=100)


async def create_member(request: web.Request) -> web.Response:
    """Let somebody in."""
    ask, account = await posted(request), request.app[ACCOUNT]
    told = {"role_sid": account.seed.channel_role_sid, **_told_member(ask)}
    member = Member(channel_sid=the_channel(request).sid, identity=ask.must("Identity"), **told)
    return created(chat_shapes(request).member(add_member(account, member, by=actor(request))))


async def fetch_member(request: web.Request) -> web.Response:
    """Show a member, found by sid or identity."""
    return found(chat_shapes(request).member(_member(request)))


async def update_member(request: web.Request) -> web.Response:
    """Change a member: attributes, role, how far they have read."""
    member = replace(_member(request), **_told_member(await posted(request)))
    return found(chat_shapes(request).member(change_member(request.app[ACCOUNT], member, by=actor(request))))


async def delete_member(request: web.Request) -> web.Response:
    """Show somebody out. That the reason reads REMOVED is this house's reading; only LEFT has been captured."""
    remove_member(request.app[ACCOUNT], _member(request), by=actor(request), reason="REMOVED")
    return gone()


def _told_message(ask: Ask) -> dict[str, Any]:
    told = {
        "sender": ask.text("From") or None,
        "body": ask.text("Body"),
        "attributes": ask.json("Attributes"),
        "created": ask.date("DateCreated"),
        "updated": ask.date("DateUpdated"),
        "last_updated_by": ask.text("LastUpdatedBy"),
    }
    return known(told)


def _told_member(ask: Ask) -> dict[str, Any]:
    told = {
        "role_sid": ask.sid("RoleSid", "RL"),
        "attributes": ask.json("Attributes"),
        "last_consumed_message_index": ask.number("LastConsumedMessageIndex"),
        "last_consumption_timestamp": ask.date("LastConsumptionTimestamp"),
        "created": ask.date("DateCreated"),
        "updated": ask.date("DateUpdated"),
    }
    return known(told)


def _message(request: web.Request) -> Message:
    message = request.app[ACCOUNT].tables.messages[the_channel(request).sid].get(request.match_info["message"])
    if message is None:
        raise Unknown(request.path)
    return message


def _member(request: web.Request) -> Member:
    member = member_of(request.app[ACCOUNT], the_channel(request).sid, request.match_info["member"])
    if member is None:
        raise Unknown(request.path)
    return member
