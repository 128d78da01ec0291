"""What the wall leans on inside the libraries, as it was when it was read.

A test that fails here says: the library has changed in a place whose inside we use. Read the change, see that
middleware/web/engine.py, server.py and websocket.py are still right, then write the new number.
"""

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp._websocket.reader_py import WebSocketDataQueue
from engineio import async_server, async_socket, base_server, base_socket, payload
from engineio.async_drivers import aiohttp as driver
from socketio import async_manager, base_manager
from socketio import async_server as sio_server
from socketio import base_server as sio_base

PINS: list[tuple[Callable[..., Any], str]] = [
    (web.WebSocketResponse._post_start, "5537cb3f2ecae6ed"),
    (web.WebSocketResponse.receive, "7ba90b3668b041b1"),
    (web.WebSocketResponse.close, "2d0acd02fdef1edd"),
    (WebSocketDataQueue, "526af2531df720ee"),
    (async_server.AsyncServer.attach, "7874d4dc1c319bc6"),
    (async_server.AsyncServer.handle_request, "1a8c878e35166cfe"),
    (async_server.AsyncServer._handle_connect, "5bd7edc1d1ae115a"),
    (async_server.AsyncServer._trigger_event, "4a09b6e47eb66532"),
    (async_server.AsyncServer._service_task, "b6358bda51d0b34b"),
    (async_server.AsyncServer.shutdown, "3f734c62c291d56a"),
    (async_socket.AsyncSocket, "af72dafc541d46e6"),
    (base_server.BaseServer.__init__, "a06b17502fbd9646"),
    (base_server.BaseServer._get_socket, "ae2f99e66d632944"),
    (base_server.BaseServer._log_error_once, "dccbb5602dc46a09"),
    (base_server.BaseServer._cors_allowed_origins, "d0cad0c66d5333cb"),
    (base_socket.BaseSocket, "d787ee3666d08b7a"),
    (payload.Payload, "6b839223a0a7fc97"),
    (driver.create_route, "0bb365240a062488"),
    (driver.translate_request, "20aa782740060790"),
    (sio_base.BaseServer.__init__, "6b998e091b34a563"),
    (sio_server.AsyncServer.disconnect, "7d2f76686c12cc23"),
    (sio_server.AsyncServer._handle_connect, "c97c480cf777de36"),
    (sio_server.AsyncServer._handle_disconnect, "c0b32ada5b371230"),
    (sio_server.AsyncServer._handle_event, "65178105ef8b593d"),
    (sio_server.AsyncServer._trigger_event, "01ba90cfa09ba43e"),
    (sio_server.AsyncServer._send_packet, "a00022b42c1c29e9"),
    (sio_server.AsyncServer._send_eio_packet, "64cf72a2ab7d75b1"),
    (sio_server.AsyncServer._handle_eio_connect, "76704886d944a7e6"),
    (sio_server.AsyncServer._handle_eio_message, "bef50fc0e1635921"),
    (base_manager.BaseManager, "b393b4c05dbd88e2"),
    (async_manager.AsyncManager.emit, "01ccd5b82b4f955e"),
]


@pytest.mark.parametrize(("inside", "pin"), PINS, ids=lambda value: getattr(value, "__qualname__", ""))
def test_the_inside_of_the_library_is_as_it_was_read(inside: Callable[..., Any], pin: str) -> None:
    """Guards that hang on private names must not come loose in silence."""
    assert pin == hashlib.sha256(inspect.getsource(inside).encode()).hexdigest()[:16]
