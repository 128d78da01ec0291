"""How long things took, out of a history."""

from collections.abc import Iterable, Sequence

from tests.torture.history import Acked, AgentSaid, Asked, Deed, Told


def to_acknowledge(history: Iterable[Deed]) -> list[float]:
    """Seconds from each text asked to its acknowledgement."""
    asked: dict[str, float] = {}
    took = []
    for deed in history:
        match deed:
            case Asked():
                asked[deed.text] = deed.at
            case Acked():
                took.append(deed.at - asked[deed.text])
    return took


def to_the_page(history: Iterable[Deed]) -> list[float]:
    """Seconds from each agent's text to the first page that was told it."""
    said: dict[str, float] = {}
    took = []
    for deed in history:
        match deed:
            case AgentSaid():
                said[deed.text] = deed.at
            case Told() if deed.text in said:
                took.append(deed.at - said.pop(deed.text))
    return took


def spread(took: Sequence[float]) -> str:
    """The middle, the 99th of a hundred, and the longest."""
    if not took:
        return "none"
    ordered = sorted(took)
    p99 = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return f"p50 {_seconds(ordered[len(ordered) // 2])}, p99 {_seconds(p99)}, most {_seconds(ordered[-1])}"


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
