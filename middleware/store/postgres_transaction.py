"""What can be written to PostgreSQL, beside other nodes."""

from collections.abc import Collection

from middleware.relay.model import (
    Agent,
    AskId,
    Chat,
    ChatId,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Draft,
    Ender,
    FlexRef,
    Message,
    MessageId,
    MessageStatus,
    VisitorId,
)
from middleware.relay.ports import Turn
from middleware.store import postgres_sql
from middleware.store.reading import Statements
from middleware.store.rows import to_delivery
from middleware.store.transaction import SqlTransaction


class PostgresTransaction(SqlTransaction):
    """The `Transaction` of one unit. It holds each chat it looks at or writes to, and notes which of them have news."""

    def __init__(self, statements: Statements, *, node: str) -> None:
        super().__init__(statements)
        self._node = node
        self._held: set[ChatId] = set()
        self.news: set[ChatId] = set()

    async def chat(self, chat: ChatId) -> Chat | None:
        """The chat of this id, held."""
        return self._hold(await super().chat(chat))

    async def chat_at(self, ref: FlexRef) -> Chat | None:
        """The chat with this address at Flex, held; if there is none, there will be none before the commit."""
        found = await super().chat_at(ref)
        if found is None:
            await self._rows(postgres_sql.HOLD_REF, (ref,))
            found = await super().chat_at(ref)
        return self._hold(found)

    async def last_chat_of(self, visitor: VisitorId) -> Chat | None:
        """The visitor's newest chat, held."""
        return self._hold(await super().last_chat_of(visitor))

    async def chat_for_ask(self, visitor: VisitorId, *, ask: AskId) -> tuple[Chat | None, bool]:
        """The visitor's newest chat, held, and whether this ask has already made a message."""
        chat, known = await super().chat_for_ask(visitor, ask=ask)
        return self._hold(chat), known

    async def add_chat(self, chat: Chat) -> None:
        """Write a new chat."""
        await super().add_chat(chat)
        self._held.add(chat.id)
        self.news.add(chat.id)

    async def add_message(self, draft: Draft) -> Message:
        """Give the draft an id and the chat's next `seq`, and write it; the chat is held."""
        message = await super().add_message(draft)
        self._held.add(draft.chat)
        self.news.add(draft.chat)
        return message

    async def set_status(self, message: MessageId, status: MessageStatus) -> Message | None:
        """Change how far a message has come."""
        changed = await super().set_status(message, status)
        if changed is not None:
            self.news.add(changed.chat)
        return changed

    async def advance(self, chat: ChatId, *, index: int) -> Turn | None:
        """Move the next Flex index on, and hold the chat."""
        turn = await super().advance(chat, index=index)
        if turn is not None:
            self._held.add(chat)
        return turn

    async def set_sent(self, message: Message, *, index: int) -> bool:
        """Write that Flex has the message."""
        sent = await super().set_sent(message, index=index)
        if sent:
            self.news.add(message.chat)
        return sent

    async def rewrite(self, message: Message) -> None:
        """Write the message's text, what was done to it, and its place at Flex."""
        await super().rewrite(message)
        self.news.add(message.chat)

    async def set_ref(self, chat: ChatId, ref: FlexRef) -> None:
        """Write the chat's address at Flex, behind whoever just found that no chat has it."""
        await self._rows(postgres_sql.HOLD_REF, (ref,))
        await super().set_ref(chat, ref)

    async def set_agent(self, chat: ChatId, agent: Agent | None) -> None:
        """Write who is in the chat."""
        await super().set_agent(chat, agent)
        self.news.add(chat)

    async def end_chat(self, chat: ChatId, *, by: Ender, at: float) -> bool:
        """Mark the chat ended."""
        ended = await super().end_chat(chat, by=by, at=at)
        if ended:
            self.news.add(chat)
        return ended

    # --- outbox

    async def _owe(
        self, chat: ChatId, kind: DeliveryKind, *, due: float, until: float | None, message: MessageId | None
    ) -> tuple[int, bool] | None:
        """Behind the others of its chat, none of which can be finished meanwhile."""
        await self._hold_chat(chat)
        row = await self._first(postgres_sql.OWE, (chat, kind.value, message, due, until, self._node))
        return None if row is None else (row[0], bool(row[1]))

    async def claim(self, *, now: float, until: float, limit: int) -> list[Delivery]:
        """Lease the due heads of at most `limit` chats that no other node is just claiming."""
        rows = await self._rows(postgres_sql.CLAIM, (now, until, limit, self._node))
        return [to_delivery(row) for row in rows]

    async def _claim_of(self, chat: int, *, now: float, until: float) -> list[Delivery]:
        rows = await self._rows(postgres_sql.CLAIM_OF, (now, until, 1, self._node, chat))
        return [to_delivery(row) for row in rows]

    async def give_back_behind(self, claimed: Delivery, *, due: float, but: Collection[DeliveryId] = ()) -> None:
        """Give back what this node has claimed of the chat behind this delivery, but for these."""
        await self._hold_chat(claimed.chat.id)
        await self._count(postgres_sql.GIVE_BACK_BEHIND, (claimed.chat.id, claimed.id, due, self._node, [*but]))

    async def bury(self, claimed: Delivery, *, reason: str, now: float) -> bool:
        """Give the delivery up, unless somebody has just finished it."""
        await self._hold_chat(claimed.chat.id)
        return await super().bury(claimed, reason=reason, now=now)

    async def owed_to(self, chat: ChatId) -> list[Delivery]:
        """Every unfinished delivery of the chat; none comes or goes before the commit."""
        await self._hold_chat(chat)
        return await super().owed_to(chat)

    async def release_claims(self, *, now: float, but: Collection[DeliveryId] = ()) -> int:
        """Make every claim of this node, but for these, due now and unsure. How many."""
        return await self.release_claims_of(self._node, now=now, but=but)

    async def release_claims_of(self, node: str, *, now: float, but: Collection[DeliveryId] = ()) -> int:
        """The same for another node."""
        return await self._count(postgres_sql.RELEASE_CLAIMS, (now, node, [*but]))

    async def call(self, channel: str) -> None:
        """Wake whoever listens there, at the commit."""
        await self._rows(postgres_sql.CALL, (channel,))

    def _hold(self, chat: Chat | None) -> Chat | None:
        if chat is not None:
            self._held.add(chat.id)
        return chat

    async def _hold_chat(self, chat: ChatId) -> None:
        """A statement of its own: the next one then sees all that was committed before."""
        if chat not in self._held:
            await self._rows(postgres_sql.HOLD_CHAT, (chat,))
            self._held.add(chat)
