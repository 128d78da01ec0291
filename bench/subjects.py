"""What is measured: started on loopback, on the server's core, and stopped."""

import asyncio
import os
import secrets
import signal
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bench.cores import cpu_seconds, memory_bytes, take_load_core, take_server_core
from middleware.store.sqlite import SqliteStore

ROOT = Path(__file__).parents[1]
SERVERS = Path(__file__).parent / "servers"

ACCOUNT = "AC" + "0" * 32
AUTH_TOKEN = "a token for the bench"  # noqa: S105 — there is no such account
SERVICE = "IS" + "0" * 32

_START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Subject:
    """A running server. `born` is when it was started, on `time.perf_counter`."""

    name: str
    port: int
    process: asyncio.subprocess.Process
    born: float

    @property
    def cpu(self) -> float:
        """CPU seconds so far."""
        return cpu_seconds(self.process.pid)

    @property
    def memory(self) -> int:
        """Resident bytes now."""
        return memory_bytes(self.process.pid)


Opened: TypeAlias = AbstractAsyncContextManager[Subject]


def echo(flavour: str) -> Opened:
    """Bare python-socketio: `default`, or `tuned` as far as its own settings go."""
    return _served(f"python-socketio echo, {flavour}", [sys.executable, SERVERS / "echo.py", flavour])


def node_echo() -> Opened:
    """Node's socket.io, bare."""
    return _served("Node socket.io echo", ["node", SERVERS / "node" / "echo.mjs"])


@asynccontextmanager
async def tutorial() -> AsyncIterator[Subject]:
    """What a reader of the article would write, in Node."""
    async with _twilio() as twilio:
        env = {"TWILIO": f"http://127.0.0.1:{twilio}", "ACCOUNT": ACCOUNT, "TOKEN": AUTH_TOKEN, "SERVICE": SERVICE}
        async with _served("tutorial in Node", ["node", SERVERS / "node" / "tutorial.mjs"], env=env) as subject:
            yield subject


@asynccontextmanager
async def relay(*, stored: int = 0) -> AsyncIterator[Subject]:
    """The relay, with the settings users get; its store may already hold messages of earlier chats."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=_disk())))
        twilio = await stack.enter_async_context(_twilio())
        database = folder / "relay.db"
        if stored:
            await _fill(database, stored)
        port = _free_port()
        subject = await stack.enter_async_context(
            _served(
                "relay",
                [sys.executable, "-m", "middleware", "serve"],
                port=port,
                env=_settings(port=port, twilio=twilio, database=database),
            )
        )
        yield subject


def _settings(*, port: int, twilio: int, database: Path) -> Mapping[str, str]:
    """What has no default, and a wall that lets one address ask without pause."""
    return {
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "FLEX_CHAT_SERVICE_SID": SERVICE,
        "FLEX_WORKSPACE_SID": "WS" + "0" * 32,
        "FLEX_FLOW_SID": "FO" + "0" * 32,
        "BACKEND": "programmable_chat",
        "TOKEN_KEYS": secrets.token_hex(32),
        "TWILIO_API_URL": f"http://127.0.0.1:{twilio}",
        "DATABASE_URL": f"sqlite:///{database}",
        "LOG_LEVEL": "WARNING",
        "SOCKETS_PER_ADDRESS": "1000000",
        "MOST_SOCKETS": "1000000",
        "FRAMES_PER_SECOND": "1000000",
    }


@asynccontextmanager
async def _twilio() -> AsyncIterator[int]:
    """The stub that stands for Twilio; on the load's core."""
    async with _served("stub", [sys.executable, SERVERS / "twilio.py"], core=take_load_core) as stub:
        yield stub.port


@asynccontextmanager
async def _served(
    name: str,
    command: list[str | Path],
    *,
    port: int | None = None,
    env: Mapping[str, str] | None = None,
    core: Callable[[], None] = take_server_core,
) -> AsyncIterator[Subject]:
    port = port or _free_port()
    born = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={**os.environ, **(env or {}), "PORT": str(port), "HOST": "127.0.0.1"},
        stdout=asyncio.subprocess.DEVNULL,
        preexec_fn=core,
    )
    try:
        await _listening(port, process)
        yield Subject(name, port, process, born)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def _listening(port: int, process: asyncio.subprocess.Process) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.005)
        else:
            writer.close()
            return
    raise RuntimeError(f"A server did not start on port {port}; what it said stands above.")


async def _fill(database: Path, messages: int) -> None:
    """Ended chats of a hundred messages each, written by the program's own migrations and then in bulk."""
    async with SqliteStore(database):
        pass
    with sqlite3.connect(database) as connection:
        chats = max(1, messages // 100)
        connection.execute(
            "INSERT INTO chat (id, visitor, opened_at, state, ended_by, ended_at, last_seq, next_index)"
            " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " SELECT 'old' || i, 'gone' || i, i, 'ended', 'flex', i, 100, 100 FROM n",
            (chats,),
        )
        connection.execute(
            "INSERT INTO message (id, chat, seq, author, text, at, status, asker, ask)"
            " WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " SELECT printf('%012x', i) || hex(randomblob(10)), i / 100 + 1, i % 100 + 1, 'visitor',"
            " printf('%060d', i), i, 'sent', 'gone' || (i / 100 + 1), hex(randomblob(16)) FROM n",
            (chats * 100 - 1,),
        )
    connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _disk() -> Path:
    """A folder on the checkout's disk: what lies in memory is not durable, and would flatter."""
    folder = ROOT / "data" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
