"""A lane: asks in their order, together where they may, and each answered once and in time."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.web import wire
from middleware.web.lane import LATE, PUT_OFF, Answered, Ask, Lane
from tests.waiting import until

SAYS = "says"
"""What the asks of these tests have in common that may go together."""
LONG = 1_000.0


class House:
    """A lane, and a work that stands still until it is let go."""

    def __init__(self, *, most: int = 3) -> None:
        self.lane = Lane(most=most)
        self.done: list[list[str]] = []
        self.told: list[tuple[str, wire.Shape]] = []
        self.go = asyncio.Event()

    def work(self, asks: Sequence[Ask], answered: Answered) -> None:
        """Done when it is let go: each is answered its own name."""
        self.done.append([ask.name for ask in asks])
        self.working = asyncio.create_task(self._wait(self.go, asks, answered))

    async def _wait(self, go: asyncio.Event, asks: Sequence[Ask], answered: Answered) -> None:
        await go.wait()
        answered([{"ok": True, "name": ask.name} for ask in asks])

    async def ask(self, name: str, *, common: object = SAYS, within: float = LONG) -> bool:
        """Ask as a namespace does; whether the lane took it in time."""
        due = asyncio.get_running_loop().time() + within
        ask = Ask(name, [], len(name), due, lambda answer: self.told.append((name, answer)), common)
        if not self.lane.takes(common) and not await self.lane.room(common, until=due):
            return False
        self.lane.begin(ask, self.work)
        return True

    async def rest(self) -> None:
        """Wait until nothing is under way."""
        await self.lane.room(None, until=asyncio.get_running_loop().time() + LONG)

    @property
    def granted(self) -> list[str]:
        """The names of what was granted, in the order of the answers."""
        return [name for name, answer in self.told if answer["ok"]]


async def test_what_comes_while_the_first_is_under_way_goes_together() -> None:
    """Behind it, in order, and at once."""
    house = House()
    for name in "abcd":
        assert await house.ask(name)
    house.go.set()
    await house.rest()
    assert [["a"], ["b", "c", "d"]] == house.done
    assert list("abcd") == house.granted


async def test_a_lane_that_is_full_is_waited_for() -> None:
    """Whoever reads the line reads no more of it meanwhile."""
    house = House(most=2)
    for name in "abc":
        assert await house.ask(name)
    waiting = asyncio.create_task(house.ask("d"))
    await asyncio.sleep(0)
    assert not waiting.done()
    house.go.set()
    assert await waiting
    await house.rest()
    assert list("abcd") == house.granted


@pytest.mark.parametrize("common", [None, "others"])
async def test_what_has_nothing_in_common_waits_for_the_end(common: object) -> None:
    """An ask to end the chat does not overtake what is said before it, nor the other way round."""
    house = House()
    await house.ask("a")
    behind = asyncio.create_task(house.ask("end", common=common))
    await asyncio.sleep(0)
    assert [] == house.told
    house.go.set()
    assert await behind
    await house.rest()
    assert [["a"], ["end"]] == house.done


async def test_nothing_joins_an_ask_that_goes_alone() -> None:
    """Not even another of its kind."""
    house = House()
    await house.ask("open", common=None)
    assert not house.lane.takes(SAYS)
    assert not house.lane.takes(None)
    house.go.set()
    await house.rest()
    assert house.lane.takes(None)


async def test_an_overdue_ask_is_answered_and_goes_on_alone() -> None:
    """What waited behind it is put off, and so is what comes until it has ended; nobody is answered twice."""
    house = House()
    await house.ask("a", within=0.01)
    await house.ask("b")
    await until(lambda: len(house.told) == 2, what="both answers")
    assert [("a", LATE), ("b", PUT_OFF)] == house.told
    assert house.lane.stuck
    assert not await house.ask("c")
    house.go.set()
    await until(lambda: not house.lane.stuck, what="the end of the first")
    assert await house.ask("d")
    await house.rest()
    assert [["a"], ["d"]] == house.done
    assert ["d"] == house.granted
    assert 3 == len(house.told)


async def test_whoever_waits_for_room_waits_no_longer_than_their_own_time() -> None:
    """The one in front may have more time left than they have."""
    house = House()
    await house.ask("a")
    assert not await house.ask("end", common=None, within=0.01)
    house.go.set()
    await house.rest()
    assert ["a"] == house.granted


async def test_those_that_waited_have_the_time_of_the_oldest_of_them() -> None:
    """A page's patience begins when it asks, not when its turn comes."""
    house = House()
    await house.ask("a")
    await house.ask("b", within=0.05)
    await house.ask("c")
    await until(lambda: house.done, what="the first to be under way")
    first, house.go = house.go, asyncio.Event()
    first.set()
    await until(lambda: len(house.told) == 3, what="the answers")
    assert [("b", LATE), ("c", LATE)] == house.told[1:]
    house.go.set()
    await until(lambda: not house.lane.stuck, what="the end")


