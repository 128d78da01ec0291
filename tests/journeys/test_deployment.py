"""Every command of a deployment, run: what Heroku builds and starts, what is in the image, what is in the wheel."""

import asyncio
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urljoin

import aiohttp
import pytest
from aiohttp.test_utils import unused_port

from tests.house.test_deployment import APP, COMPOSE
from tests.house.test_settings import GOOD
from tests.journeys.images import ROOT, Dockerfile, clone, run, surroundings
from tests.servers.postgres import Postgres, programs
from tests.servers.redis import Redis
from tests.waiting import DEADLINE, until

FETCHED = ("/", "/widget.js", "/socket.io/socket.io.js", "/socket.io/socket.io.esm.js")
"""What a browser begins with; the rest is named in these."""
DOCKERFILE = Dockerfile((ROOT / "Dockerfile").read_text())


@pytest.fixture(scope="module")
def cloned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it is cloned, with what browsers fetch built by what a production installation has."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed.")
    folder = clone(tmp_path_factory.mktemp("clone"))
    run("npm run --silent build", folder)
    return folder


@asynccontextmanager
async def started(*command: str, folder: Path, **environment: str) -> AsyncIterator[str]:
    """The command, up, and its address; it must end cleanly when it is told to."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=surroundings(**environment),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            while not (found := re.search(rb"http://[\w.]+:(\d+)\b", line := await process.stdout.readline())):
                assert line, "it ended before it listened"
        yield f"http://127.0.0.1:{int(found[1])}"
        process.send_signal(signal.SIGTERM)
        assert 0 == await asyncio.wait_for(process.wait(), DEADLINE)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def fetch_all(url: str, *first: str) -> set[str]:
    """Fetch these and all that they name, as a browser does; each path. Everything must be there."""
    seen: dict[str, str] = {}
    wanted = list(first)
    async with aiohttp.ClientSession() as http:
        while wanted:
            path = wanted.pop()
            if path in seen:
                continue
            async with http.get(url + path) as answer:
                assert 200 == answer.status, path
                seen[path] = text = await answer.text()
            kind = r"[\w./-]+\.(?:js|css|svg)"
            named = re.findall(rf"""(?:src|href)="(/{kind})"|["'`]((?:\.{{1,2}}/|widget/){kind})["'`]""", text)
            wanted += [urljoin(path, one or other) for one, other in named]
    return set(seen)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What a server needs to be told, on a free port."""
    return GOOD | {"PORT": str(unused_port()), "DATABASE_URL": f"sqlite:///{folder}/relay.db", **more}


def are_all(paths: set[str], *, built: Path) -> None:
    """Whether every script that was built for pages was fetched."""
    wanted = {f"/{file.relative_to(built).as_posix()}" for file in built.glob("widget/*.js")} - {"/widget/room.js"}
    assert len(wanted) > 6, "the panel, and every language"
    assert {*FETCHED, "/page/page.js", "/page/page.css", *wanted} <= paths


async def test_heroku_releases_and_serves_what_it_has_built(cloned: Path, tmp_path: Path) -> None:
    """The lines of the Procfile, in what the two build packs leave: no development package, no test's help."""
    lines = dict(line.split(": ", 1) for line in (cloned / "Procfile").read_text().splitlines())
    assert {"web", "release"} == set(lines)
    told = environment(tmp_path)
    assert "schema 0 → " in run(lines["release"], cloned, **told)
    async with started("sh", "-c", f"exec env {lines['web']}", folder=cloned, **told) as url:
        are_all(await fetch_all(url, *FETCHED), built=cloned / "static/dist")
        async with aiohttp.ClientSession() as http, http.get(f"{url}/ready") as answer:
            assert 200 == answer.status
    assert {"web"} == set(APP["formation"]) <= set(lines)


async def test_the_image_holds_all_that_it_runs(cloned: Path, tmp_path: Path) -> None:
    """What the Dockerfile copies, its command, and the question by which it is known to be well."""
    folder = DOCKERFILE.build(tmp_path, context=cloned)
    data = tmp_path / "data"
    inside = DOCKERFILE.environment
    told = environment(tmp_path, DATABASE_URL=inside["DATABASE_URL"].replace("/data", str(data)))
    probe = [*DOCKERFILE.healthcheck]
    assert told["DATABASE_URL"] == f"sqlite:///{data}/relay.db"
    async with started(*DOCKERFILE.command, folder=folder, **told) as url:
        are_all(await fetch_all(url, *FETCHED), built=folder / "static/dist")
        assert 0 == await ended(*probe, folder=folder, PORT=told["PORT"])
    assert 0 != await ended(*probe, folder=folder, PORT=told["PORT"])
    assert inside["PORT"] == DOCKERFILE.one("EXPOSE")


async def ended(*command: str, folder: Path, **environment: str) -> int:
    """The exit code of a command that was run there."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=surroundings(**environment), stderr=asyncio.subprocess.DEVNULL
    )
    return await asyncio.wait_for(process.wait(), DEADLINE)


async def test_the_wheel_holds_all_that_browsers_fetch(cloned: Path, tmp_path: Path) -> None:
    """Installed somewhere else, without the checkout: the page, the widget with its languages, the agents' desk."""
    pip = f"{sys.executable} -m pip --disable-pip-version-check --no-input --quiet"
    run(f"{pip} wheel --no-deps --no-index --no-build-isolation --wheel-dir {tmp_path}/dist .", cloned)
    site = tmp_path / "site"
    run(f"{pip} install --no-deps --no-index --target {site} {tmp_path}/dist/*.whl", tmp_path)
    told = environment(tmp_path, PYTHONPATH=str(site))
    async with started(sys.executable, "-m", "middleware", "serve", folder=tmp_path, **told) as url:
        are_all(await fetch_all(url, *FETCHED), built=cloned / "static/dist")
    desk = [sys.executable, "-m", "middleware", "simulator", "--port", "0"]
    async with started(*desk, folder=tmp_path, PYTHONPATH=str(site)) as url:
        files = {f"/desk/{file.name}" for file in (cloned / "static/dist/desk").iterdir()}
        assert files - {"/desk/index.html"} <= await fetch_all(url, "/desk/")


def test_composes_question_to_postgresql_is_one_it_answers(postgres: Postgres) -> None:
    """A check that always fails would start no node."""
    found = programs()
    assert found is not None
    _, program, *arguments = COMPOSE["services"]["postgres"]["healthcheck"]["test"]
    here = ["-h", "127.0.0.1", "-p", str(postgres.port)]
    assert 0 == subprocess.run([found / program, *arguments, *here], check=False).returncode
    assert 0 != subprocess.run([found / program, *arguments, "-h", "127.0.0.1", "-p", "1"], check=False).returncode


async def test_composes_redis_starts_with_its_options_and_answers(redis: Redis) -> None:
    """As it is written there."""
    port = str(unused_port())
    process = await asyncio.create_subprocess_exec(
        *COMPOSE["services"]["redis"]["command"],
        "--port",
        port,
        "--bind",
        "127.0.0.1",
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        _, *question = COMPOSE["services"]["redis"]["healthcheck"]["test"]
        here = [question[0], "-p", port, *question[1:]]

        async def answers() -> bool:
            asking = await asyncio.create_subprocess_exec(*here, stdout=asyncio.subprocess.PIPE)
            told, _ = await asking.communicate()
            return told.strip() == b"PONG"

        await until(answers, what="Redis's answer")
    finally:
        process.terminate()
        await process.wait()
