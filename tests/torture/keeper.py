"""Keeps the node: starts it, kills it, stops it, watches it die."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.servers.ports import free_port
from tests.torture.flexland import SEED
from tests.torture.node import Spec
from tests.torture.planted import TOKEN_KEY

START_SECONDS = 60.0
"""How long a node may take to listen before the harness gives up: the machine may be busy."""


BACK_ENDS: dict[str, dict[str, Any]] = {
    "programmable_chat": {"flex_flow_sid": SEED.flow_sid},
    # Twilio tries a conversation's webhooks once, so what a node misses while it is down is found by looking.
    "conversations": {
        "backend": "conversations",
        "flex_studio_flow_sid": SEED.studio_flow_sid,
        "look_back_seconds": 2,
    },
}
"""The settings of each back end."""


class Keeper:
    """One node at a time, on one port and one store."""

    def __init__(self, mother: asyncio.subprocess.Process, spec: Spec) -> None:
        self.spec = spec
        self._mother = mother
        self._pid: int | None = None
        self._ready = asyncio.Event()
        self._gone = asyncio.Event()
        self._gone.set()
        self._reader = asyncio.create_task(self._read())

    @property
    def url(self) -> str:
        """Where the node listens."""
        return f"http://127.0.0.1:{self.spec.port}"

    @property
    def pid(self) -> int | None:
        """The node's process."""
        return self._pid

    @property
    def alive(self) -> bool:
        """Whether the node is a process."""
        return not self._gone.is_set()

    async def start(self, **changed: Any) -> None:
        """Start the node, with these changes to its spec for this life; return when it listens, or has died."""
        assert self._mother.stdin is not None
        self._ready.clear()
        self._gone.clear()
        with suppress(ConnectionError):
            self._mother.stdin.write(replace(self.spec, **changed).as_line().encode())
        await self.comes_or_goes()

    async def comes_or_goes(self) -> None:
        """Wait until the node listens or is dead."""
        await _first(self._ready, self._gone, within=START_SECONDS)
        if self._mother.stdout is None or self._mother.stdout.at_eof():
            raise ChildProcessError("the node's program does not start: run `python -m tests.torture.node` to see why")

    async def kill(self) -> None:
        """End the node as a power cut would."""
        self._signal(signal.SIGKILL)
        await asyncio.wait_for(self._gone.wait(), START_SECONDS)

    async def stop(self, *, within: float = 30.0) -> float:
        """Ask the node to stop; how many seconds it took. One that does not is killed."""
        started = time.monotonic()
        self._signal(signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._gone.wait(), within)
        took = time.monotonic() - started
        if self.alive:
            await self.kill()
        return took

    async def dies(self, *, within: float) -> bool:
        """Wait for the node to die by itself; whether it did."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._gone.wait(), within)
        return not self.alive

    async def state(self) -> dict[str, float]:
        """How many sockets and tasks the node has."""
        return await self.tell()

    async def tell(self, **control: Any) -> dict[str, float]:
        """Change the node's disk; its state, and until when its disk stalls (this machine's monotonic clock)."""
        reader, writer = await asyncio.open_unix_connection(Path(self.spec.folder) / "control.sock")
        writer.write((json.dumps(control) + "\n").encode())
        state: dict[str, float] = json.loads(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return state

    @property
    def log(self) -> str:
        """All that the nodes of this run have logged."""
        file = Path(self.spec.folder) / "node.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def faults_in_log(self) -> list[str]:
        """What the node did not foresee."""
        return [line for line in self.log.splitlines() if "unforeseen" in line or "Traceback" in line]

    async def close(self) -> None:
        """End the node and its mother."""
        if self.alive:
            await self.kill()
        with suppress(ProcessLookupError):
            self._mother.kill()
        await self._mother.wait()
        await asyncio.gather(self._reader, return_exceptions=True)

    def _signal(self, number: signal.Signals) -> None:
        if self._pid is not None and self.alive:
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)

    async def _read(self) -> None:
        assert self._mother.stdout is not None
        while line := await self._mother.stdout.readline():
            told = json.loads(line)
            if "started" in told:
                self._pid = told["started"]
            elif "ready" in told:
                self._ready.set()
            elif "gone" in told:
                self._pid = None
                self._gone.set()
        self._pid = None
        self._gone.set()


@asynccontextmanager
async def open_keeper(folder: Path, *, twilio_url: str, **changed: Any) -> AsyncIterator[Keeper]:
    """A keeper with its mother process, and no node yet; `changed` are changes to the spec."""
    port = free_port()
    settings = {
        "public_url": f"http://127.0.0.1:{port}",
        "twilio_account_sid": SEED.account_sid,
        "twilio_auth_token": SEED.auth_token,
        "flex_chat_service_sid": SEED.chat_service_sid,
        "flex_workspace_sid": SEED.workspace_sid,
        "token_keys": TOKEN_KEY,
        "database_url": f"sqlite:///{folder / 'relay.db'}",
        "twilio_api_url": twilio_url,
        "sockets_per_address": 100_000,  # all visitors of a run come from one address
        "most_sockets": 100_000,
        **changed.pop("settings", {}),
    }
    spec = Spec(port=port, folder=str(folder), settings=settings, **changed)
    mother = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.torture.node",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    keeper = Keeper(mother, spec)
    try:
        yield keeper
    finally:
        await keeper.close()


async def _first(*events: asyncio.Event, within: float) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        done, _ = await asyncio.wait(waits, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            raise TimeoutError("the node neither listened nor died")
    finally:
        for wait in waits:
            wait.cancel()