async def test_nobody_overtakes_those_at_the_door() -> None:
    """Posts side by side are read by several; whoever came first has the least time left."""
    house = House()
    await house.ask("a")
    asked = []
    for number in range(30):
        common = None if number < 3 or number % 4 == 0 else SAYS
        asked.append(asyncio.create_task(house.ask(f"{number}", common=common)))
        await asyncio.sleep(0)
        if number == 3:
            house.go.set()
    assert all(await asyncio.gather(*asked))
    await house.rest()
    assert ["a", *(f"{number}" for number in range(30))] == house.granted


async def test_an_answer_that_cannot_be_told_is_no_other_ones_matter(caplog: pytest.LogCaptureFixture) -> None:
    """It is a fault of ours, and logged; the others are answered, and the lane goes on."""
    house = House()
    await house.ask("a")

    def tell(_answer: wire.Shape) -> None:
        raise ZeroDivisionError

    house.lane.begin(Ask("b", [], 1, asyncio.get_running_loop().time() + LONG, tell, SAYS), house.work)
    await house.ask("c")
    house.go.set()
    await house.rest()
    assert ["a", "c"] == house.granted
    assert ["An answer could not be told."] == [record.message for record in caplog.records]
    assert await house.ask("d")


async def test_work_that_fails_leaves_nobody_without_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    """It never should; the lane takes the next."""
    house = House()

    def fail(_asks: Sequence[Ask], _answered: Answered) -> None:
        raise ZeroDivisionError

    due = asyncio.get_running_loop().time() + LONG
    house.lane.begin(Ask("a", [], 1, due, lambda answer: house.told.append(("a", answer)), SAYS), fail)
    assert [("a", LATE)] == house.told
    assert ["An ask could not be begun."] == [record.message for record in caplog.records]
    house.go.set()
    assert await house.ask("b")
    await house.rest()
    assert ["b"] == house.granted


_STEPS = st.lists(st.one_of(st.tuples(st.just("ask"), st.sampled_from([SAYS, None])), st.just(("go", None))))


@given(steps=_STEPS, most=st.integers(min_value=1, max_value=3))
def test_every_ask_is_answered_once_and_in_order(steps: list[tuple[str, object]], most: int) -> None:
    """Whatever comes when, and however long the work takes."""

    async def play() -> None:
        house = House(most=most)
        asked: list[asyncio.Task[bool]] = []
        for step, common in steps:
            if step == "ask" and not any(not task.done() for task in asked):  # A line is read by one reader.
                asked.append(asyncio.create_task(house.ask(f"{len(asked)}", common=common)))
            elif step == "go":
                house.go.set()
            await asyncio.sleep(0)
        house.go.set()
        assert all(await asyncio.gather(*asked))
        await house.rest()
        names = [f"{number}" for number in range(len(asked))]
        assert names == house.granted == [name for batch in house.done for name in batch]

    asyncio.run(play())
