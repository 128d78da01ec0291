"""Fuzz at a running server: streams of mutated frames over raw websockets and polls, beside an honest visitor."""

import asyncio
import logging
import math
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings

from middleware.app import Seams
from tests.journeys.page import Page
from tests.journeys.town import Town, open_town
from tests.waiting import until
from tests.wall.mutations import RIGHT, Frame, programs
from tests.wall.street import Poller, inside, websocket, with_limits

ROUNDS = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""Enough for every test run; `make fuzz` and the torture's T15 do very many more."""


_WIDE = with_limits(frames_at_once=10**6, sockets_per_address=100_000)


class Street:
    """A town that stays up for all rounds, on a loop of its own, for hypothesis calls plain functions."""

    def __init__(self, folder: Path, seams: Seams = _WIDE) -> None:
        self._runner = asyncio.Runner()
        self._opening = open_town(folder, replace(seams, limits=_WIDE.limits))
        self._said = 0
        self.town: Town = self.run(self._opening.__aenter__())
        self._page: Page = self.run(self._honest())

    def run(self, what: Coroutine[Any, Any, Any]) -> Any:
        """Do it on the town's loop."""
        return self._runner.run(what)

    def close(self) -> None:
        """Close the town."""
        self.run(self._opening.__aexit__(None, None, None))
        self._runner.close()

    async def is_well(self) -> None:
        """The honest visitor is served as ever, and no stranger is left anywhere."""
        self._said += 1
        answer = await self._page.grant("say", {"ask_id": f"{self._said}", "text": f"{self._said}"})
        assert self._said == answer["seq"]
        engine = self.town.server.eio
        await until(lambda: 1 == inside(self.town.server) == len(engine.lines) == len(engine.sockets), what="their end")
        assert [] == [news for news in self._page.texts() if not news.isdigit()]

    async def _honest(self) -> Page:
        page, _ = await self.town.visitor("Honest")
        return page


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """One for all rounds."""
    opened = Street(tmp_path_factory.mktemp("street"))
    yield opened
    opened.close()


@pytest.fixture
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing unforeseen happens, and the log has a line a second at most."""
    caplog.set_level(logging.INFO)
    caplog.clear()
    yield
    lines = [line for line in caplog.get_records("call") if line.name.startswith("middleware.web")]
    assert [] == [line for line in lines if line.exc_info or line.levelno > logging.WARNING]
    refused = [line for line in lines if "refused" in line.getMessage()]
    seconds = math.ceil(refused[-1].created - refused[0].created) if refused else 0  # by another clock than the house's
    assert len(refused) <= 1 + seconds


@ROUNDS
@given(program=programs(most=12))
def test_no_stream_of_frames_leaves_a_zombie_or_disturbs_a_visitor(
    street: Street, quiet_log: None, program: Sequence[Frame]
) -> None:
    """Over a websocket; whatever it is, the socket ends when it is closed, or before."""
    street.run(_over_websocket(street, program))


@ROUNDS
@given(program=programs(most=12))
def test_no_polling_body_leaves_a_zombie_or_disturbs_a_visitor(
    street: Street, quiet_log: None, program: Sequence[Frame]
) -> None:
    """Over polling: each body is answered 200 or 400, never 500, and never not at all."""
    street.run(_over_polling(street, program))


@pytest.mark.parametrize("frame", RIGHT)
def test_what_is_right_does_no_harm_either(street: Street, quiet_log: None, frame: str) -> None:
    """The seeds of the fuzz themselves."""
    street.run(_over_websocket(street, [frame]))
    street.run(_over_polling(street, [frame]))


async def _over_websocket(street: Street, program: Sequence[Frame]) -> None:
    raw = await (await websocket(street.town.http, street.town.url)).join()
    try:
        await raw.send(*program)
    except (ConnectionError, aiohttp.ClientError):
        pass  # It was ended before it had said all.
    finally:
        await raw.websocket.close()
    await street.is_well()


async def _over_polling(street: Street, program: Sequence[Frame]) -> None:
    poller = await Poller(street.town.http, street.town.url).join()
    parts = [part if isinstance(part, bytes) else part.encode(errors="surrogatepass") for part in program]
    status, _ = await poller.post(b"\x1e".join(parts))
    assert status in {200, 400}
    await poller.post("1")
    await street.is_well()
