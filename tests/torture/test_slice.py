"""A short slice of the torture, in every test run."""

from collections.abc import Awaitable, Callable

import pytest

from tests.torture.order import Order
from tests.torture.runs import RUNS
from tests.torture.stage import Outcome
from tests.torture.table import more

SEED = 1


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.__name__)
async def test_the_promise_holds(run: Callable[[Order], Awaitable[Outcome]]) -> None:
    """Nothing lost, doubled, disordered or leaked, and everything delivered once the faults are over."""
    outcome = await run(Order(seed=SEED, short=True))
    assert outcome.passed, "\n".join(more(outcome))
