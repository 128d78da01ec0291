"""What both back ends do alike with a channel or conversation: hang webhooks, read messages, believe answers or not."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from middleware.flex import chat_events
from middleware.flex.rest import Rejected
from middleware.relay.errors import ChatGone, OutcomeUnknown
from middleware.relay.model import Message, Receipt, Uttered

CLOSED = 50377
"""Closed is final, so nothing can be said there any more. https://www.twilio.com/docs/api/errors/50377"""

_CLOCKS_APART = 600.0
"""Seconds that Twilio's clock and ours may differ."""
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook that every chat of ours has: where it leads here, and which events it asks for.

    Twilio allows five for each channel or conversation, a Studio flow's own among them.
    """

    path: str
    events: tuple[str, ...]


def missing(hooks: Iterable[Hook], hanging: Iterable[Any], *, public_url: str) -> list[tuple[str, Hook]]:
    """The hooks that do not hang there yet, by their addresses: `hanging` are Twilio's webhooks."""
    urls = {(webhook.configuration or {}).get("url") for webhook in hanging}
    wanted = [(public_url.rstrip("/") + hook.path, hook) for hook in hooks]
    return [(url, hook) for url, hook in wanted if url not in urls]


async def find_ours(messages: Any, message: Message) -> Receipt | None:
    """Look for our id, from the newest message back to before this one was written. `messages` is Twilio's list."""
    async for sent in await messages.stream_async(order="desc", page_size=_PAGE):
        if chat_events.parsed(sent.attributes).get(chat_events.OUR_ID) == message.id:
            return Receipt(chat_events.message_key(sent.sid), told_index(sent.index))
        if sent.date_created is not None and sent.date_created.timestamp() < message.at - _CLOCKS_APART:
            break
    return None


async def messages_after(messages: Any, index: int, *, read: Callable[[Any], Uttered]) -> list[Uttered]:
    """The messages above the index, in order. The list cannot start at an index, so it is read from its end."""
    found: list[Uttered] = []
    async for sent in await messages.stream_async(order="desc", page_size=_PAGE):
        if told_index(sent.index) <= index:
            break
        found.append(read(sent))
    return found[::-1]


@contextmanager
def channel_may_be_gone() -> Iterator[None]:
    """A channel that Twilio does not find, or has closed for good, is `ChatGone`."""
    try:
        yield
    except Rejected as error:
        if error.status == 404 or error.code == CLOSED:
            raise ChatGone(str(error)) from error
        raise


def told_sid(sid: object) -> str:
    """The sid in an answer. Raises `OutcomeUnknown` where there is none."""
    if not isinstance(sid, str) or not sid:
        raise OutcomeUnknown("Twilio's answer holds no sid")
    return sid


def told_index(index: object) -> int:
    """The message index in an answer. Raises `OutcomeUnknown` where there is none."""
    if not isinstance(index, int):
        raise OutcomeUnknown("Twilio's answer holds no index")
    return index
