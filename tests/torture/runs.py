"""Every run, in the order of the table."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from tests.torture.order import Order
from tests.torture.runs_crashes import t1, t2, t19
from tests.torture.runs_forged import t7
from tests.torture.runs_isolation import t21
from tests.torture.runs_nodes import t1_nodes, t9_one_connection, t9_postgres, t10, t19_nodes
from tests.torture.runs_store import t9_full, t9_locked, t9_read_only
from tests.torture.runs_twilio import t3, t3_refused, t4
from tests.torture.runs_visitors import t11, t11_offline, t13
from tests.torture.runs_wall import t14, t15, t16
from tests.torture.runs_webhooks import t5, t6, t8
from tests.torture.stage import Outcome

Run: TypeAlias = Callable[[Order], Coroutine[Any, Any, Outcome]]

ONE_NODE: tuple[Run, ...] = (
    t1,
    t2,
    t3,
    t3_refused,
    t4,
    t5,
    t6,
    t7,
    t8,
    t9_locked,
    t9_full,
    t9_read_only,
    t11,
    t11_offline,
    t13,
    t14,
    t15,
    t16,
    t19,
    t21,
)

SEVERAL_NODES: tuple[Run, ...] = (t1_nodes, t9_postgres, t9_one_connection, t10, t19_nodes)
"""These need a PostgreSQL and a Redis server to be installed."""

RUNS: tuple[Run, ...] = (*ONE_NODE, *SEVERAL_NODES)
