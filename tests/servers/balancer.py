"""A balancer before several nodes: each connection goes to the next node that says it is ready."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from tests.servers.wire import Wire

_LOOK_SECONDS = 0.1
_ASK = b"GET /ready HTTP/1.1\r\nHost: balancer\r\nConnection: close\r\n\r\n"


class Balancer(Wire):
    """Nothing sticks: the requests of one page may go to any node."""

    def __init__(self) -> None:
        super().__init__(0)
        self.nodes: Sequence[int] = ()
        self._ready: list[int] = []
        self._turns = itertools.count()

    async def watch(self) -> None:
        """Look who is ready, until cancelled."""
        while True:
            found = await asyncio.gather(*(self._asked(port) for port in self.nodes))
            self._ready = [port for port, ready in zip(self.nodes, found, strict=True) if ready]
            await asyncio.sleep(_LOOK_SECONDS)

    def target(self) -> int:
        """The next that is ready; nobody being so, the next of all."""
        among = self._ready or self.nodes
        return among[next(self._turns) % len(among)]

    async def _asked(self, port: int) -> bool:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    writer.write(_ASK)
                    return b" 200 " in await reader.readline()
                finally:
                    writer.transport.abort()
        return False


@asynccontextmanager
async def balancing() -> AsyncIterator[Balancer]:
    """A balancer that listens, gone with the block. Give it `nodes`, their ports, before anybody comes."""
    balancer = Balancer()
    server = await asyncio.start_server(balancer.carry, "127.0.0.1", 0, backlog=1024)
    balancer.port = server.sockets[0].getsockname()[1]
    watching = asyncio.create_task(balancer.watch())
    try:
        yield balancer
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        server.close()
        await balancer.close()
        await server.wait_closed()
