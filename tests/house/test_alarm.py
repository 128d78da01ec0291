"""An alarm calls once, when its last deadline has passed, and holds nobody longer than that."""

import asyncio
import gc
import weakref

from middleware.alarm import Alarm
from tests.waiting import until


class Called:
    """Counts."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1

    def ring(self) -> None:
        self.times += 1


async def test_it_calls_once_when_the_deadline_has_passed() -> None:
    """Whoever is cut must not be cut twice."""
    alarm, called, begin = Alarm(), Called(), asyncio.get_running_loop().time()
    alarm.set(0.05, called)
    await until(lambda: called.times, what="the call")
    assert asyncio.get_running_loop().time() - begin >= 0.05
    await asyncio.sleep(0.1)
    assert (1, False) == (called.times, alarm.is_set)


async def test_a_later_deadline_stands_for_an_earlier_one() -> None:
    """The timer of the first rings for nothing."""
    alarm, early, late = Alarm(), Called(), Called()
    alarm.set(0.02, early)
    alarm.set(0.2, late)
    await until(lambda: late.times, what="the call")
    assert 0 == early.times


async def test_an_earlier_deadline_is_not_kept_waiting_by_a_later_one() -> None:
    """The head of the next request has ten seconds, though the answer before it had ninety."""
    alarm, early, late = Alarm(), Called(), Called()
    alarm.set(3600, late)
    alarm.clear()
    alarm.set(0.02, early)
    await until(lambda: early.times, what="the call")
    assert 0 == late.times


async def test_what_was_cleared_is_not_called_and_not_held() -> None:
    """A connection that is gone must not wait for its old timer to be forgotten."""
    alarm, called = Alarm(), Called()
    gone = weakref.ref(called)
    alarm.set(3600, called.ring)
    assert alarm.is_set
    alarm.clear()
    assert not alarm.is_set
    del called
    gc.collect()
    assert gone() is None
    alarm.stop()


async def test_a_stopped_alarm_can_be_set_again() -> None:
    """A websocket that ended has a last answer to take."""
    alarm, called = Alarm(), Called()
    alarm.set(0.02, called)
    alarm.stop()
    await asyncio.sleep(0.05)
    assert 0 == called.times
    alarm.set(0.02, called)
    await until(lambda: called.times, what="the call")
