"""Every number that the sockets' wall holds to, with its unit and its reason; docs/security.md shows them all."""

from dataclasses import dataclass, field
from typing import Any


def _limit(default: Any, unit: str, reason: str) -> Any:
    return field(default=default, metadata={"unit": unit, "reason": reason})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one node, one address, one visitor and one socket may have. Tests turn single numbers down."""

    most_sockets: int = _limit(
        10_000, "sockets on a node", "about 40 KB of memory each; beyond it 503. Setting `MOST_SOCKETS`"
    )
    sockets_per_address: int = _limit(
        500,
        "sockets from an address",
        "a large office, or a mobile network's gateway, is one address. All rates of an address follow from it."
        " Setting `SOCKETS_PER_ADDRESS`",
    )
    sockets_per_visitor: int = _limit(
        20, "sockets of a visitor", "tabs, and connections that died unnoticed; beyond it the oldest is disconnected"
    )
    connect_seconds: float = _limit(
        20.0, "s", "a socket in no namespace, or an upgrade that does not come, is cut: a page needs one round trip"
    )
    ping_seconds: float = _limit(25.0, "s between pings", "as Socket.IO does; below the usual idle timeouts")
    pong_seconds: float = _limit(20.0, "s for the answer", "a half-open socket is noticed after both together")
    frame_bytes: int = _limit(
        262_144, "bytes in a frame or polling body", "32,000 bytes of text are 192,000 when every character is escaped"
    )
    packets_per_post: int = _limit(
        500, "packets in a polling body", "a page that was offline sends all it has at once; more is refused aloud"
    )
    body_seconds: float = _limit(20.0, "s for a polling body", "262,144 bytes over a slow mobile line")
    frames_per_second: float = _limit(
        20.0,
        "frames/s of a socket, lasting",
        "nobody types faster; each 16 KB begun count as one. Setting `FRAMES_PER_SECOND`",
    )
    frames_at_once: int = _limit(
        200, "frames of a socket at once", "what was typed offline, and the asks of a page; ten times the rate"
    )
    unread_frames: int = _limit(
        1_000, "frames that a socket has not taken", "beyond it the socket is cut, and catches up from the store"
    )
    unread_bytes: int = _limit(
        1_000_000, "bytes that a socket has not taken", "the same; a single larger frame goes out alone"
    )
    unsent_bytes: int = _limit(
        131_072, "bytes in the system's own buffer", "it would take megabytes more for a socket that does not read"
    )
    ask_seconds: float = _limit(
        8.0, "s until an ask is answered", "below a page's patience of 10 s, and below the time for a pong"
    )
    asks_together: int = _limit(
        16, "asks that wait to go together", "what a page says in a row is stored at once; more is not read meanwhile"
    )
    ask_chars: int = _limit(
        4_096, "characters of an ask that may wait", "a larger one goes alone: a slow store must not fill the memory"
    )
    goodbye_seconds: float = _limit(1.0, "s", "how long an ended socket may take to read that it is closed")
    log_seconds: float = _limit(1.0, "s between lines about an address", "a flood must not become a flood of log lines")

    @property
    def handshakes_at_once(self) -> int:
        """After a restart every socket of an address comes back at the same time, and may have to try twice."""
        return self.sockets_per_address * 2

    @property
    def handshakes_per_second(self) -> float:
        """Lasting; 20 with the default."""
        return self.sockets_per_address / 25

    @property
    def address_frames_at_once(self) -> int:
        """Of all sockets of an address together."""
        return self.sockets_per_address * 10

    @property
    def address_frames_per_second(self) -> float:
        """Of all sockets of an address together, lasting."""
        return float(self.sockets_per_address)
