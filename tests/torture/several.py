"""A stage with two nodes behind a balancer, one PostgreSQL and one Redis, each on a wire that can fail."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import postgres as postgres_servers
from tests.servers import redis as redis_servers
from tests.servers.balancer import balancing
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.wire import Wire, laid
from tests.torture.keeper import Keeper, open_keeper
from tests.torture.order import Order
from tests.torture.stage import Stage, open_stage

NODES = ("first", "second")


@dataclass(frozen=True, slots=True)
class Town:
    """What a run with several nodes acts on."""

    stage: Stage
    keepers: tuple[Keeper, ...]
    postgres: Postgres
    redis: Redis
    wire: Wire
    """Between the nodes and PostgreSQL."""


@asynccontextmanager
async def open_town(name: str, order: Order, **settings: Any) -> AsyncIterator[Town]:
    """Two nodes, up; `settings` are theirs. Raises `FileNotFoundError` where a server is not installed."""
    async with AsyncExitStack() as opened:
        postgres = opened.enter_context(postgres_servers.running(_found(postgres_servers.programs())))
        redis = opened.enter_context(redis_servers.running(_found(redis_servers.program())))
        wire = await opened.enter_async_context(laid(postgres.port))
        balancer = await opened.enter_async_context(balancing())
        shared = {
            "public_url": f"http://127.0.0.1:{balancer.port}",
            "database_url": postgres.dsn(port=wire.port),
            "database_connections": 5,
            "redis_url": redis.url,
            **settings,
        }
        stage = await opened.enter_async_context(
            open_stage(
                f"{name}, two nodes",
                seed=order.seed,
                keep=order.keep,
                backend=order.backend,
                settings={**shared, "node": NODES[0]},
                address=f"http://127.0.0.1:{balancer.port}",
            )
        )
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="torture-")))
        spec = {**stage.keeper.spec.settings, "node": NODES[1]}
        other = await opened.enter_async_context(open_keeper(folder, twilio_url=stage.flexland.url, settings=spec))
        stage.peers.append(other)
        await other.start()
        balancer.nodes = [keeper.spec.port for keeper in stage.keepers]
        yield Town(stage, stage.keepers, postgres, redis, wire)


def _found(program: Path | None) -> Path:
    if program is None:
        raise FileNotFoundError(f"{postgres_servers.WHY_NOT}; {redis_servers.WHY_NOT}")
    return program
