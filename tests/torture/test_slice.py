"""A short slice of the torture, in every test run."""

from collections.abc import Awaitable, Callable

import pytest

from tests.torture.order import Order
from tests.torture.runs import ONE_NODE, SEVERAL_NODES
from tests.torture.runs_crashes import t1
from tests.torture.runs_twilio import t4
from tests.torture.runs_webhooks import t5, t6
from tests.torture.stage import Outcome
from tests.torture.table import more

SEED = 1


@pytest.mark.parametrize("run", ONE_NODE, ids=lambda run: run.__name__)
async def test_the_promise_holds(run: Callable[[Order], Awaitable[Outcome]]) -> None:
    """Nothing lost, doubled, disordered or leaked, and everything delivered once the faults are over."""
    outcome = await run(Order(seed=SEED, short=True))
    assert outcome.passed, "\n".join(more(outcome))


@pytest.mark.parametrize("run", [t1, t4, t5, t6], ids=lambda run: run.__name__)
async def test_the_promise_holds_with_flex_conversations(run: Callable[[Order], Awaitable[Outcome]]) -> None:
    """The same promise behind the same port, where Twilio tries a webhook only once."""
    outcome = await run(Order(seed=SEED, short=True, backend="conversations"))
    assert outcome.passed, "\n".join(more(outcome))


@pytest.mark.parametrize("run", SEVERAL_NODES, ids=lambda run: run.__name__)
@pytest.mark.usefixtures("servers")
async def test_the_promise_holds_on_several_nodes(run: Callable[[Order], Awaitable[Outcome]]) -> None:
    """Whatever ends: a node, PostgreSQL, Redis, or the network before them."""
    outcome = await run(Order(seed=SEED, short=True))
    assert outcome.passed, "\n".join(more(outcome))
