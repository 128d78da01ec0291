"""A story in both namespaces: what goes over the sockets is as docs/asyncapi.yaml says, and all of it comes up."""

from typing import Any

import pytest
import socketio

from tests.house.asyncapi import DOCUMENT, answers, events, found, wrong
from tests.journeys.page import Page
from tests.journeys.town import Town
from tests.waiting import until


class Reader:
    """Reads what goes over a page's socket against the page, and notes which of its messages came up."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._pages: list[tuple[str, Page]] = []

    async def page(self, town: Town, namespace: str, auth: dict[str, object] | None = None) -> Page:
        """A page that connects with this."""
        self._note("auth", events(namespace, "receive")["auth"], auth or {})
        page = await town.page(auth, namespace=namespace)
        self._pages.append((namespace, page))
        return page

    async def ask(self, page: Page, name: str, payload: object = None, *, right: bool = True) -> Any:
        """Ask; the answer must be one that is described."""
        namespace = next(space for space, one in self._pages if one is page)
        if right:
            self._note(name, events(namespace, "receive")[name], payload if payload is not None else {})
        answer = await page.ask(name, payload)
        fitting = [message for message in answers(namespace, name) if not wrong(message, answer)]
        assert 1 == len(fitting), (name, answer)
        self.seen.add(self._key(fitting[0]))
        return answer

    def heard(self) -> None:
        """All that every page was told."""
        for namespace, page in self._pages:
            for name, payload in page.heard:
                self._note(name, events(namespace, "send")[name], payload)

    def refused(self, namespace: str, payload: Any) -> None:
        """A page was not let in."""
        listed = [found(ref["$ref"]) for ref in DOCUMENT["operations"]["connect"]["reply"]["messages"]]
        assert namespace in {"/", "/chat"}
        self._note("connect_error", listed[0], payload["data"])

    def _note(self, name: str, message: Any, payload: object) -> None:
        assert [] == wrong(message, payload), (name, payload)
        self.seen.add(self._key(message))

    @staticmethod
    def _key(message: Any) -> str:
        return next(str(key) for key, one in DOCUMENT["components"]["messages"].items() if one is message)


@pytest.fixture
def reader() -> Reader:
    """One for the whole story."""
    return Reader()


async def test_all_that_goes_over_the_sockets_is_described(town: Town, reader: Reader) -> None:
    """And nothing is described that never comes."""
    await _the_full_protocol(town, reader)
    await _five_lines(town, reader)
    await _nobody(town, reader)
    reader.heard()
    assert set(DOCUMENT["components"]["messages"]) == reader.seen


async def _the_full_protocol(town: Town, reader: Reader) -> None:
    page = await reader.page(town, "/chat")
    await reader.ask(page, "say", {"ask_id": "0", "text": "too early"})
    opened = await reader.ask(page, "open", {"name": "Ada", "context": {"page": "https://shop.example.com/"}})
    await reader.ask(page, "say", {"ask_id": "1", "text": "Hello"})
    await reader.ask(page, "say", {"text": 7}, right=False)
    channel = await town.accepted(name="Ada")
    for text in ("one", "two", "three"):
        await town.agent_says(channel, text)
    await page.hears("said", lambda news: news["message"]["text"] == "three")
    await town.agent_rewords(channel, 1, "One!")
    await page.hears("reworded")
    await town.agent_withdraws(channel, 2)
    await page.hears("withdrawn")
    back = await reader.page(town, "/chat", {"token": opened["token"], "chat": opened["chat"]["id"], "after": 2})
    await back.hears("opened")
    await reader.ask(back, "resume", {"chat": opened["chat"]["id"], "after": 0})
    await page.hears("agent", lambda news: (news["agent"] or {}).get("name"))
    await page.hears("status")
    await reader.ask(page, "end")
    await page.hears("ended")
    await reader.ask(page, "forget", {})


async def _five_lines(town: Town, reader: Reader) -> None:
    page = await reader.page(town, "/")
    await reader.ask(page, "chat message", "Hello from five lines")
    await reader.ask(page, "chat message", {"no": "text"}, right=False)
    await page.hears("chat problem")
    await page.hears("token")
    channel = await town.accepted()
    await town.agent_says(channel, "Hi")
    await until(lambda: "Hi" in page.told("chat message"), what="the agent's words")
    await town.agent_ends()
    await page.hears("chat ended")


async def _nobody(town: Town, reader: Reader) -> None:
    for namespace in ("/", "/chat"):
        page = Page(town.url, namespace=namespace)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await page.connect({"token": "forged"})
        await until(lambda page=page: page.refusal, what="the refusal")
        reader.refused(namespace, page.refusal)
