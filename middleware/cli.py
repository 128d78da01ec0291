"""The way in: `python -m middleware serve | demo | simulator`. Each command parses, calls one room, and prints."""

import asyncio
import gc
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import uvloop

import middleware
from middleware.app import serving, static_files
from middleware.cli_account import flows, provision
from middleware.cli_doctor import doctor
from middleware.cli_revoke import revoke
from middleware.cli_store import copy, migrate
from middleware.logs import set_up_logs
from middleware.relay.errors import HouseError
from middleware.settings import Backend, BadSettings, LogFormat, Settings, read_settings

if TYPE_CHECKING:
    from middleware.simulator import Plan, Seed

MISCHIEF = ("mild", "wild")
"""The simulator's presets. It is imported by who runs it: `serve` starts quicker without."""

_BACKENDS = click.Choice([kind.value for kind in Backend])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(middleware.__version__)
def main() -> None:
    """Bring your own Socket.IO chat into Twilio Flex."""


for command in (provision, doctor, flows, revoke, migrate, copy):
    main.add_command(command)


@main.command()
def serve() -> None:
    """Run the middleware with the settings of the environment."""
    settings = _settings()
    json = settings.log_format is LogFormat.JSON
    set_up_logs(json=json, level=settings.log_level, details=settings.log_details)
    _run(_serve(settings, _listen(settings.host, settings.port, remedy="Set PORT or HOST."), announce=_say_listening))


@main.command()
@click.option("--port", default=8080, show_default=True, help="The page's port; the next free one if it is taken.")
@click.option("--desk-port", default=8081, show_default=True, help="The desk's port, likewise.")
@click.option("--backend", type=_BACKENDS, default=Backend.PROGRAMMABLE_CHAT.value, show_default=True)
@click.option("--mischief", type=click.Choice(MISCHIEF), help="Let the pretend Twilio misbehave.")
def demo(port: int, desk_port: int, backend: str, mischief: str | None) -> None:
    """Run everything on this machine, without any account: the middleware, a pretend Twilio and its agents' desk."""
    set_up_logs(json=False, level="INFO", details=True)
    with tempfile.TemporaryDirectory(prefix="flex-demo-") as folder:
        ports = Ports(port, desk_port)
        _run(_demo(Path(folder), ports, backend=Backend(backend), mischief=_plan(mischief)))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8081, show_default=True)
@click.option("--mischief", type=click.Choice(MISCHIEF), help="Let it misbehave.")
def simulator(host: str, port: int, mischief: str | None) -> None:
    """Run the pretend Twilio alone, to point any Twilio client at."""
    set_up_logs(json=False, level="INFO")
    _run(_simulate(host, port, mischief=_plan(mischief)))


async def _serve(settings: Settings, listener: socket.socket, *, announce: Callable[[str], None]) -> None:
    async with serving(settings, listener):
        _relax_collector()
        announce(_address(listener))
        await _stopped()


def _relax_collector() -> None:
    """What the start has made stays for good, and a chat makes little garbage in circles: look for it more rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


_COLLECT_AFTER = (100_000, 50, 1000)
"""Objects more than were freed, then collections of the generation below. Python's own: 700, 10, 10."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the demo's page and desk are; 0 takes a free one."""

    page: int
    desk: int


async def _demo(folder: Path, ports: Ports, *, backend: Backend, mischief: "Plan | None") -> None:
    from middleware.simulator import Seed, serve_simulator  # noqa: PLC0415

    seed = Seed()
    desk = static_files() / "dist" / "desk"
    async with serve_simulator(seed, port=_free(ports.desk), desk_files=desk, mischief=mischief) as twilio:
        listener = _listen("127.0.0.1", _free(ports.page), remedy="Choose another --port.")
        page = _address(listener)
        await _serve(
            _demo_settings(seed, backend, folder=folder, page=page, twilio=twilio),
            listener,
            announce=lambda _: _say_demo(page, twilio),
        )


async def _simulate(host: str, port: int, *, mischief: "Plan | None") -> None:
    from middleware.simulator import Seed, serve_simulator  # noqa: PLC0415

    seed, desk = Seed(), static_files() / "dist" / "desk"
    async with serve_simulator(seed, host=host, port=port, desk_files=desk, mischief=mischief) as address:
        click.echo(f"Twilio's API   {address}   (account {seed.account_sid}, token {seed.auth_token})")
        click.echo(f"Agents' desk   {address}/desk/")
        await _stopped()


def _demo_settings(seed: "Seed", backend: Backend, *, folder: Path, page: str, twilio: str) -> Settings:
    own = {
        Backend.PROGRAMMABLE_CHAT: {"flex_flow_sid": seed.flow_sid},
        Backend.CONVERSATIONS: {"flex_address_sid": seed.address_sid},
    }
    return read_settings(
        {},
        public_url=page,
        twilio_account_sid=seed.account_sid,
        twilio_auth_token=seed.auth_token,
        backend=backend,
        flex_chat_service_sid=seed.chat_service_sid,
        flex_workspace_sid=seed.workspace_sid,
        token_keys=secrets.token_hex(32),
        allowed_origins=page.replace("127.0.0.1", "localhost"),
        database_url=f"sqlite:///{folder / 'relay.db'}",
        twilio_api_url=twilio,
        **own[backend],
    )


def _plan(preset: str | None) -> "Plan | None":
    from middleware.simulator import PRESETS  # noqa: PLC0415

    return None if preset is None else PRESETS[preset]


def _say_listening(address: str) -> None:
    click.echo(f"Listening on {address}")


def _say_demo(page: str, twilio: str) -> None:
    click.echo()
    click.echo(f"  Chat page      {page}/")
    click.echo(f"  Agents' desk   {twilio}/desk/")
    click.echo(f"  Health         {page}/ready")
    click.echo()
    click.echo("Say something on the page, accept it at the desk. Ctrl-C stops.")


def _settings() -> Settings:
    try:
        return read_settings()
    except BadSettings as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def _listen(host: str, port: int, *, remedy: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise click.ClickException(f"Cannot listen on {host} port {port}: {error.strerror}. {remedy}") from error


def _free(port: int) -> int:
    """The port if nobody has it, else 0: any free one. Says so."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            click.echo(f"Port {port} is taken; another one will do.")
            return 0
    return port


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


async def _stopped() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        uvloop.run(work)
    except (BadSettings, HouseError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("Stopped.")
