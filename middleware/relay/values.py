"""How the house's values are made: dataclasses that nobody changes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:

    def value(**options: Any) -> Any:
        """A dataclass that mypy holds frozen. At run time it is not sealed.

        A sealed one takes six times as long to make, and a message is made of some twenty values.
        """
        return dataclass(**{**options, "frozen": False, "unsafe_hash": options.get("frozen", False)})


__all__ = ["value"]
