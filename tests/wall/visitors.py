"""Visitors and forgers as a state machine: whatever they claim, nobody hears a foreign word (T21).

Every text begins with its owner's tag, so a foreign word is known wherever it is heard.
"""

import base64
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import socketio
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from tests.journeys.page import Page
from tests.journeys.town import Town
from tests.waiting import until
from tests.wall.street import HANDSHAKE, Poller, websocket

positions = st.sampled_from([0, 1, 2, 7, 2**53])


class Street(Protocol):
    """Where the town is, and how to do something there."""

    town: Town

    def run(self, what: Coroutine[Any, Any, Any]) -> Any:
        """Do it on the town's loop."""


def visitors_on(street: Street) -> type["Visitors"]:
    """The machine, on this street."""
    return type("VisitorsHere", (Visitors,), {"street": street})


@dataclass(slots=True, eq=False)
class Visitor:
    """Somebody with a tag; what they hold, what was said to and by them, and every page of theirs."""

    tag: str
    token: str
    chat: str
    said: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    channel: str = ""

    def foreign_words(self) -> list[str]:
        """Whatever this visitor was told that is not theirs."""
        heard = [*self.told, *(payload for page in self.pages for _, payload in page.heard)]
        return [text for payload in heard for text in _texts(payload) if not text.startswith(f"{self.tag}:")]


def _texts(payload: Any) -> list[str]:
    """Every text in an answer or in news, of either namespace."""
    if isinstance(payload, dict):
        own = [payload["text"]] if isinstance(payload.get("text"), str) else []
        return own + [text for value in payload.values() for text in _texts(value)]
    if isinstance(payload, list):
        return [text for value in payload for text in _texts(value)]
    return [payload] if isinstance(payload, str) and ":" in payload and payload[:1] == "v" else []


def tampered(own: str, theirs: str) -> list[str]:
    """Tokens that name another visitor and were never issued."""
    head, _, seal = own.split(".")
    _, body, other_seal = theirs.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    return [f"{head}.{body}.{seal}", f"{none}.{body}.", f"{none}.{body}.{other_seal}", f"{head}.{body}.", body, ""]


