"""What a page leaves behind when it goes: nothing that only a search for circles would find."""

import gc
from pathlib import Path

from tests.journeys.town import open_town
from tests.waiting import until
from tests.wall.street import websocket


def _websockets() -> int:
    return sum(type(one).__module__ == "middleware.web.websocket" for one in gc.get_objects())


async def test_a_websocket_that_ended_is_gone_at_once(tmp_path: Path) -> None:
    """The server looks for circles seldom, so that it does not stand still for them."""
    async with open_town(tmp_path) as town:
        raws = [await (await websocket(town.http, town.url)).join() for _ in range(5)]
        await raws[0].ask("open", {})
        before = _websockets()
        assert before >= 15
        gc.collect()
        gc.disable()
        try:
            for raw in raws:
                await raw.websocket.close()
            await until(lambda: not _websockets(), what="five websockets to be gone")
        finally:
            gc.enable()
