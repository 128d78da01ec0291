"""Nodes as processes of their own, as a deployment runs them: beside one another, killed, stopped and started again."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.flex.twilio import Twilio, open_twilio
from tests.journeys.desk import Desk
from tests.journeys.page import Page
from tests.journeys.town import KEY, SEED
from tests.servers.ports import free_port
from tests.waiting import DEADLINE

ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Node:
    """One node: where it listens, and its process while there is one."""

    port: int
    environment: dict[str, str]
    log: Path
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it; return once it listens."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "middleware", "serve"),
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "PORT": str(self.port), **self.environment},
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        told = await asyncio.wait_for(self.process.stdout.readline(), DEADLINE * 3)
        assert told.startswith(b"Listening"), self.log.read_text()

    def signal(self, number: signal.Signals) -> None:
        """Send it this signal."""
        assert self.process is not None
        self.process.send_signal(number)

    async def ended(self) -> int:
        """Wait until it has ended; its code."""
        assert self.process is not None
        return await asyncio.wait_for(self.process.wait(), DEADLINE)

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
        if self.process is not None:
            await self.process.communicate()

    def said(self, words: str) -> list[dict[str, Any]]:
        """Lines of its log with these words."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if words in line]


@dataclass(slots=True)
class Houses(Desk):
    """Two nodes on one database: pages are on the first, Twilio calls the second."""

    first: Node
    second: Node
    http: aiohttp.ClientSession
    pages: AsyncExitStack

    async def page(self, node: Node, token: str | None = None) -> Page:
        """A page on this node, closed in the end."""
        page = await Page(node.url).connect({"token": token} if token else None)
        self.pages.push_async_callback(page.close)
        return page

    async def ready(self, node: Node) -> tuple[int, Any]:
        """What `/ready` says there."""
        async with self.http.get(f"{node.url}/ready") as answer:
            return answer.status, await answer.json()


def surroundings(twilio: Twilio, *, public_port: int) -> dict[str, str]:
    """What every node here is told: to listen on this machine alone, and where this pretend Twilio is."""
    return {
        "HOST": "127.0.0.1",
        "PUBLIC_URL": f"http://127.0.0.1:{public_port}",
        "TWILIO_ACCOUNT_SID": SEED.account_sid,
        "TWILIO_AUTH_TOKEN": SEED.auth_token,
        "FLEX_FLOW_SID": SEED.flow_sid,
        "FLEX_CHAT_SERVICE_SID": SEED.chat_service_sid,
        "FLEX_WORKSPACE_SID": SEED.workspace_sid,
        "TWILIO_API_URL": twilio.url,
    }


@asynccontextmanager
async def open_houses(folder: Path, database_url: str, **more: str) -> AsyncIterator[Houses]:
    """Two nodes, up; `more` is of their environment."""
    async with open_twilio() as twilio, aiohttp.ClientSession() as http, AsyncExitStack() as pages:
        ports = free_port(), free_port()
        environment = {
            **surroundings(twilio, public_port=ports[1]),
            "TOKEN_KEYS": KEY,
            "DATABASE_URL": database_url,
            "DATABASE_CONNECTIONS": "4",
            **more,
        }
        nodes = [
            Node(port, {**environment, "NODE": name}, folder / f"{name}.log")
            for name, port in zip(("first", "second"), ports, strict=True)
        ]
        try:
            await asyncio.gather(*(node.start() for node in nodes))
            yield Houses(twilio, nodes[0], nodes[1], http, pages)
        finally:
            await pages.aclose()
            await asyncio.gather(*(node.kill() for node in nodes))