class Visitors(RuleBasedStateMachine):
    """A few visitors who live, and who claim to be one another."""

    street: ClassVar[Street]
    people: Bundle[Visitor] = Bundle("people")

    def __init__(self) -> None:
        super().__init__()
        self.everybody: list[Visitor] = []

    @rule(target=people)
    def comes(self) -> Any:
        """Somebody new opens a chat and says a word."""
        return multiple(self.street.run(self._comes())) if len(self.everybody) < 5 else multiple()

    @rule(who=people, text=st.sampled_from(["hello", "one more", "v0:not mine"]))
    def says(self, who: Visitor, text: str) -> None:
        """And learns its place."""
        self.street.run(self._say(who, text))

    @rule(who=people, after=positions, namespace=st.sampled_from(["/", "/chat"]))
    def opens_another_page(self, who: Visitor, after: int, namespace: str) -> None:
        """As a second tab, or the same after a reload."""
        self.street.run(self._page(who, {"token": who.token, "chat": who.chat, "after": after}, namespace=namespace))

    @rule(who=people)
    def hears_an_agent(self, who: Visitor) -> None:
        """An agent answers this visitor."""
        self.street.run(self._agent(who))

    @rule(who=people, other=people, after=positions)
    def claims_a_foreign_chat(self, who: Visitor, other: Visitor, after: int) -> None:
        """In the greeting, and in an ask."""
        self.street.run(self._claim(who, other, after))

    @rule(who=people, other=people, way=st.integers(0, 5))
    def forges_a_token(self, who: Visitor, other: Visitor, way: int) -> None:
        """It is refused, or is nobody's."""
        self.street.run(self._forge(who, other, tampered(who.token, other.token)[way]))

    @rule(who=people, other=people)
    def says_with_a_foreign_ask_id(self, who: Visitor, other: Visitor) -> None:
        """Which would give back the other's message if it were looked for everywhere."""
        self.street.run(self._borrow(who, other))

    @rule(who=people, other=people, name=st.sampled_from(["connect", "disconnect", "join", "enter_room", "resume"]))
    def emits_what_is_not_theirs(self, who: Visitor, other: Visitor, name: str) -> None:
        """Reserved names, rooms by their ids, with the other's token in the payload."""
        self.street.run(self._emit(who, other, name))

    @rule(who=people, other=people)
    def speaks_for_a_foreign_socket(self, who: Visitor, other: Visitor) -> None:
        """By the public id of its namespace, which is not the secret one."""
        self.street.run(self._poll(who, other))

    @invariant()
    def nobody_hears_a_foreign_word(self) -> None:
        """The promise."""
        for visitor in self.everybody:
            assert [] == visitor.foreign_words()

    def teardown(self) -> None:
        """Everything said is heard by its owner, and still by nobody else."""
        self.street.run(self._end())

    async def _comes(self) -> Visitor:
        page = await Page(self.street.town.url).connect()
        tag = f"v{id(self)}-{len(self.everybody)}"
        answer = await page.grant("open", {"name": tag})
        who = Visitor(tag, answer["token"], answer["chat"]["id"], pages=[page])
        self.everybody.append(who)
        await self._say(who, "hello")
        return who

    async def _say(self, who: Visitor, text: str) -> None:
        words = f"{who.tag}:{text}"
        await who.pages[0].grant("say", {"ask_id": f"ask {len(who.said)}", "text": words})
        who.said.append(words)

    async def _agent(self, who: Visitor) -> None:
        town = self.street.town
        who.channel = who.channel or await town.accepted(name=who.tag)
        await town.agent_says(who.channel, f"{who.tag}:from an agent")
        who.said.append(f"{who.tag}:from an agent")

    async def _page(self, who: Visitor, auth: dict[str, Any], *, namespace: str = "/chat") -> Page | None:
        page = Page(self.street.town.url, namespace=namespace)
        who.pages.append(page)
        try:
            return await page.connect(auth)
        except socketio.exceptions.ConnectionError:
            return None

    async def _claim(self, who: Visitor, other: Visitor, after: int) -> None:
        page = await self._page(who, {"token": who.token, "chat": other.chat, "after": after})
        assert page is not None
        who.told.append(await page.ask("resume", {"chat": other.chat, "after": after}))
        who.told.append(await page.ask("open", {"chat": other.chat, "token": other.token}))

    async def _forge(self, who: Visitor, other: Visitor, token: str) -> None:
        page = await self._page(who, {"token": token, "chat": other.chat, "after": 0})
        assert page is None or who is other

    async def _borrow(self, who: Visitor, other: Visitor) -> None:
        words = f"{who.tag}:borrowed {len(who.said)}"
        ask = f"{other.chat} {len(who.said)}"
        await other.pages[0].grant("say", {"ask_id": ask, "text": f"{other.tag}:lent {ask}"})
        other.said.append(f"{other.tag}:lent {ask}")
        if who is not other:
            answer = await who.pages[0].grant("say", {"ask_id": ask, "text": words})
            assert who.chat == answer["chat"]
            who.said.append(words)

    async def _emit(self, who: Visitor, other: Visitor, name: str) -> None:
        raw = await websocket(self.street.town.http, self.street.town.url)
        await raw.join({"token": who.token})
        claim = {"token": other.token, "chat": other.chat, "room": other.chat, "after": 0}
        await raw.send("42/chat," + json.dumps([name, claim, {"token": other.token}]))
        who.told.append(await raw.ask(name, claim))
        who.told.append(await raw.ask("resume", {"chat": other.chat, "after": 0}))
        await raw.websocket.close()

    async def _poll(self, who: Visitor, other: Visitor) -> None:
        town, public = self.street.town, other.pages[0]._socket.get_sid("/chat")
        stranger = Poller(town.http, town.url, sid=str(public))
        assert 400 == (await stranger.get())[0]
        assert 400 == (await stranger.post('42/chat,1["resume",{"after":0}]'))[0]
        async with town.http.get(f"{town.url}{HANDSHAKE}polling&sid={who.chat}") as answer:
            who.told.append(await answer.text())

    async def _end(self) -> None:
        for who in self.everybody:
            await until(lambda who=who: self._all_heard(who), what="every word at its owner's")
        self.nobody_hears_a_foreign_word()
        for who in self.everybody:
            for page in who.pages:
                await page.close()

    async def _all_heard(self, who: Visitor) -> bool:
        answer = await who.pages[0].grant("resume", {"chat": who.chat, "after": 0})
        who.told.append(answer)
        return set(who.said) <= {message["text"] for message in answer["messages"]}
