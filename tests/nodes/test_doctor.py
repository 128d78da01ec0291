"""The doctor looks at what several nodes share: PostgreSQL and Redis."""

from aiohttp.test_utils import unused_port

from middleware.cli_doctor import check_redis
from tests.house.test_cli_account import SERVER, run
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis


async def test_a_redis_that_rings_is_well(redis: Redis) -> None:
    """It is rung, and heard."""
    check = await check_redis(redis.url)
    assert (True, "it rings") == (check.ok, check.told)


async def test_a_redis_that_stands_still_or_is_not_there_is_told_without_its_password(
    redis: Redis,
) -> None:
    """With the remedy, and what it costs meanwhile."""
    redis.pause()
    try:
        for url in (redis.url, f"redis://:secret-word@127.0.0.1:{unused_port()}"):
            check = await check_redis(url)
            assert (False, False) == (check.ok, "secret-word" in f"{check.told} {check.remedy}")
            assert "up to two seconds later" in check.remedy
    finally:
        redis.go_on()


async def test_the_doctor_has_a_line_for_each(postgres: Postgres, redis: Redis) -> None:
    """As a command."""
    settings = {**SERVER, "DATABASE_URL": postgres.dsn(), "REDIS_URL": redis.url}
    told = (await run("doctor", twilio=f"http://127.0.0.1:{unused_port()}", **settings)).told
    assert ["✓", "✓"] == [line[0] for line in told.splitlines() if line.split()[1:2] in (["store"], ["redis"])]
