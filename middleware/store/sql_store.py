"""What the stores of both engines do alike: open, close, and hand units and views to the queue that runs them."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, cast

from middleware.relay.errors import StoreUnavailable
from middleware.relay.ports import Reading, Transaction, Unit, View
from middleware.store.batches import Work

T = TypeVar("T")


class WorkQueue(Protocol):
    """Where works wait, and are run."""

    async def do(self, work: Work) -> Any:
        """What the work returns or raises; it is done even if nobody waits for it any more."""

    async def stop(self) -> None:
        """Finish what waits."""


class SqlStore(ABC):
    """A store; opened when it is entered. `open` sets the queues of units and of views, `close` takes them away."""

    _units: WorkQueue | None = None
    _views: WorkQueue | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @abstractmethod
    async def open(self) -> None:
        """Bring the schema up to date, and take works from now on. Raises `StoreRefused` or `StoreUnavailable`."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what was asked, then close; closed already, nothing happens."""

    async def write(self, unit: Unit[T]) -> T:
        """Run the unit in one transaction; its result comes only once it is durable. It may be run again."""
        if self._units is None:
            raise StoreUnavailable("The store is not open.")
        return cast(T, await self._units.do(unit))

    async def read(self, view: View[T]) -> T:
        """Run the view on one consistent state that holds every finished write, of every node."""
        if self._views is None:
            raise StoreUnavailable("The store is not open.")
        return cast(T, await self._views.do(view))

    async def ping(self) -> None:
        """Return if the store can be written and read now. Raises `StoreUnavailable`."""
        await self.write(_nothing)
        await self.read(_something)


async def _nothing(_transaction: Transaction) -> None:
    return None


async def _something(reading: Reading) -> None:
    await reading.next_due()
