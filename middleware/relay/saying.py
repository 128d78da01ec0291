"""What visitors say, written: the plain cases many at once, the others one by one."""

from collections.abc import Sequence

from middleware.relay.errors import AlreadyEnded, AskRefused, NotOpen
from middleware.relay.model import (
    Author,
    Chat,
    ChatState,
    Delivery,
    DeliveryKind,
    Draft,
    Message,
    MessageStatus,
)
from middleware.relay.outbox import Saying, Words, Written
from middleware.relay.ports import Transaction

NOT_OPEN = "There is no chat yet: ask `open` first."


async def say_together(tx: Transaction, sayings: Sequence[Saying]) -> Sequence[Written]:
    """Write sayings and owe them to Flex: what came of each, in their order."""
    written = await tx.say_plain(sayings)
    return [
        await _AtLength(tx, saying).say() if plain is None else plain
        for saying, plain in zip(sayings, written, strict=True)
    ]


class _AtLength:
    """Says one by one, each looked at."""

    def __init__(self, tx: Transaction, saying: Saying) -> None:
        self._tx = tx
        self._saying = saying
        self._chat: Chat | None = None
        self._fresh: list[Message] = []
        self._claimed: Sequence[Delivery] = ()

    async def say(self) -> Written:
        """What came of it."""
        answers: list[Message | AskRefused] = []
        for words in self._saying.words:
            try:
                answers.append(await self._say(words))
            except AskRefused as refused:  # Before anything of it was written.
                answers.append(refused.with_traceback(None))
        return Written(self._chat, self._fresh, self._claimed, otherwise=answers)

    async def _say(self, words: Words) -> Message:
        tx, saying = self._tx, self._saying
        last, repeated = await tx.chat_for_ask(saying.visitor, ask=words.ask)
        over = last is not None and last.state is ChatState.ENDED  # perhaps meanwhile, behind the same ask
        known = await tx.message_of(saying.visitor, ask=words.ask) if repeated or over else None
        if known is not None:
            return known
        chat = _open_one(last)
        draft = Draft(chat.id, Author.VISITOR, words.text, at=saying.at, status=MessageStatus.SENDING, ask=words.ask)
        message = await tx.add_message(draft)
        self._chat = chat
        self._fresh.append(message)
        claimed = await tx.owe(chat.id, DeliveryKind.SAY, due=saying.at, until=saying.until, message=message.id)
        if claimed is not None:
            self._claimed = [Delivery(claimed, DeliveryKind.SAY, chat, message, attempts=1, unsure=False)]
        return message


def _open_one(chat: Chat | None) -> Chat:
    if chat is None:
        raise NotOpen(NOT_OPEN)
    if chat.state is ChatState.ENDED:
        raise AlreadyEnded("This chat is over: ask `open` for a new one, then say it again.")
    return chat
