"""The one picture of a run: how many messages a second one core carries; each step of its scale is ten times more."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple


class _Bar(NamedTuple):
    figure: str
    words: str
    colour: str


_BESIDE, _OURS, _THEIRS = "#8a94a6", "#2563c9", "#c2571a"
_BARS: Sequence[_Bar] = (
    _Bar("echo node", "Node's socket.io, a bare echo", _BESIDE),
    _Bar("echo tuned", "python-socketio, a bare echo, tuned", _BESIDE),
    _Bar("echo default", "python-socketio, a bare echo", _BESIDE),
    _Bar("outbound 1000", "the relay, agent to visitor, 1,000 visitors", _OURS),
    _Bar("inbound 1000", "the relay, visitor to Flex, 1,000 visitors", _OURS),
    _Bar("inbound 100", "the relay, visitor to Flex, 100 visitors", _OURS),
    _Bar("tutorial 1", "the tutorial in Node, 1 visitor", _THEIRS),
    _Bar("tutorial 100", "the tutorial in Node, 100 visitors", _THEIRS),
    _Bar("tutorial 1000", "the tutorial in Node, 1,000 visitors", _THEIRS),
)
_LEFT, _WIDE, _ROW, _TOP = 310, 420, 30, 56
_LEAST, _MOST = 10, 100_000


def picture(figures: Mapping[str, float]) -> str:
    """An SVG of the medians that are there."""
    bars = [(bar, 1e6 / figures[f"{bar.figure}: CPU µs"]) for bar in _BARS if f"{bar.figure}: CPU µs" in figures]
    bottom = _TOP + len(bars) * _ROW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDE + 90} {bottom + 34}"'
        ' font-family="system-ui, sans-serif" font-size="14" role="img">',
        "<title>Messages a second that one core carries</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        '<text x="16" y="28" font-size="17" font-weight="600" fill="#1b2330">'
        "Messages a second that one core carries (each line is ten times the last)</text>",
        *(_line(10**power, bottom) for power in range(1, 6)),
        *(_bar(bar, value, _TOP + at * _ROW) for at, (bar, value) in enumerate(bars)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _place(value: float) -> float:
    share = math.log(max(value, _LEAST) / _LEAST) / math.log(_MOST / _LEAST)
    return _LEFT + _WIDE * min(share, 1.0)


def _line(value: int, bottom: int) -> str:
    at = _place(value)
    return (
        f'<line x1="{at:.0f}" y1="{_TOP - 8}" x2="{at:.0f}" y2="{bottom}" stroke="#d8dde5"/>'
        f'<text x="{at:.0f}" y="{bottom + 20}" text-anchor="middle" fill="#5b6472">{value:,}</text>'
    )


def _bar(bar: _Bar, value: float, top: int) -> str:
    end = _place(value)
    return (
        f'<text x="{_LEFT - 10}" y="{top + 15}" text-anchor="end" fill="#1b2330">{escape(bar.words)}</text>'
        f'<rect x="{_LEFT}" y="{top}" width="{end - _LEFT:.0f}" height="20" rx="3" fill="{bar.colour}"/>'
        f'<text x="{end + 8:.0f}" y="{top + 15}" fill="#1b2330">{_rounded(value):,}</text>'
    )


def _rounded(value: float) -> int:
    """Two digits are all that a machine repeats."""
    step: int = 10 ** max(0, math.floor(math.log10(value)) - 1)
    return round(value / step) * step
