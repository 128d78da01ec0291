"""What is asked of a run: how big, with which seed, where to keep its history."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Order:
    """The size (`short` for every `make test`, else full), the seed, the back end; a folder for histories if wanted."""

    seed: int
    short: bool = False
    keep: Path | None = None
    backend: str = "programmable_chat"

    def figure(self, *, short: F, full: F) -> F:
        """The figure of this size."""
        return short if self.short else full
