"""The demo as anybody starts it: a process that prints three addresses, until Ctrl-C."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import DEADLINE

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo."""

    page: str
    desk: str
    health: str
    process: asyncio.subprocess.Process

    async def stop(self) -> int:
        """Press Ctrl-C; gives the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(DEADLINE):
            return await self.process.wait()


@asynccontextmanager
async def running_demo(log: Path, *, backend: str) -> AsyncIterator[Demo]:
    """Start the demo on free ports; what it logs goes to the file."""
    ports = ("--port", "0", "--desk-port", "0", "--backend", backend)
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "middleware", "demo", *ports),
            cwd=_ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    try:
        async with asyncio.timeout(DEADLINE):
            page, desk, health = await _addresses(process, log)
        yield Demo(page, desk, health, process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _addresses(process: asyncio.subprocess.Process, log: Path) -> list[str]:
    found: list[str] = []
    while len(found) < 3:
        line = await process.stdout.readline() if process.stdout else b""
        if not line:
            raise RuntimeError(_last_words(log))
        found += re.findall(r"http://\S+", line.decode())
    return found


def _last_words(log: Path) -> str:
    return f"The demo ended before it had started:\n{log.read_text()}"
