"""A Redis server of the tests' own: on a free port, for this machine alone, with nothing on disk."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import free_port

START_SECONDS = 60.0
"""How long a server may take to answer before the tests give up: the machine may be busy."""

WHY_NOT = "No Redis server is installed: sudo apt-get install redis-server"


def program() -> Path | None:
    """The server's program."""
    found = shutil.which("redis-server")
    return None if found is None else Path(found)


class Redis:
    """One server; it can be killed, started again and paused."""

    def __init__(self, program: Path) -> None:
        self.port = free_port()
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and return once it answers."""
        given = {"--port": str(self.port), "--bind": "127.0.0.1", "--save": "", "--appendonly": "no"}
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "SIGKILL", self._program, *(part for pair in given.items() for part in pair)],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while self.ask("PING") != "+PONG":
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ChildProcessError("redis-server does not start")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_SECONDS)
            self._process = None

    def pause(self) -> None:
        """It neither answers nor breaks off."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """It does both again."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def ask(self, command: str) -> str | None:
        """The first line of its answer; None if it does not answer."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
                line.sendall(f"{command}\r\n".encode())
                return line.makefile().readline().strip()
        except OSError:
            return None


@contextmanager
def running(program: Path) -> Iterator[Redis]:
    """A server, gone with the block."""
    server = Redis(program)
    server.start()
    try:
        yield server
    finally:
        server.kill()
