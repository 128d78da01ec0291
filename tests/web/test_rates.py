"""Rates and the sparing log, on a clock of our own."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.web.door import Door, Origins
from middleware.web.limits import Limits
from middleware.web.rates import Bucket, SparingLog


def test_a_bucket_gives_so_much_at_once_and_then_makes_wait() -> None:
    """Each who waits stands behind those before."""
    bucket = Bucket(size=2, rate=4, at=0)
    assert [0, 0, 0.25, 0.5] == [bucket.take(1, now=0) for _ in range(4)]
    assert 0 == bucket.take(1, now=0.75)
    assert (False, True) == (bucket.full(now=1), bucket.full(now=10))


def test_a_bucket_that_is_empty_spares_nothing() -> None:
    """And what is refused is not owed."""
    bucket = Bucket(size=1, rate=1, at=0)
    assert [True, False, False, True] == [bucket.spare(1, now=now) for now in (0, 0, 0.9, 1.0)]


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 20)), max_size=30))
def test_nobody_gets_more_than_the_rate(steps: list[tuple[float, float]]) -> None:
    """However it is asked."""
    bucket, now, taken = Bucket(size=10, rate=2, at=0), 0.0, 0.0
    for pause, cost in steps:
        now += pause
        if bucket.spare(cost, now=now):
            taken += cost
        assert taken <= 10 + 2 * now + 1e-6


def test_one_line_a_second_about_an_address(caplog: pytest.LogCaptureFixture) -> None:
    """It says how many were kept back; another address has its own."""
    now = 0.0
    log = SparingLog(logging.getLogger("middleware"), seconds=1.0, now=lambda: now)
    for _ in range(100):
        log.refused("a", "this")
    log.refused("b", "that")
    now = 1.5
    log.refused("a", "this")
    lines = [(vars(line)["address"], vars(line).get("kept_back")) for line in caplog.records]
    assert [("a", None), ("b", None), ("a", 99)] == lines


def test_addresses_are_not_kept_for_ever() -> None:
    """Whoever has many addresses must not fill our memory with them."""
    now = 0.0
    door = Door(origins=Origins([]), limits=Limits(), trusted_proxies=0, now=lambda: now)
    log = SparingLog(logging.getLogger("middleware.quiet"), seconds=1.0, now=lambda: now)
    for number in range(10_000):
        now += 0.1
        door.check_room(f"{number}")
        log.refused(f"{number}", "x")
    assert len(door._guests) < 1_000
    assert len(log._said) < 1_000
    door.enter("stays")
    for number in range(10_000):
        now += 0.1
        door.check_room(f"again {number}")
    assert 1 == door._guests["stays"].sockets
