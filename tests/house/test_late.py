"""A town may be closed at any moment: no test fails for a connection that came too late to another's server."""

import asyncio
import gc
import socket
import warnings

import pytest


@pytest.mark.parametrize("turns", range(6))
async def test_who_comes_while_a_server_is_closed_is_hung_up(turns: int) -> None:
    """Whatever turn of the loop it is: nothing is left for the garbage collector to complain of."""
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        with socket.create_connection(server.sockets[0].getsockname()):
            for _ in range(turns):
                await asyncio.sleep(0)
            server.close()
            await server.wait_closed()
            for _ in range(10):
                await asyncio.sleep(0)
        gc.collect()
    assert [] == [str(one.message) for one in complaints]
