"""conversations.twilio.com/v1: messages and participants."""

from dataclasses import replace
from typing import Any

from aiohttp import web

from middleware.simulator.answers import created, found, gone, listed
from middleware.simulator.api_chat_messages import Order
from middleware.simulator.api_conversations import (
    LONGEST_NAME,
    MOST_OF_PART,
    routes_under,
    the_conversation,
    told_attributes,
)
from middleware.simulator.asks import Ask, actor, known, posted, queried
from middleware.simulator.conversations import (
    add_participant,
    change_participant,
    open_conversation,
    participant_of,
    remove_participant,
)
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns import Media, Message
from middleware.simulator.nouns_conversations import Participant
from middleware.simulator.refusals import Malformed, Unknown
from middleware.simulator.shapes_conversations import conversation_shapes
from middleware.simulator.utterances import add_utterance, change_utterance, remove_utterance


def utterance_routes() -> list[web.RouteDef]:
    """The routes of messages and of participants."""
    whole = "/Conversations/{conversation}"
    return routes_under(
        ("GET", whole + "/Messages", list_messages),
        ("POST", whole + "/Messages", create_message),
        ("GET", whole + "/Messages/{message}", fetch_message),
        ("POST", whole + "/Messages/{message}", update_message),
        ("DELETE", whole + "/Messages/{message}", delete_message),
        ("GET", whole + "/Participants", list_participants),
        ("POST", whole + "/Participants", create_participant),
        ("GET", whole + "/Participants/{participant}", fetch_participant),
        ("POST", whole + "/Participants/{participant}", update_participant),
        ("DELETE", whole + "/Participants/{participant}", delete_participant),
    )


async def list_messages(request: web.Request) -> web.Response:
    """List a conversation's messages, from either end."""
    order = queried(request).choice("Order", Order) or Order.ASC
    messages = list(request.app[ACCOUNT].tables.messages[the_conversation(request).sid].values())
    ordered = messages if order is Order.ASC else messages[::-1]
    return listed(request, "messages", ordered, shape=conversation_shapes(request).message, most=100)


async def create_message(request: web.Request) -> web.Response:
    """Say something; the author need not take part."""
    ask = await posted(request)
    if "ContentSid" in ask:
        raise Malformed("Parameter ContentSid is not simulated: send Body or MediaSid")
    sid = ask.sid("MediaSid", "ME")
    media = request.app[ACCOUNT].tables.media.get(sid, Media(sid=sid)) if sid else None
    message = Message(channel_sid=the_conversation(request).sid, media=media, **_told_message(ask))
    said = add_utterance(request.app[ACCOUNT], message, by=actor(request))
    return created(conversation_shapes(request).message(said))


async def fetch_message(request: web.Request) -> web.Response:
    """Show a message."""
    return found(conversation_shapes(request).message(_message(request)))


async def update_message(request: web.Request) -> web.Response:
    """Change a message."""
    message = replace(_message(request), **_told_message(await posted(request)))
    changed = change_utterance(request.app[ACCOUNT], message, by=actor(request))
    return found(conversation_shapes(request).message(changed))


async def delete_message(request: web.Request) -> web.Response:
    """Take a message out."""
    remove_utterance(request.app[ACCOUNT], _message(request), by=actor(request))
    return gone()


async def list_participants(request: web.Request) -> web.Response:
    """List everybody who takes part."""
    there = list(request.app[ACCOUNT].tables.participants[the_conversation(request).sid].values())
    return listed(request, "participants", there, shape=conversation_shapes(request).participant, most=100)


async def create_participant(request: web.Request) -> web.Response:
    """Let somebody in, by identity; there are no other participants here than those of chat."""
    ask, account = await posted(request), request.app[ACCOUNT]
    ask.must("Identity")
    told = {"role_sid": account.seed.channel_role_sid, **_told_participant(ask)}
    identity = ask.text("Identity", most=LONGEST_NAME) or ""
    participant = Participant(conversation_sid=the_conversation(request).sid, identity=identity, **told)
    added = add_participant(account, participant, by=actor(request))
    return created(conversation_shapes(request).participant(added))


async def fetch_participant(request: web.Request) -> web.Response:
    """Show a participant, found by sid or identity."""
    return found(conversation_shapes(request).participant(_participant(request)))


async def update_participant(request: web.Request) -> web.Response:
    """Change a participant: attributes, role, how far they have read."""
    participant = replace(_participant(request), **_told_participant(await posted(request)))
    changed = change_participant(request.app[ACCOUNT], participant, by=actor(request))
    return found(conversation_shapes(request).participant(changed))


async def delete_participant(request: web.Request) -> web.Response:
    """Show somebody out."""
    participant = _participant(request)
    open_conversation(request.app[ACCOUNT], participant.conversation_sid)
    remove_participant(request.app[ACCOUNT], participant, by=actor(request))
    return gone()


def _told_message(ask: Ask) -> dict[str, Any]:
    told = {
        "sender": ask.text("Author", most=LONGEST_NAME) or None,
        "body": ask.text("Body"),
        "attributes": told_attributes(ask, most=MOST_OF_PART),
        "created": ask.date("DateCreated"),
        "updated": ask.date("DateUpdated"),
    }
    return known(told)


def _told_participant(ask: Ask) -> dict[str, Any]:
    told = {
        "role_sid": ask.sid("RoleSid", "RL"),
        "attributes": told_attributes(ask, most=MOST_OF_PART),
        "last_read_message_index": ask.number("LastReadMessageIndex"),
        "last_read_timestamp": ask.date("LastReadTimestamp"),
        "created": ask.date("DateCreated"),
        "updated": ask.date("DateUpdated"),
    }
    return known(told)


def _message(request: web.Request) -> Message:
    messages = request.app[ACCOUNT].tables.messages[the_conversation(request).sid]
    message = messages.get(request.match_info["message"])
    if message is None:
        raise Unknown(request.path)
    return message


def _participant(request: web.Request) -> Participant:
    key = request.match_info["participant"]
    participant = participant_of(request.app[ACCOUNT], the_conversation(request).sid, key)
    if participant is None:
        raise Unknown(request.path)
    return participant
