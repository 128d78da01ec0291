"""What visitors say, written: the plain cases many at once, the others one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from middleware.relay.errors import AlreadyEnded, AskRefused, NotOpen
from middleware.relay.model import (
    Author,
    Chat,
    ChatState,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Draft,
    Message,
    MessageStatus,
)
from middleware.relay.outbox import Saying, Words
from middleware.relay.ports import Transaction

NOT_OPEN = "There is no chat yet: ask `open` first."


@dataclass(slots=True)
class Told:
    """What came of a saying: the answers, which of them are new, in which chat, and what was claimed, behind what."""

    answers: Sequence[Message | AskRefused]
    fresh: Sequence[Message]
    chat: Chat | None = None
    claimed: Sequence[Delivery] = ()
    behind: DeliveryId | None = None


async def say_together(tx: Transaction, sayings: Sequence[Saying]) -> Sequence[Told]:
    """Write sayings and owe them to Flex: what came of each, in their order."""
    written = await tx.say_plain(sayings)
    return [
        await _say_at_length(tx, saying)
        if plain is None
        else Told(plain.messages, plain.messages, plain.chat, plain.claimed, plain.behind)
        for saying, plain in zip(sayings, written, strict=True)
    ]


async def _say_at_length(tx: Transaction, saying: Saying) -> Told:
    """One by one, each looked at."""
    answers: list[Message | AskRefused] = []
    fresh: list[Message] = []
    said = Told(answers, fresh)
    for words in saying.words:
        try:
            answers.append(await _say(tx, saying, words, said=said, fresh=fresh))
        except AskRefused as refused:  # Before anything of it was written.
            answers.append(refused.with_traceback(None))
    return said


async def _say(tx: Transaction, saying: Saying, words: Words, *, said: Told, fresh: list[Message]) -> Message:
    last, repeated = await tx.chat_for_ask(saying.visitor, ask=words.ask)
    over = last is not None and last.state is ChatState.ENDED  # perhaps while this unit waited, behind the same ask
    known = await tx.message_of(saying.visitor, ask=words.ask) if repeated or over else None
    if known is not None:
        return known
    chat = _open_one(last)
    draft = Draft(chat.id, Author.VISITOR, words.text, at=saying.at, status=MessageStatus.SENDING, ask=words.ask)
    message = await tx.add_message(draft)
    said.chat = chat
    fresh.append(message)
    claimed = await tx.owe(chat.id, DeliveryKind.SAY, due=saying.at, until=saying.until, message=message.id)
    if claimed is not None:
        said.claimed = [Delivery(claimed, DeliveryKind.SAY, chat, message, attempts=1, unsure=False)]
    return message


def _open_one(chat: Chat | None) -> Chat:
    if chat is None:
        raise NotOpen(NOT_OPEN)
    if chat.state is ChatState.ENDED:
        raise AlreadyEnded("This chat is over: ask `open` for a new one, then say it again.")
    return chat
