"""What other nodes commit, told once on this one: when the bell rings for it, or else when the store is looked at."""

from middleware.relay.model import VisitorId
from middleware.relay.nodes import Elsewhere
from middleware.store import postgres_sql
from middleware.store.postgres_line import Line

_KEPT_SECONDS = 60.0
"""How long news stay to be looked for. Who was away for longer has lost its home line, and looks at everything."""


class Hearing:
    """A ring is `xact life visitor`: the transaction that brought the news, the process that wrote it, whose they are.

    All that a look does not find is younger than the number `_decided`; what was heard of it is in `_heard`.
    """

    def __init__(self, *, life: str) -> None:
        self.elsewhere: Elsewhere | None = None
        self._life = life
        self._decided = 0
        self._heard: set[tuple[int, str]] = set()

    def ring(self, told: str) -> None:
        """Somebody rang, maybe this node, maybe for what is known. A text that is no ring is left aside."""
        xact, _, rest = told.partition(" ")
        life, _, visitor = rest.partition(" ")
        if life != self._life and xact.isascii() and xact.isdecimal() and len(xact) <= _MOST_DIGITS:
            self._tell(int(xact), visitor)

    async def begin(self, line: Line) -> None:
        """Everything that is decided by now is known, or will be looked for by other means."""
        self._heard.clear()
        self._decided = int((await line.rows(postgres_sql.NEWS, (_NONE, self._life)))[0][0])

    async def look(self, line: Line) -> None:
        """Tell what nobody rang for."""
        found = await line.rows(postgres_sql.NEWS, (str(self._decided), self._life))
        for _, xact, visitor in found:
            if xact is not None:
                self._tell(int(xact), visitor)
        self._decided = int(found[0][0])
        self._heard = {(xact, visitor) for xact, visitor in self._heard if xact >= self._decided}

    async def forget(self, line: Line) -> None:
        """What is old need not be kept."""
        await line.count(postgres_sql.FORGET_NEWS, (_KEPT_SECONDS,))

    def _tell(self, xact: int, visitor: str) -> None:
        if xact >= self._decided and (xact, visitor) not in self._heard and self.elsewhere is not None:
            self._heard.add((xact, visitor))
            self.elsewhere.news(VisitorId(visitor))


_MOST_DIGITS = 20
_NONE = str(2**63 - 1)
"""A transaction that will not be."""
