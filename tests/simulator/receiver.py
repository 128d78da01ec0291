"""A webhook receiver that writes down what came, and answers as it is told."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from tests.waiting import DEADLINE


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook request as it came."""

    method: str
    path: str
    url: str
    raw: str
    fields: dict[str, str]
    headers: dict[str, str]


class Receiver:
    """Answers 200, or with the next of `answers`: a status, or "never" for no answer at all."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.answers: deque[int | str] = deque()
        self.address = ""
        self._arrived = asyncio.Event()

    async def receive(self, request: web.Request) -> web.Response:
        """Take a webhook in."""
        answer = self.answers.popleft() if self.answers else 200
        raw = await request.text()
        fields = request.query if request.method == "GET" else await request.post()
        self.deliveries.append(
            Delivery(
                method=request.method,
                path=request.path,
                url=self.address + request.raw_path,
                raw=raw,
                fields={name: str(value) for name, value in fields.items()},
                headers=dict(request.headers),
            )
        )
        self._arrived.set()
        if answer == "never":
            await asyncio.Event().wait()
        return web.Response(status=int(answer))

    async def until(self, condition: Callable[[list[Delivery]], bool]) -> list[Delivery]:
        """The deliveries, as soon as they satisfy the condition."""
        async with asyncio.timeout(DEADLINE):
            while not condition(self.deliveries):
                self._arrived.clear()
                await self._arrived.wait()
        return self.deliveries

    async def events(self, count: int) -> list[str]:
        """The types of the first `count` deliveries."""
        return [each.fields["EventType"] for each in await self.until(lambda all_: len(all_) >= count)]
