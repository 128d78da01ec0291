"""A PostgreSQL server of the tests' own: in a folder that goes away, on a free port, for this machine alone."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import free_port

START_SECONDS = 120.0
"""How long a server may take to answer before the tests give up: the machine may be busy."""
OWNERS = ("postgres", "nobody")
"""Who may run it where the tests are root, whom PostgreSQL refuses."""
OPTIONS = {
    "fsync": "off",  # processes are killed here, not machines
    "max_connections": "200",
    "shared_buffers": "32MB",
    "log_statement": "none",
    "log_min_messages": "fatal",
}


def programs() -> Path | None:
    """The folder of the newest server that is installed."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    for name in filter(None, [shutil.which("postgres")]):
        found.append(Path(name).resolve().parent)
    return max(found, key=lambda path: [int(part) for part in path.parts if part.isdigit()], default=None)


WHY_NOT = "No PostgreSQL server is installed: sudo apt-get install postgresql"


class Postgres:
    """One server; it can be stopped and started again over the same data."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None

    def dsn(self, *, schema: str = "public", user: str = "postgres", host: str = "127.0.0.1", port: int = 0) -> str:
        """The address of a schema; a password would be asked for by a server that is not the tests' own."""
        return f"postgresql://{user}@{host}:{port or self.port}/postgres?search_path={schema}"

    def initialize(self) -> None:
        """Make the data folder."""
        command: list[str | Path] = [
            self._programs / "initdb",
            "-D",
            self._data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        self._run(*command, "--locale=C", "--no-sync")

    def start(self) -> None:
        """Start, and return once it answers."""
        options = {**OPTIONS, "port": str(self.port), "unix_socket_directories": "", "listen_addresses": "127.0.0.1"}
        given = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_as_owner(), "--pdeathsig", "SIGQUIT", self._programs / "postgres", "-D", self._data, *given],
                stdout=log,
                stderr=log,
            )
        self._wait_until_ready()

    def stop(self, number: signal.Signals = signal.SIGQUIT) -> None:
        """End it at once, as a crash would (SIGQUIT), or after cutting everybody off (SIGINT)."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(START_SECONDS)
            self._process = None

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        ready: list[str | Path] = [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode:
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise ChildProcessError((self.folder / "log").read_text())
            time.sleep(0.05)

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run([*_as_owner(), *command], check=False, capture_output=True, cwd=self.folder)
        if done.returncode:
            raise ChildProcessError(done.stderr.decode())

    @property
    def _data(self) -> Path:
        return self.folder / "data"


@contextmanager
def running(programs: Path) -> Iterator[Postgres]:
    """A server, gone with the block."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if owner := _owner():
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        server = Postgres(folder, programs)
        server.initialize()
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _owner() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in OWNERS if name in known)


def _as_owner() -> list[str]:
    owner = _owner()
    if owner is None:
        return ["setpriv"]
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
