"""What makes a node one of many: its name, the ears for what others do, the common time, an eye on who is gone."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable

from middleware.relay.errors import StoreUnavailable
from middleware.relay.nodes import Elsewhere
from middleware.store import postgres_sql
from middleware.store.postgres_clock import DatabaseClock
from middleware.store.postgres_errors import BROKEN, unavailable
from middleware.store.postgres_hearing import Hearing
from middleware.store.postgres_line import Line
from middleware.store.postgres_lines import Lines

log = logging.getLogger(__name__)

NEWS = "flex_news"
OWED = "flex_owed"
"""The channels of LISTEN and NOTIFY; the schema's name comes behind them."""

_BEAT_SECONDS = 2.0
"""Between two looks at the time, at what is new and at who is gone. A line that does not answer in this time is cut."""
_FORGET_EVERY = 15
"""Beats between two times that old news are thrown away."""
_REACH_SECONDS = 1.5
_PAUSE_SECONDS = 0.25
"""How long a new home is tried for, and the pause behind: whoever is back is found in less than two seconds."""
GONE_SECONDS = 8.0
"""How long a node has no session before what it had in hand is given to others: it may only have to connect again."""
_NAME_SECONDS = 3.0
"""How long the session of an earlier life is waited for."""


class Keeper:
    """Keeps one line as the node's home: its session's lock is the sign that the node lives, and there it listens."""

    def __init__(
        self, lines: Lines, *, node: str, clock: DatabaseClock, release: Callable[[str], Awaitable[int]]
    ) -> None:
        self.node = node
        self.life = secrets.token_hex(8)
        self.hearing = Hearing(life=self.life)
        self.schema = ""
        self._lines = lines
        self._clock = clock
        self._release = release
        self._elsewhere: Elsewhere | None = None
        self._home: Line | None = None
        self._named = False
        self._pids: set[int] = set()
        self._woken = asyncio.Event()
        self._beats = 0
        self._gone_since: dict[str, float] = {}

    def know(self, line: Line) -> None:
        """What this line commits is not another node's."""
        self._pids.add(line.pid)
        line.when_gone(lambda: self._pids.discard(line.pid))

    def tell(self, elsewhere: Elsewhere) -> None:
        """From now on, tell this what happens on other nodes."""
        self._elsewhere = self.hearing.elsewhere = elsewhere

    def look(self) -> None:
        """Look now whether there is anything new."""
        self._woken.set()

    async def begin(self, line: Line) -> None:
        """Make this line the home. If another process has the name, take one like it."""
        self.schema = str(await line.value("SELECT current_schema()"))
        await self._settle_on(line)
        until = _now() + _NAME_SECONDS
        while not self._named and _now() < until:
            await asyncio.sleep(0.05)
            await self._take_name(line)
        if not self._named:
            taken, self.node = self.node, f"{self.node}~{secrets.token_hex(3)}"
            log.warning("Another node has this one's name.", extra={"name": taken, "instead": self.node})
            await self._take_name(line)

    async def run(self) -> None:
        """Keep the home until cancelled; make another when it is lost."""
        while True:
            try:
                async with asyncio.timeout(_BEAT_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                pass
            try:
                await self._beat()
            except StoreUnavailable as error:
                log.warning("This node hears nothing of the others.", extra={"reason": str(error)})
                await asyncio.sleep(_PAUSE_SECONDS)
            except Exception:
                log.exception("Looking at the other nodes failed in an unforeseen way.")
                await asyncio.sleep(_BEAT_SECONDS)

    async def _beat(self) -> None:
        self._woken.clear()
        home = self._home
        if home is None or home.closed:
            await self._move()
            return
        async with self._lines.lent_this(home) as free:
            if free:
                await self._asked(home, self._look_around(home))
        if not free:  # Somebody works with it, and will notice if it is dead: another line will do, or its own turn.
            async with self._lines.lent(until=_now() + _BEAT_SECONDS) as line:
                await self._asked(line, self._look_around(line))
        self._lines.put_last(home)
        await self._take_over()

    async def _move(self) -> None:
        async with self._lines.lent(until=_now() + _REACH_SECONDS) as line:
            await self._asked(line, self._settle_on(line))
        self._lines.put_last(line)
        if self._elsewhere is not None:
            self._elsewhere.missed()

    async def _asked(self, line: Line, asked: Awaitable[None]) -> None:
        with line.within(_BEAT_SECONDS):
            try:
                await asked
            except BROKEN as error:
                raise unavailable("listen", error) from error

    async def _settle_on(self, line: Line) -> None:
        self._named = False
        await line.listen(f"{NEWS}_{self.schema}", lambda _, told: self.hearing.ring(told))
        await line.listen(f"{OWED}_{self.schema}", self._hear_owed)
        await self.hearing.begin(line)
        self._home = line
        await self._look_around(line)
        line.when_gone(self._woken.set)

    async def _look_around(self, line: Line) -> None:
        asked = self._clock.ticks()
        told = await line.value(postgres_sql.NOW)
        self._clock.learn(told, asked=asked, answered=self._clock.ticks())
        if line is self._home and not self._named:
            await self._take_name(line)
        await self.hearing.look(line)
        if self._beats % _FORGET_EVERY == 0:
            await self.hearing.forget(line)
        self._beats += 1
        gone = [str(name) for (name,) in await line.rows(postgres_sql.NODES_GONE, (self.node,))]
        self._gone_since = {name: self._gone_since.get(name, _now()) for name in gone}

    async def _take_name(self, line: Line) -> None:
        self._named = bool(await line.value(postgres_sql.BE_NODE, self.node))

    async def _take_over(self) -> None:
        for name, since in tuple(self._gone_since.items()):
            if _now() - since >= GONE_SECONDS:
                del self._gone_since[name]
                released = await self._release(name)
                log.info("Took over from a node that is gone.", extra={"node": name, "deliveries": released})
                if self._elsewhere is not None:
                    self._elsewhere.owed()

    def _hear_owed(self, pid: int, _told: str) -> None:
        if pid not in self._pids and self._elsewhere is not None:
            self._elsewhere.owed()


def _now() -> float:
    return asyncio.get_running_loop().time()
