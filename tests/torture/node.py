"""The server under torture, as a process: `python -m tests.torture.node`.

It imports everything once, then for each line of JSON on its input becomes a server in a child of its own, says on its
output when that listens and how it ended, and waits for the next line. The child is the node: it dies as nodes die.
"""

import asyncio
import ctypes
import json
import os
import random
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web

from middleware.app import SERVER, Seams, serving
from middleware.logs import set_up_logs
from middleware.relay.ports import Bell, Flex, Store
from middleware.settings import read_settings
from middleware.web.limits import Limits
from tests.torture import broken
from tests.torture.points import Trap, TrappedBell, TrappedFlex, TrappedStore

_STORES: dict[str, Callable[[Store], Store]] = {
    "disorderly": broken.DisorderlyStore,
    "forgetful": broken.ForgetfulStore,
    "hasty": broken.HastyStore,
    "talkative": broken.TalkativeStore,
}
_FLEXES: dict[str, Callable[[Flex], Flex]] = {"blind": broken.BlindFlex, "short_sighted": broken.ShortSightedFlex}
_BELLS: dict[str, Callable[[Bell], Bell]] = {"wrong": broken.WrongBell}


@dataclass(frozen=True, slots=True)
class Spec:
    """A node to be: its settings, where it dies by itself, which guard it lacks, how slow its commits are."""

    port: int
    folder: str
    settings: dict[str, Any]
    crash_point: str | None = None
    crash_at: int = 1
    store: str | None = None
    flex: str | None = None
    bell: str | None = None
    commit_seconds: float = 0.0
    limits: dict[str, Any] = field(default_factory=dict)

    def as_line(self) -> str:
        """The spec as it goes over the pipe."""
        return json.dumps(asdict(self)) + "\n"


@dataclass(slots=True)
class Disk:
    """The disk, as slow and as small as the control says."""

    commit_seconds: float
    stall_until: float = field(default=0.0)

    def commit(self) -> None:
        """Take as long as the disk takes."""
        time.sleep(max(self.commit_seconds, self.stall_until - time.monotonic(), 0.0))

    def obey(self, told: dict[str, Any]) -> None:
        """`{"stall": seconds}`: no commit ends before; `{"file_bytes": n}`: no file grows beyond (null: any may)."""
        if "stall" in told:
            self.stall_until = time.monotonic() + told["stall"]
        if "file_bytes" in told:
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            most = hard if told["file_bytes"] is None else told["file_bytes"]
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))


def seams_of(spec: Spec, disk: Disk) -> Seams:
    """What stands between the heart and its ports in this node."""
    trap = Trap(spec.crash_point, spec.crash_at)

    def commit_point(point: str) -> None:
        if point == "before_commit":
            disk.commit()
        trap.reach(point)

    def store(real: Store) -> Store:
        return TrappedStore(_STORES[spec.store](real) if spec.store else real, trap.reach)

    def flex(real: Flex) -> Flex:
        return _FLEXES[spec.flex](real) if spec.flex else TrappedFlex(real, trap.reach)

    def bell(real: Bell) -> Bell:
        return TrappedBell(_BELLS[spec.bell](real) if spec.bell else real, trap.reach)

    def limits(real: Limits) -> Limits:
        return replace(real, **spec.limits)

    return Seams(store=store, flex=flex, bell=bell, limits=limits, crash=commit_point)


def state_of(app: web.Application) -> dict[str, int]:
    """What there is of sockets and tasks."""
    manager, engine = app[SERVER].manager, app[SERVER].eio
    inside = sum(1 for space in ("/", "/chat") for _ in manager.get_participants(space, None))
    return {"lines": len(engine.lines), "inside": inside, "tasks": len(asyncio.all_tasks())}


async def serve(spec: Spec) -> None:
    """Be the node until SIGTERM."""
    disk = Disk(spec.commit_seconds)
    folder = Path(spec.folder)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)

    serving_app: asyncio.Future[web.Application] = asyncio.get_running_loop().create_future()

    async def control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            disk.obey(json.loads(line))
            state = {**state_of(await serving_app), "stalled_until": disk.stall_until}
            writer.write((json.dumps(state) + "\n").encode())
        writer.close()

    async with AsyncExitStack() as stack:
        path = folder / "control.sock"
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(control, path)
        stack.callback(server.close)
        listener = socket.create_server(("127.0.0.1", spec.port), backlog=1024)
        settings = read_settings({}, **spec.settings)
        serving_app.set_result(await stack.enter_async_context(serving(settings, listener, seams=seams_of(spec, disk))))
        _tell({"ready": os.getpid()})
        await stopped.wait()


def _die_with_the_parent() -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _tell(told: dict[str, Any]) -> None:
    os.write(1, (json.dumps(told) + "\n").encode())


def _be(spec: Spec) -> None:
    """Become the node; never returns."""
    code = 1
    try:
        _die_with_the_parent()
        random.seed()
        log = os.open(Path(spec.folder) / "node.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 2)
        set_up_logs(json=True, level="INFO")
        uvloop.run(serve(spec))
        code = 0
    except BaseException as error:  # noqa: BLE001 — the end of the process, whatever it is
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.stderr.flush()
    finally:
        os._exit(code)


def main() -> None:
    """Be one node after another, as the lines on the input say."""
    _die_with_the_parent()
    for line in sys.stdin:
        spec = Spec(**json.loads(line))
        child = os.fork()
        if child == 0:
            _be(spec)
        _tell({"started": child})
        _, status = os.waitpid(child, 0)
        _tell({"gone": child, "status": os.waitstatus_to_exitcode(status)})


if __name__ == "__main__":
    main()
