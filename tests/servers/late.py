"""Who connects to a server in the very turn of the loop in which it is closed."""

from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def late_connections_closed() -> Iterator[None]:
    """While the block runs, CPython's loop closes such a connection.

    It forgets it otherwise, and the ResourceWarning comes in the middle of whichever test runs when it is collected:
    https://github.com/python/cpython/issues/109564
    """
    accept: Any = BaseSelectorEventLoop._accept_connection2  # type: ignore[attr-defined]

    async def accept_or_close(loop: Any, *asked: Any, **more: Any) -> None:
        _, connection, _, _, server = asked[:5]
        if server is not None and not server.sockets:
            connection.close()
        else:
            await accept(loop, *asked, **more)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BaseSelectorEventLoop, "_accept_connection2", accept_or_close)
        yield
