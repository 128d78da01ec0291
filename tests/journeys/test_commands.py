"""The commands, as processes of their own: what a deployment runs."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp.test_utils import unused_port

from tests.flex.twilio import open_twilio
from tests.house.test_settings import GOOD
from tests.journeys.page import Page
from tests.waiting import DEADLINE

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def running(*arguments: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command, ended with the block if it has not ended itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "middleware",
        *arguments,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(process: asyncio.subprocess.Process) -> str:
    """The next line it prints."""
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), DEADLINE)).decode().strip()


async def test_serve_honours_port_talks_and_stops_cleanly(tmp_path: Path) -> None:
    """With nothing but an environment, as Heroku gives it: PORT in, SIGTERM out."""
    port = unused_port()
    async with open_twilio() as twilio:
        environment = GOOD | {
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "PORT": str(port),
            "DATABASE_URL": f"sqlite:///{tmp_path / 'folders' / 'are made' / 'relay.db'}",
            "TWILIO_API_URL": twilio.url,
        }
        async with running("serve", **environment) as process, aiohttp.ClientSession() as http:
            assert f"Listening on http://0.0.0.0:{port}" == await line(process)
            async with http.get(f"http://127.0.0.1:{port}/ready") as answer:
                assert {"ready": True, "store": "ok", "flex": "none", "outbox": "ok"} == await answer.json()
            page = await Page(f"http://127.0.0.1:{port}").connect()
            await page.grant("open")
            process.send_signal(signal.SIGTERM)
            assert 0 == await asyncio.wait_for(process.wait(), DEADLINE)
            await page.close()


async def test_a_port_that_is_taken_is_told_without_a_traceback(tmp_path: Path) -> None:
    """And what to do about it."""
    listener = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    environment = GOOD | {"PORT": str(port), "HOST": "127.0.0.1", "DATABASE_URL": f"sqlite:///{tmp_path}/relay.db"}
    async with listener, running("serve", **environment) as process:
        _, told = await asyncio.wait_for(process.communicate(), DEADLINE)
    assert 1 == process.returncode
    assert f"Cannot listen on 127.0.0.1 port {port}" in told.decode()
    assert "Traceback" not in told.decode()


async def test_a_second_server_on_the_same_store_is_refused(tmp_path: Path) -> None:
    """Two nodes on one file would each believe the other dead."""
    environment = GOOD | {"PORT": "0", "HOST": "127.0.0.1", "DATABASE_URL": f"sqlite:///{tmp_path}/relay.db"}
    async with running("serve", **environment) as first:
        assert (await line(first)).startswith("Listening on")
        async with running("serve", **environment) as second:
            _, told = await asyncio.wait_for(second.communicate(), DEADLINE)
    assert 1 == second.returncode
    assert "Traceback" not in told.decode()
    assert "relay.db" in told.decode()


async def test_the_simulator_runs_alone() -> None:
    """For everyone who develops against Flex."""
    async with running("simulator", "--port", "0") as process, aiohttp.ClientSession() as http:
        address = next(word for word in (await line(process)).split() if word.startswith("http"))
        async with http.get(f"{address}/desk/api/state") as answer:
            assert 200 == answer.status
        async with http.get(f"{address}/desk/") as page:
            assert 200 == page.status
        process.send_signal(signal.SIGINT)
        assert 0 == await asyncio.wait_for(process.wait(), DEADLINE)


def test_the_procfile_runs_serve() -> None:
    """What Heroku reads; its router is one proxy."""
    wanted = "web: TRUSTED_PROXIES=${TRUSTED_PROXIES:-1} python -m middleware serve"
    assert wanted == (ROOT / "Procfile").read_text().splitlines()[0]
