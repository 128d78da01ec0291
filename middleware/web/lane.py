"""A lane: the asks of one line, one after the other, and each answered in time.

Asks that have something in common may go together: those that come while others are under way wait, and then go at
once. That is how a page that says ten things in a row pays for two commits, and none of the ten overtakes another.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from middleware.alarm import Alarm
from middleware.relay.model import ChatId
from middleware.web import wire

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Ask:
    """One ask that was read: whoever asked is told its answer, once.

    It is answered when it is `due`, by the loop's clock, whatever becomes of it. `size` is the packet's, in characters.
    Asks with the same `common` may go together; None goes alone.
    """

    name: str
    payload: Sequence[object]
    size: int
    due: float
    tell: Callable[[wire.Shape], None]
    common: object = None


LATE = wire.refused("unavailable", "It is not known yet whether this was stored: ask again a little later.")
PUT_OFF = wire.refused("unavailable", "An earlier ask is still under way: ask again a little later.")

Answered: TypeAlias = Callable[[Sequence[wire.Shape]], None]
"""Is told the answers to asks that went together, in their order."""

Work: TypeAlias = Callable[[Sequence[Ask], Answered], None]
"""Does what asks that go together ask for, and tells the answers once, whatever happens. It never fails."""


class Lane:
    """One line's. An ask that is overdue goes on alone; until it has ended, the lane is `stuck` and takes no other.

    `most` is how many may wait to go together.
    """

    __slots__ = (
        "_alarm",
        "_at_door",
        "_changed",
        "_chat",
        "_door",
        "_most",
        "_under_way",
        "_waiting",
        "_work",
        "stuck",
    )

    def __init__(self, *, most: int) -> None:
        self.stuck = False
        self._most = most
        self._under_way: Sequence[Ask] = ()
        self._waiting: list[Ask] = []
        self._alarm = Alarm()
        self._door = asyncio.Lock()
        self._at_door = 0
        self._changed: asyncio.Future[None] | None = None  # Somebody is at the door.
        self._work: Work | None = None
        self._chat: ChatId | None = None

    def takes(self, common: object) -> bool:
        """Whether such an ask can begin now, or wait to go together with the next. None overtakes one at the door."""
        return not self._at_door and self._has_room(common)

    async def room(self, common: object, *, until: float) -> bool:
        """Wait at the door, by the loop's clock until then, for it to take such an ask; False if it does not."""
        self._at_door += 1
        try:
            async with asyncio.timeout_at(until), self._door:
                while not (self.stuck or self._has_room(common)):
                    self._changed = asyncio.get_running_loop().create_future()
                    await self._changed
        except TimeoutError:
            return False
        finally:
            self._at_door -= 1
        return not self.stuck

    def begin(self, ask: Ask, work: Work, *, chat: ChatId | None = None) -> None:
        """Begin an ask that the lane takes, on this chat; one that waits goes by the `work` that is under way."""
        if self._under_way:
            self._waiting.append(ask)
            return
        self._chat = chat
        self._start([ask], work)

    def _has_room(self, common: object) -> bool:
        if not self._under_way:
            return not self.stuck
        return common is not None and common == self._under_way[0].common and len(self._waiting) < self._most

    def _done(self, answers: Sequence[wire.Shape]) -> None:
        asks, self._under_way = self._under_way, ()
        _tell(asks, () if self.stuck else answers)  # Those that are late have been told.
        if self._waiting and self._work is not None:
            asks, self._waiting = self._waiting, []
            self._start(asks, self._work)
        else:
            self._end()

    def _start(self, asks: Sequence[Ask], work: Work) -> None:
        self._under_way, self._work = asks, work
        self._alarm.set_at(asks[0].due, self._late)
        self._change()
        try:
            work(asks, self._done)
        except Exception:
            log.exception("An ask could not be begun.", extra={"ask": asks[0].name, "chat": self._chat})
            if self._under_way is asks:
                self._done([LATE] * len(asks))

    def _end(self) -> None:
        """Nothing is left."""
        self.stuck = False
        self._work = None
        self._alarm.clear()
        self._change()

    def _late(self) -> None:
        late, waiting = self._under_way, self._waiting
        self._under_way, self._waiting, self.stuck = (), [], True
        log.warning("An ask is overdue.", extra={"ask": late[0].name, "chat": self._chat})
        _tell(late, [LATE] * len(late))
        _tell(waiting, [PUT_OFF] * len(waiting))
        self._change()

    def _change(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)


def _tell(asks: Sequence[Ask], answers: Sequence[wire.Shape]) -> None:
    """An answer that cannot be told is no other's matter."""
    for ask, answer in zip(asks, answers, strict=True):
        try:
            ask.tell(answer)
        except Exception:
            log.exception("An answer could not be told.", extra={"ask": ask.name})
