"""nginx with this project's configuration, in a folder of the tests' own, for this machine alone."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import free_port

START_SECONDS = 60.0
"""How long it may take to answer before the tests give up: the machine may be busy."""
WHY_NOT = "No nginx is installed: sudo apt-get install nginx-light"
CONFIGURATION = Path(__file__).parents[2] / "deploy/nginx.conf"


def program() -> Path | None:
    """The program; Debian keeps it where only root looks for programs."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    return None if found is None else Path(found)


def placed(text: str, folder: Path, *, port: int, nodes: Mapping[str, str]) -> str:
    """The configuration with other addresses, and with nothing outside the folder."""
    for name, address in nodes.items():
        text, changed = re.subn(rf"server {name}:\d+", f"server {address}", text)
        assert changed == 1, f"{name} is not in the configuration"
    parts = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"    {part}_temp_path {folder}/{part};\n" for part in parts)
    text = text.replace("http {\n", f"http {{\n{paths}", 1).replace("listen 80;", f"listen 127.0.0.1:{port};", 1)
    return text.replace("/dev/stdout", f"{folder}/access.log")


@contextmanager
def running(program: Path, folder: Path, *, nodes: Mapping[str, str]) -> Iterator[str]:
    """Its address; `nodes` are the addresses of those that the configuration names."""
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(placed(CONFIGURATION.read_text(), folder, port=port, nodes=nodes))
    main = f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; {_owner()}"
    command: list[str | Path] = ["setpriv", "--pdeathsig", "SIGTERM", program, "-p", folder, "-c", file, "-g", main]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_until_open(port, process, folder)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(START_SECONDS)


def _wait_until_open(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise ChildProcessError((folder / "error.log").read_text()) from None
            time.sleep(0.02)
        else:
            return


def _owner() -> str:
    """Whom its workers belong to: the tests' folder is not everybody's."""
    return "user root;" if os.geteuid() == 0 else ""
