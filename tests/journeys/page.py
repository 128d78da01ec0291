"""A visitor's page, without a browser: the Socket.IO client of python-socketio over a real connection."""

from collections.abc import Callable, Mapping
from typing import Any

import socketio

from tests.waiting import DEADLINE, until

Payload = Any


class Page:
    """One socket, and everything it was told, in order."""

    def __init__(self, url: str, *, namespace: str = "/chat") -> None:
        self._url = url
        self._namespace = namespace
        self._socket = socketio.AsyncClient(reconnection=False)
        self.heard: list[tuple[str, Payload]] = []
        self.refusal: Payload = None
        self._socket.on("*", self._hear, namespace=namespace)
        self._socket.on("connect_error", self._refused, namespace=namespace)

    async def connect(self, auth: Mapping[str, object] | None = None) -> "Page":
        """Connect, as the page of the visitor whose token it brings."""
        await self._socket.connect(
            self._url, auth=dict(auth or {}), namespaces=[self._namespace], transports=["websocket"]
        )
        return self

    async def close(self) -> None:
        """Close the socket."""
        await self._socket.disconnect()

    @property
    def connected(self) -> bool:
        """Whether its socket is."""
        return bool(self._socket.connected)

    async def ask(self, name: str, payload: object = None) -> Payload:
        """Ask, and wait for the answer."""
        return await self._socket.call(name, payload, namespace=self._namespace, timeout=DEADLINE)

    async def emit(self, name: str, payload: object = None) -> None:
        """Ask without wanting an answer."""
        await self._socket.emit(name, payload, namespace=self._namespace)

    async def grant(self, name: str, payload: object = None) -> Payload:
        """Ask for something that must be granted."""
        answer = await self.ask(name, payload)
        assert answer["ok"], answer
        return answer

    def told(self, name: str) -> list[Payload]:
        """Every piece of news of this name so far."""
        return [payload for heard, payload in self.heard if heard == name]

    async def hears(self, name: str, like: Callable[[Payload], object] = lambda _: True) -> Payload:
        """Wait for news of this name that looks like that."""
        matching = await until(
            lambda: [payload for payload in self.told(name) if like(payload)], what=f"the news `{name}`"
        )
        return matching[0]

    def texts(self) -> list[str]:
        """The texts said to this page, in order."""
        return [payload["message"]["text"] for payload in self.told("said")]

    def all_texts(self) -> list[str]:
        """The texts this page was told, as news or in a catch-up, in order."""
        messages: list[Payload] = []
        for name, payload in self.heard:
            if name == "opened":
                messages += payload["messages"]
            elif name == "said":
                messages.append(payload["message"])
        return [message["text"] for message in messages]

    async def _hear(self, name: str, payload: Payload = None) -> None:
        self.heard.append((name, payload))

    async def _refused(self, payload: Payload) -> None:
        self.refusal = payload
