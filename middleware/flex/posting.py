"""Posts visitors' messages: the one call to Twilio that is made for every one of them.

The twilio package's resource layer takes more CPU for it than the whole way over the wire, so here the form is written
and the answer read by hand. What the package says of itself and of the account is still its own.
"""

import json
from urllib.parse import quote_plus

from aiohttp import encode_basic_auth
from twilio.rest import Client

from middleware.flex import chat_events
from middleware.flex.chat_channel import demand_channel, told_index, told_sid
from middleware.flex.form_text import form_text
from middleware.flex.lines import head_of
from middleware.flex.rest import Rejected, Transport
from middleware.relay.model import ChatId, FlexRef, Message, MessageId, Receipt


class Posting:
    """Posts to the channels or conversations under `url`; `author` is what their API calls the speaker.

    https://www.twilio.com/docs/chat/rest/message-resource and
    https://www.twilio.com/docs/conversations/api/conversation-message-resource
    """

    def __init__(self, client: Client, url: str, *, author: str) -> None:
        self._transport: Transport = client.http_client
        self._url = client.get_hostname(url)
        self._author = author
        self._head = head_of(
            {
                **client.get_headers("POST", {"X-Twilio-Webhook-Enabled": "true"}),
                "Authorization": encode_basic_auth(*client.auth),
            }
        )

    async def post(self, ref: FlexRef, message: Message) -> Receipt:
        """Post the message as the visitor, so that it fires webhooks and the flow's Studio step."""
        chat, id_ = _quoted_ids(message)
        form = f"{self._author}={_AUTHOR}{chat}&Body={form_text(message.text)}&Attributes={_BEFORE_ID}{id_}{_BEHIND_ID}"
        try:
            url = f"{self._url}/{ref}/Messages"
            _, _, sent = await self._transport.exchange("POST", url, data=form.encode(), head=self._head)
        except Rejected as error:
            demand_channel(error)
            raise
        return Receipt(chat_events.message_key(told_sid(sent.get("sid"))), told_index(sent.get("index")))


def _quoted_ids(message: Message) -> tuple[str, str]:
    """The chat's as it stands in a form, and the message's as it stands in JSON in a form."""
    chat, id_ = message.chat, message.id
    both = chat + id_
    plain = both.isascii() and both.isalnum()  # As all ids are.
    return (chat, id_) if plain else (quote_plus(chat), quote_plus(json.dumps(id_)[1:-1]))


# All but the ids is the same each time.
_AUTHOR = quote_plus(chat_events.identity(ChatId("")))
_ID = MessageId("@")
_BEFORE_ID, _BEHIND_ID = map(quote_plus, chat_events.attributes(_ID).split(_ID))
