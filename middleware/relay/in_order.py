"""Applies what Flex has told to its chat, once and in the order of Flex's own index.

Webhooks, receipts of our own messages and Flex's message list all come through here, so whichever is first wins and
the others change nothing. An utterance that comes too early is held; the look back at Flex's list fills the hole. A
change that comes before its message is held until that takes its place.
"""

from collections.abc import Sequence
from functools import partial

from middleware.relay.applying import Applying, Fate, plain_draft, ref_of
from middleware.relay.model import (
    Chat,
    Delivery,
    Echoed,
    Event,
    FlexRef,
    Message,
    MessageSaid,
    MessageStatus,
    News,
    Receipt,
    Reworded,
    Said,
    StatusChanged,
    Withdrawn,
)
from middleware.relay.outbox import Onward, Sent
from middleware.relay.ports import Transaction
from middleware.relay.values import value

_APPLIED, _SENT = Fate.APPLIED, MessageStatus.SENT
"""Asked for each message; a class of choices looks each up anew."""


@value(frozen=True, slots=True)
class Accepted:
    """An event's fate, and the news it makes for the chat; `owing`: there may be something new to deliver."""

    fate: Fate
    chat: Chat | None = None
    news: tuple[News, ...] = ()
    owing: bool = False

    @classmethod
    def of(cls, fate: Fate, applying: Applying) -> "Accepted":
        """What has come of applying one event, or several."""
        return cls(fate, applying.chat, tuple(applying.news), applying.owing)


async def accept(tx: Transaction, event: Event, *, now: float) -> Accepted:
    """Remember and apply the event; one that outran its chat's opening is held, one of a strange chat is left."""
    chat = await tx.chat_at(event.ref)
    if chat is not None:
        applying = Applying(tx, chat, now=now)
        return Accepted.of(await applying.accept(event), applying)
    if not await tx.opens_owed():
        return Accepted(Fate.STRANGER)
    if not await tx.remember(event.key, ref=event.ref, at=now):
        return Accepted(Fate.REPEATED)
    await tx.hold(event)
    return Accepted(Fate.HELD)


async def accept_together(tx: Transaction, events: Sequence[Event], *, now: float) -> Sequence[Accepted]:
    """The same for several: what is said in its turn at once and first, if nothing else of its chat is before it."""
    first = {event.ref: event for event in reversed(events)}
    said = [event for event in first.values() if isinstance(event, Said)]
    heard = dict(zip(map(id, said), await tx.hear_plain(said, drafting=partial(plain_draft, now=now)), strict=True))
    return [
        await accept(tx, event, now=now)
        if (plain := heard.pop(id(event), None)) is None
        else Accepted(_APPLIED, plain.chat, (MessageSaid(plain.message),))
        for event in events
    ]


async def accept_receipt(tx: Transaction, delivery: Delivery, *, receipt: Receipt, now: float) -> Accepted:
    """Apply Flex's answer to a message of ours: the same as its echo, whichever comes first.

    It nearly always is the first and comes in its turn, so that way is short. The delivery itself is the caller's.
    """
    message = delivery.message
    turn = await tx.advance(delivery.chat.id, index=receipt.index)
    if turn is None or message is None:
        return Accepted(Fate.STRANGER)
    in_turn = turn.next_index == receipt.index + 1
    if in_turn and not turn.holds and await tx.set_sent(message, index=receipt.index):
        return Accepted(Fate.APPLIED, delivery.chat, _sent_news(message))
    chat = await tx.chat(delivery.chat.id)
    if chat is None:
        return Accepted(Fate.STRANGER)
    applying = Applying(tx, chat, now=now)
    fate = await applying.accept(Echoed(ref_of(chat), receipt.key, receipt.index, message.id))
    if in_turn and chat.holds:
        await applying.skip_to(chat.next_index)
    return Accepted.of(fate, applying)


async def settle_together(tx: Transaction, sent: Sequence[Sent], *, now: float) -> Sequence[tuple[Accepted, Onward]]:
    """Finish deliveries that Flex has taken: what came of each receipt, and what stands behind its delivery."""
    settled = await tx.settle_plain(sent, now=now)
    return [
        await _settle_at_length(tx, one, now=now)
        if onward is None
        else (Accepted(_APPLIED, one.delivery.chat, _sent_news(one.delivery.message)), onward)
        for one, onward in zip(sent, settled, strict=True)
    ]


async def _settle_at_length(tx: Transaction, sent: Sent, *, now: float) -> tuple[Accepted, Onward]:
    accepted = await accept_receipt(tx, sent.delivery, receipt=sent.receipt, now=now)
    if sent.until is not None:
        return accepted, await tx.finish_and_claim(sent.delivery, now=now, until=sent.until)
    await tx.finish(sent.delivery, now=now)
    return accepted, Onward(more=True)


def _sent_news(message: Message | None) -> tuple[News, ...]:
    """Flex has this message of ours."""
    return () if message is None else (StatusChanged(message.seq, _SENT, message.at, message.id),)


async def accept_held(tx: Transaction, ref: FlexRef, *, now: float) -> Accepted:
    """Apply what came for this address before it was known whose it is."""
    chat = await tx.chat_at(ref)
    if chat is None:
        return Accepted(Fate.STRANGER)
    applying = Applying(tx, chat, now=now)
    for event in sorted(await tx.take_held(ref), key=_is_no_change):
        await applying.apply(event)
    return Accepted.of(Fate.APPLIED, applying)


async def accept_history(tx: Transaction, before: Chat, *, events: list[Event], began: float, now: float) -> Accepted:
    """Apply Flex's own list, read since `began`, when the chat stood as `before`.

    A hole in the list itself is waited for no longer.
    """
    chat = await tx.chat(before.id)
    if chat is None:
        return Accepted(Fate.STRANGER)
    applying = Applying(tx, chat, now=now)
    for event in events:
        if isinstance(event, Said | Echoed):
            await applying.skip_to(event.index)
        if isinstance(event, Reworded):
            await applying.compare(event, began=began)
        else:
            await applying.accept(event)
    await applying.say_held(below=before.next_index)
    return Accepted.of(Fate.APPLIED, applying)


def _is_no_change(event: Event) -> bool:
    """To sort changes to the front: they are held until their message takes its place, which then is the newest."""
    return not isinstance(event, Reworded | Withdrawn)
