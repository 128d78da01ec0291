"""A wire between a node and a server, that can be cut and can swallow everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Wire:
    """Carries bytes both ways between its own `port` and another one of this machine."""

    def __init__(self, to: int) -> None:
        self.port = 0
        self.answers: int | None = None
        """How many pieces of the far end's answers come through on each new connection; None: all of them."""
        self._to = to
        self._carrying: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()

    @property
    def carrying(self) -> int:
        """How many connections there are."""
        return len(self._carrying)

    def target(self) -> int:
        """The port of the other end, for a new connection."""
        return self._to

    def stall(self) -> None:
        """From now on nothing arrives, nothing is refused, and nobody is told."""
        self._flowing.clear()

    def flow(self) -> None:
        """All goes on, with what was held back."""
        self._flowing.set()

    def forget(self) -> None:
        """Whatever the connections of now carry is swallowed, for ever; new ones come through."""
        self._flowing.clear()
        self._flowing = asyncio.Event()
        self._flowing.set()

    def cut(self) -> None:
        """Break every connection; new ones come through, unless the wire stalls."""
        for task in self._carrying:
            task.cancel()

    async def close(self) -> None:
        """Break everything and wait until it is."""
        self.cut()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until one side ends it."""
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        try:
            with suppress(asyncio.CancelledError, OSError, ExceptionGroup):
                await self._carry(reader, writer)
        finally:
            self._carrying.discard(task)
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        flowing = self._flowing
        await flowing.wait()
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target())
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pump(reader, far_writer, flowing, None))
                ways.create_task(self._pump(far_reader, writer, flowing, self.answers))
        finally:
            far_writer.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event, most: int | None
    ) -> None:
        pieces = 0
        while data := await reader.read(65_536):
            await flowing.wait()
            if most is None or pieces < most:
                writer.write(data)
                await writer.drain()
            pieces += 1
        raise ConnectionResetError


@asynccontextmanager
async def laid(to: int) -> AsyncIterator[Wire]:
    """A wire to this port, gone with the block."""
    wire = Wire(to)
    server = await asyncio.start_server(wire.carry, "127.0.0.1", 0, backlog=1024)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        await wire.close()
        await server.wait_closed()
