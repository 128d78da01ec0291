"""What the store room raises besides `StoreUnavailable`.

HouseError
├── StoreUnavailable
│   └── StoreRefused    the store may not be opened as it is: do what the text says, then start again
│       └── SchemaOld   … because its schema is older than the program: a start of the server, or `migrate`, mends it
└── RuleBroken          the unit wrote what the store's rules forbid: a fault in the unit, nothing was written
"""

from middleware.relay.errors import HouseError, StoreUnavailable


class StoreRefused(StoreUnavailable):
    """The store may not be opened as it is; the text says what to do."""


class SchemaOld(StoreRefused):
    """The schema is older than the program, or not there yet."""


class RuleBroken(HouseError):
    """A unit of work broke a rule of the store (a second open chat, a message in no chat); nothing was written."""
