"""What follows a failed delivery: a pure function."""

from dataclasses import dataclass
from typing import TypeAlias

from middleware.relay.errors import ChatGone, FlexError, NotSent, Refused


@dataclass(frozen=True, slots=True)
class Pace:
    """How the worker goes about it; times in seconds.

    So many calls of Flex are under way `at_once`, and so many claims more may be `waiting`. The longest call takes half
    of a `lease` at most: a claim that is half over is given back, not begun. When Flex is back, what waits is delivered
    within `backoff_most`. A delivery is buried at its `attempts`th failure: with that ceiling, after about half an
    hour.
    """

    at_once: int = 64
    waiting: int = 0
    lease: float = 60.0
    backoff_first: float = 0.5
    backoff_most: float = 8.0
    attempts: int = 256
    look_back: float = 30.0


@dataclass(frozen=True, slots=True)
class Again:
    """Try again at that time; `unsure`: look at Flex first."""

    at: float
    unsure: bool


@dataclass(frozen=True, slots=True)
class Bury:
    """Give up."""

    reason: str


Decision: TypeAlias = Again | Bury


def decide(error: FlexError, *, attempts: int, doubt: bool, now: float, jitter: float, pace: Pace) -> Decision:
    """What follows a failed attempt.

    `doubt` says that an earlier attempt may have reached Flex, and that this one could not find out. `jitter` is from 0
    to 1 and spreads the retries over the upper half of the wait. Flex's own `retry_after` is honoured even where it is
    longer than our longest wait.
    """
    if isinstance(error, ChatGone) or (isinstance(error, Refused) and not doubt):
        return Bury(str(error))
    if attempts >= pace.attempts:
        return Bury(f"gave up after {attempts} attempts: {error}")
    wait = min(pace.backoff_most, pace.backoff_first * 2 ** min(attempts - 1, 30))
    wait *= 0.5 + jitter / 2
    if isinstance(error, NotSent):
        return Again(now + max(wait, error.retry_after or 0.0), unsure=doubt)
    return Again(now + wait, unsure=True)
