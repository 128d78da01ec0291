"""A node that writes until it dies: `python -m tests.store.mortal FILE [POINT COUNT]`.

It prints each text on a line of its own once it is acknowledged. At the COUNTth crash point of this name it ends as if
the power were cut; without one it goes on until it is killed.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from middleware.store.sqlite import SqliteStore
from tests.store.scenes import open_chat, saying

WRITERS = 20


def dying_at(point: str, count: int) -> Callable[[str], None]:
    """A crash point that lets the first ones pass."""
    left = count

    def crash(reached: str) -> None:
        nonlocal left
        if reached == point:
            left -= 1
            if left == 0:
                os._exit(9)

    return crash


async def write_for_ever(store: SqliteStore, name: str) -> None:
    """Say one thing after the other; tell what is acknowledged."""
    number = 0
    while True:
        number += 1
        message = await store.write(saying(f"{name}-{number}"))
        os.write(1, f"{message.text}\n".encode())


async def main(path: str, point: str = "", count: str = "0") -> None:
    """Write until death."""
    async with SqliteStore(Path(path), crash=dying_at(point, int(count))) as store:
        await store.write(open_chat)
        await asyncio.gather(*(write_for_ever(store, f"writer{number}") for number in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
