"""What PostgreSQL and the way to it raise, told apart by what to do next."""

import asyncpg

from middleware.relay.errors import StoreUnavailable
from middleware.store.errors import RuleBroken

LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,  # it became a standby: the next connection finds the one that can be written
    asyncpg.IdleInTransactionSessionTimeoutError,
    OSError,
    TimeoutError,
)
"""The connection is gone, or no good any more."""

BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, *LOST)
"""Whatever the driver raises."""

AGAIN = (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError)
"""Another node was in the way: the same unit comes through if it is run again."""

_TROUBLE = (asyncpg.InsufficientResourcesError, asyncpg.PostgresSystemError, asyncpg.InternalServerError)

REFUSED = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidSchemaNameError,
)
"""Waiting does not help: name, password, database or rights are wrong."""


def told(error: BaseException) -> BaseException:
    """The error as the unit's caller gets it."""
    match error:
        case asyncpg.IntegrityConstraintViolationError():
            own: BaseException = RuleBroken(f"A rule of the store was broken ({said(error)}); nothing was changed.")
        case _ if isinstance(error, (*LOST, *AGAIN, *_TROUBLE)):
            own = unavailable("write", error)
        case _:
            return error
    own.__cause__ = error
    return own


def unavailable(what: str, error: BaseException) -> StoreUnavailable:
    """What could not be done, and why."""
    return StoreUnavailable(f"The store could not {what} ({said(error)}); nothing was changed.")


def said(error: BaseException) -> str:
    """What went wrong, without the values of a row: they may be a visitor's words."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
