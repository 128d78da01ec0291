"""Ports for those who begin to listen later, or more than once."""

import itertools
import secrets
import socket
from contextlib import suppress

_FIRST, _MANY = 21_000, 11_000
"""Linux gives ports from 32768 on to outgoing connections: one of theirs may be taken while its server is down."""
_steps = itertools.count(secrets.randbelow(_MANY))


def free_port() -> int:
    """A port nobody listens on, and another one each time."""
    for step in itertools.islice(_steps, _MANY):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", _FIRST + step % _MANY))
            return int(probe.getsockname()[1])
    raise OSError("no free port")
