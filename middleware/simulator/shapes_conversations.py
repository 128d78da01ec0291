"""Conversations' things as the REST API writes them."""

from typing import Any

from aiohttp import web

from middleware.simulator.account import Account
from middleware.simulator.answers import Shape, origin, rest_date
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns import Message, User, Webhook, WebhookKind
from middleware.simulator.nouns_conversations import Conversation, Participant, State
from middleware.simulator.utterances import author_sid


def conversation_shapes(request: web.Request) -> "ConversationShapes":
    """The shapes as this request's client should see them: with the service in them, if it is in the address."""
    return ConversationShapes(request.app[ACCOUNT], origin(request), scoped="service" in request.match_info)


class ConversationShapes:
    """Writes things with addresses that the client can follow."""

    def __init__(self, account: Account, origin: str, *, scoped: bool) -> None:
        self._account = account
        service = account.tables.service.sid
        self._here = f"{origin}/v1/Services/{service}" if scoped else f"{origin}/v1"
        self._account_sid = {"account_sid": account.seed.account_sid}
        self._whole = {**self._account_sid, "chat_service_sid": service}
        self._owner = self._whole if scoped else self._account_sid

    def conversation(self, talk: Conversation) -> Shape:
        """A conversation with its timers."""
        here = f"{self._here}/Conversations/{talk.sid}"
        return {
            **self._whole,
            "sid": talk.sid,
            "messaging_service_sid": None,
            "friendly_name": talk.friendly_name,
            "unique_name": talk.unique_name,
            "attributes": talk.attributes,
            "state": talk.state,
            "timers": timers(talk),
            "bindings": {},
            "date_created": rest_date(talk.created),
            "date_updated": rest_date(talk.updated),
            "url": here,
            "links": {part.lower(): f"{here}/{part}" for part in ("Participants", "Messages", "Webhooks")},
        }

    def message(self, message: Message) -> Shape:
        """A message; `media` lists its one file, if it has one."""
        here = f"{self._here}/Conversations/{message.channel_sid}/Messages/{message.sid}"
        return {
            **self._owner,
            "sid": message.sid,
            "conversation_sid": message.channel_sid,
            "index": message.index,
            "author": message.sender,
            "participant_sid": author_sid(self._account, message),
            "body": message.body or None if message.media else message.body,
            "media": _files(message),
            "attributes": message.attributes,
            "delivery": None,
            "content_sid": None,
            "date_created": rest_date(message.created),
            "date_updated": rest_date(message.updated),
            "url": here,
            "links": {"delivery_receipts": f"{here}/Receipts", "channel_metadata": f"{here}/ChannelMetadata"},
        }

    def participant(self, participant: Participant) -> Shape:
        """A participant and how far they have read."""
        return {
            **self._owner,
            "sid": participant.sid,
            "conversation_sid": participant.conversation_sid,
            "identity": participant.identity,
            "attributes": participant.attributes,
            "messaging_binding": None,
            "role_sid": participant.role_sid,
            "last_read_message_index": participant.last_read_message_index,
            "last_read_timestamp": rest_date(participant.last_read_timestamp),
            "date_created": rest_date(participant.created),
            "date_updated": rest_date(participant.updated),
            "url": f"{self._here}/Conversations/{participant.conversation_sid}/Participants/{participant.sid}",
        }

    def webhook(self, hook: Webhook) -> Shape:
        """A conversation's webhook; Studio's own shows its flow."""
        filters = {"filters": list(hook.filters)}
        configuration: Shape = {"url": hook.url, "method": hook.method.lower(), **filters}
        if hook.type is WebhookKind.TRIGGER:
            configuration["triggers"] = configuration.pop("filters")
        if hook.type is WebhookKind.STUDIO:
            configuration = {"flow_sid": hook.flow_sid, **filters}
        return {
            **self._owner,
            "sid": hook.sid,
            "conversation_sid": hook.channel_sid,
            "target": hook.type,
            "configuration": configuration,
            "date_created": rest_date(hook.created),
            "date_updated": rest_date(hook.updated),
            "url": f"{self._here}/Conversations/{hook.channel_sid}/Webhooks/{hook.sid}",
        }

    def user(self, user: User) -> Shape:
        """A user. Nobody relayed over REST is ever online."""
        here = f"{self._here}/Users/{user.sid}"
        return {
            **self._whole,
            "sid": user.sid,
            "identity": user.identity,
            "friendly_name": user.friendly_name,
            "attributes": user.attributes,
            "role_sid": user.role_sid,
            "is_online": None,
            "is_notifiable": None,
            "date_created": rest_date(user.created),
            "date_updated": rest_date(user.updated),
            "url": here,
            "links": {"user_conversations": f"{here}/Conversations"},
        }

    def place(self, participant: Participant) -> Shape:
        """A conversation as one of its participants has it."""
        tables = self._account.tables
        talk = tables.conversations[participant.conversation_sid]
        links = {
            "participant": f"{self._here}/Conversations/{talk.sid}/Participants/{participant.sid}",
            "conversation": f"{self._here}/Conversations/{talk.sid}",
        }
        return {
            **self._whole,
            "participant_sid": participant.sid,
            "participant_user_sid": tables.by_identity.get(participant.identity),
            "participant_identity": participant.identity,
            "participant_messaging_binding": None,
            "conversation_sid": talk.sid,
            "conversation_unique_name": talk.unique_name,
            "conversation_friendly_name": talk.friendly_name,
            "conversation_attributes": talk.attributes,
            "conversation_date_created": rest_date(talk.created),
            "conversation_date_updated": rest_date(talk.updated),
            "conversation_created_by": talk.created_by,
            "conversation_state": talk.state,
            "conversation_timers": timers(talk),
            "links": links,
        }


def timers(talk: Conversation) -> dict[str, Any]:
    """When a conversation will fall asleep and when it will close, if nothing stirs. Here it only says so."""
    sleeps = talk.inactive_after is not None and talk.state is State.ACTIVE
    closes = talk.closed_after is not None and talk.state in (State.ACTIVE, State.INACTIVE)
    found = {
        "date_inactive": rest_date(talk.stirred + talk.inactive_after) if sleeps and talk.inactive_after else None,
        "date_closed": rest_date(talk.stirred + talk.closed_after) if closes and talk.closed_after else None,
    }
    return {name: moment for name, moment in found.items() if moment}


def _files(message: Message) -> list[Shape] | None:
    media = message.media
    if media is None:
        return None
    return [{"sid": media.sid, "size": media.size, "content_type": media.content_type, "filename": media.filename}]
