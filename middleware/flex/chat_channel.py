"""What both back ends do alike with a channel or conversation: hang webhooks, read messages, believe answers or not."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from middleware.flex import chat_events
from middleware.flex.rest import Rejected
from middleware.relay.errors import ChatGone, OutcomeUnknown
from middleware.relay.model import Chat, EventKey, FlexRef, Message, Receipt, Reworded, Uttered, Withdrawn

CLOSED = 50377
"""Closed is final, so nothing can be said there any more. https://www.twilio.com/docs/api/errors/50377"""

_CLOCKS_APART = 600.0
"""Seconds that Twilio's clock and ours may differ."""
_PAGE = 50
_VERIFIED = "verified"


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


@dataclass(frozen=True, slots=True)
class Listed:
    """A message in Twilio's list; `reworded` if it was changed since it was sent."""

    uttered: Uttered
    reworded: Reworded | None


async def messages_after(
    messages: Any, index: int, *, ref: FlexRef, read: Callable[[Any], Listed]
) -> list[Uttered | Reworded | Withdrawn]:
    """The messages above the index, in order. The list cannot start at an index, so it is read from its end.

    Its first page is read whole in any case, and so tells which of the newest messages were changed, below the index
    too, and which removed. What is missing above the index may only be on its way.
    """
    found: list[Listed] = []
    async for sent in await messages.stream_async(order="desc", page_size=_PAGE):
        found.append(read(sent))
        if len(found) >= _PAGE and found[-1].uttered.index <= index:
            break
    events: list[Uttered | Reworded | Withdrawn] = [one.uttered for one in found if one.uttered.index > index]
    events += [one.reworded for one in found if one.reworded is not None]
    events += [_hole(ref, at) for at in _holes([one.uttered.index for one in found[:_PAGE]]) if at <= index]
    return sorted(events, key=lambda event: event.index)


def reworded_in_list(uttered: Uttered, *, text: str, at: float) -> Reworded:
    """A message that the list shows as changed. Its key is never remembered: a list is compared, each time anew."""
    return Reworded(uttered.ref, EventKey(f"listed:{uttered.key}"), uttered.index, text, at)


def end_of_second(moment: datetime) -> float:
    """Lists tell time in whole seconds; a change in that second was made before its end."""
    return moment.timestamp() + 0.999


def _holes(indexes: list[int]) -> list[int]:
    """What is missing between the indexes of one page, the newest first: removed, for later messages are there.

    Between pages nothing is said to be missing: a message removed while they are read moves the others.
    """
    if not indexes:
        return []
    lowest = indexes[-1] if len(indexes) == _PAGE else max(0, indexes[-1] - _PAGE)
    return sorted(set(range(lowest, indexes[0])) - set(indexes))


def _hole(ref: FlexRef, index: int) -> Withdrawn:
    return Withdrawn(ref, EventKey(f"hole:{ref}:{index}"), index)


def about(chat: Chat) -> dict[str, Any]:
    """What agents can read of the visit; what was proved of it stands under `verified`, where no page can write."""
    told = {name: text for name, text in chat.context.items() if name != _VERIFIED}
    return {**told, **({_VERIFIED: dict(chat.verified)} if chat.verified else {})}


@contextmanager
def channel_may_be_gone() -> Iterator[None]:
    """A channel that Twilio does not find, or has closed for good, is `ChatGone`."""
    try:
        yield
    except Rejected as error:
        demand_channel(error)
        raise


def demand_channel(error: Rejected) -> None:
    """Raises `ChatGone` if it says that the channel is."""
    if error.status == 404 or error.code == CLOSED:
        raise ChatGone(str(error)) from error


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
