"""How tests wait for what happens elsewhere: for the condition, never for a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

DEADLINE = 60.0
"""Seconds after which something that should happen is held to have failed: the machine may be busy."""


async def until(true: Callable[[], object] | Callable[[], Awaitable[object]], *, what: str) -> Any:
    """Wait until the condition holds; its value. Fails after the deadline, saying what was waited for."""
    try:
        async with asyncio.timeout(DEADLINE):
            while True:
                found = true()
                value = await found if isinstance(found, Awaitable) else found
                if value:
                    return value
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"waited {DEADLINE:g} s in vain for {what}") from None
