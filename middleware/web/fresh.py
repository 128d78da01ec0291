"""A look at something that must not be looked at too often."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Fresh(Generic[T]):
    """Looks one at a time; what was found stands for so many `seconds`, for whoever asks."""

    look: Callable[[], Awaitable[T]]
    seconds: float
    _found: tuple[float, T] | None = None
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __call__(self) -> T:
        """What is found now, or was found just before. Raises what the look raises."""
        async with self._looking:
            found = self._found
            if found is None or time.monotonic() - found[0] > self.seconds:
                value = await self.look()
                found = self._found = time.monotonic(), value
            return found[1]
