"""The namespace `/`: strings each way, for a page with five lines of JavaScript."""

from functools import partial

from middleware.relay.errors import AlreadyEnded, NotOpen
from middleware.relay.from_visitor import About
from middleware.relay.model import AskId, Chat, ChatEnded, ChatState, Edited, Message, MessageSaid, News, new_id
from middleware.relay.outbox import Words
from middleware.relay.to_visitor import CatchUp
from middleware.web import wire
from middleware.web.bell import Ear
from middleware.web.lane import Ask
from middleware.web.sockets import Namespace, Teller, UnknownAsk, beside, payload_of

SAY = "chat message"
ENDED = "chat ended"
PROBLEM = "chat problem"
TOKEN = "token"  # noqa: S105 — the name of an event


class PlainNamespace(Namespace):
    """The tutorial's protocol: the first string opens the chat. What was said once cannot be taken back here."""

    tells_changes = False

    def teller(self, sid: str, tell: Teller) -> Teller:
        """What is not granted is told as an event too: such a page asks for no answer."""
        return partial(self._tell_aloud, sid, tell)

    async def ask(self, ear: Ear, ask: Ask) -> wire.Shape:
        """Say the string; there is no other ask."""
        if ask.name != SAY:
            raise UnknownAsk(f"There is only `{SAY}` here.")
        return wire.shape_said(await self._say(ear, wire.read_text(payload_of(ask))))

    def tell(self, ear: Ear, chat: Chat, news: News) -> None:
        """Texts, and the end."""
        match news:
            case MessageSaid():
                self._tell_text(ear, news.message)
            case ChatEnded():
                self.say(ear, ENDED)
            case _:
                return

    async def tell_all(self, ear: Ear, found: CatchUp) -> None:
        """The token that now stands for the one it came with, the texts as they are now, and the end."""
        token = None if found.more else await self.token_if_any(ear)
        if token is not None:
            self.say(ear, TOKEN, token)
        for message in found.messages:
            if message.edited is not Edited.WITHDRAWN:
                await self.room(ear)
                self._tell_text(ear, message)
        if found.chat.state is ChatState.ENDED and not found.more:
            self.say(ear, ENDED)

    async def _say(self, ear: Ear, text: str) -> Message:
        words = Words(AskId(new_id()), text)
        try:
            return await self.from_visitor.say(ear.visitor, words)
        except (NotOpen, AlreadyEnded):
            token = await self.reception.token(ear)
            ear.begin(await self.from_visitor.open(ear.visitor, beside(About(), ear)))
            self.say(ear, TOKEN, token)
            return await self.from_visitor.say(ear.visitor, words)

    def _tell_aloud(self, sid: str, tell: Teller, answer: wire.Shape) -> None:
        ear = None if answer["ok"] else self.ear_of(sid)
        if ear is not None:
            self.say(ear, PROBLEM, answer["error"])
        tell(answer)

    def _tell_text(self, ear: Ear, message: Message) -> None:
        self.say(ear, SAY, message.text)
