"""A Flex in memory: takes what is sent, and fails as it is told."""

import asyncio
from collections import defaultdict, deque
from dataclasses import replace
from math import floor

from middleware.relay.errors import BadWebhook
from middleware.relay.model import (
    Author,
    Chat,
    Echoed,
    Event,
    EventKey,
    FlexRef,
    Message,
    MessageId,
    Receipt,
    Reworded,
    Said,
    Uttered,
    Withdrawn,
)
from middleware.relay.ports import WebhookRequest


class FakeFlex:
    """Holds, for each address, the utterances in their order; `None` is one that was deleted.

    `before` and `after` hold errors that the next calls raise: before anything is taken, or after it was. While `gate`
    is closed, no message is taken.
    """

    def __init__(self) -> None:
        self.lists: dict[FlexRef, list[Uttered | None]] = defaultdict(list)
        self.rewordings: dict[FlexRef, dict[int, Reworded]] = defaultdict(dict)
        self.ended: list[FlexRef] = []
        self.calls: list[str] = []
        self.names: dict[str, str] = {}
        self.extra: dict[FlexRef, list[Event]] = defaultdict(list)
        self.before: deque[Exception] = deque()
        self.after: deque[Exception] = deque()
        self.gate = asyncio.Event()
        self.gate.set()

    async def open(self, chat: Chat) -> FlexRef:
        """One address for each chat, however often asked."""
        self._enter("open")
        ref = FlexRef(f"ref-{chat.id}")
        self.lists[ref]
        self._leave()
        return ref

    async def say(self, ref: FlexRef, message: Message) -> Receipt:
        """Take the message."""
        self._enter("say")
        await self.gate.wait()
        index = len(self.lists[ref])
        key = EventKey(f"message:{ref}:{index}")
        self.lists[ref].append(Echoed(ref, key, index, message.id))
        self._leave()
        return Receipt(key, index)

    async def end(self, ref: FlexRef) -> None:
        """End the chat."""
        self._enter("end")
        if ref not in self.ended:
            self.ended.append(ref)
        self._leave()

    async def history(self, ref: FlexRef, *, after_index: int) -> list[Event]:
        """Everything above the index, what was changed or removed meanwhile, and what else is true."""
        self._enter("history")
        there = [event for event in self.lists[ref] if event is not None]
        events: list[Event] = []
        for index, uttered in enumerate(self.lists[ref][: there[-1].index + 1] if there else []):
            if uttered is not None and index > after_index:
                events.append(uttered)
            if uttered is None and index <= after_index:
                events.append(Withdrawn(ref, EventKey(f"hole:{ref}:{index}"), index))
            if uttered is not None and index in self.rewordings[ref]:
                events.append(self.rewordings[ref][index])
        return events + self.extra[ref]

    async def find_sent(self, ref: FlexRef, message: Message) -> Receipt | None:
        """Look for the message."""
        self._enter("find_sent")
        for event in self.lists[ref]:
            if isinstance(event, Echoed) and event.message == message.id:
                return Receipt(event.key, event.index)
        return None

    async def agent_name(self, agent: str) -> str | None:
        """The name, if it is known."""
        self._enter("agent_name")
        return self.names.get(agent)

    def read_webhook(self, request: WebhookRequest) -> Event | None:
        """It has no webhooks."""
        raise BadWebhook(request.path_qs)

    def speak(self, ref: FlexRef, text: str, *, author: Author = Author.AGENT, who: str = "alex") -> Said:
        """An agent says something; the event that a webhook would tell."""
        index = len(self.lists[ref])
        event = Said(ref, EventKey(f"message:{ref}:{index}"), index, author, who, text)
        self.lists[ref].append(event)
        return event

    def reword(self, ref: FlexRef, index: int, text: str, *, at: float) -> Reworded:
        """Somebody changes a message; the event that a webhook would tell. The list tells the second only."""
        uttered = self.lists[ref][index]
        assert uttered is not None
        listed = Reworded(ref, EventKey(f"listed:{uttered.key}"), index, text, at=floor(at) + 0.999)
        self.rewordings[ref][index] = listed
        if isinstance(uttered, Said):
            self.lists[ref][index] = replace(uttered, text=text, worded_at=listed.at or 0.0)
        ours = uttered.message if isinstance(uttered, Echoed) else None
        return Reworded(ref, EventKey(f"reworded:{uttered.key}:{at}:{text}"), index, text, at=at, ours=ours)

    def withdraw(self, ref: FlexRef, index: int) -> Withdrawn:
        """Somebody removes a message; the event that a webhook would tell."""
        uttered, self.lists[ref][index] = self.lists[ref][index], None
        assert uttered is not None
        ours = uttered.message if isinstance(uttered, Echoed) else None
        return Withdrawn(ref, EventKey(f"withdrawn:{uttered.key}"), index, ours=ours)

    def sent(self, ref: FlexRef) -> list[MessageId]:
        """The visitor's messages, in Flex's order."""
        return [event.message for event in self.lists[ref] if isinstance(event, Echoed)]

    def _enter(self, call: str) -> None:
        self.calls.append(call)
        if self.before:
            raise self.before.popleft()

    def _leave(self) -> None:
        if self.after:
            raise self.after.popleft()
