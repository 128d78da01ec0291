"""Medians over rounds, ratios within rounds, and what was to be reached."""

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bench.steps import OLD_MESSAGES, Figures

Round: TypeAlias = Figures
_Of: TypeAlias = Callable[[Round], float]


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that is to be reached: at least, or at most (`least` False)."""

    what: str
    of: _Of
    must: float
    aim: float
    least: bool = True

    def reached(self, value: float, bound: float) -> bool:
        """Whether the value is good enough."""
        return value >= bound if self.least else value <= bound


def targets(*, most: int) -> Sequence[Target]:
    """The figures to reach; `most` is how many connections are many."""
    return (
        Target("inbound ÷ bare python-socketio echo, 1,000 visitors", _per_core("inbound 1000", "echo default"), 1, 2),
        Target("outbound ÷ the same", _per_core("outbound 1000", "echo default"), 1, 1.4),
        Target("inbound ÷ the tutorial in Node, 1 visitor", _per_core("inbound 1", "tutorial 1"), 0.6, 1),
        Target("inbound ÷ the tutorial in Node, 100 visitors", _per_core("inbound 100", "tutorial 100"), 8, 15),
        Target("inbound ÷ the tutorial in Node, 1,000 visitors", _per_core("inbound 1000", "tutorial 1000"), 60, 120),
        Target(
            "acknowledgement, p99 at half the ceiling, ms",
            _plain("acknowledged at half the ceiling: p99 ms"),
            20,
            5,
            least=False,
        ),
        Target("memory of an idle browser, KB", _plain("idle relay: KB a connection"), 40, 16, least=False),
        Target("longest pause under load, ms", _plain("longest pause under load: ms"), 50, 10, least=False),
        Target(
            f"CPU a message, {most:,} connected ÷ 100",
            _cpu(f"inbound, {most} connected", "inbound, 100 connected"),
            1.3,
            1.1,
            least=False,
        ),
        Target(
            f"CPU a message, {OLD_MESSAGES:,} stored ÷ none",
            _cpu(f"inbound, {OLD_MESSAGES} stored", "inbound, 0 stored"),
            1.2,
            1.05,
            least=False,
        ),
        Target("start to first acknowledgement, s", _plain("start to first acknowledgement: s"), 1.5, 0.7, least=False),
    )


def _plain(name: str) -> _Of:
    return lambda figures: figures[name]


def _cpu(name: str, beside: str) -> _Of:
    return lambda figures: figures[f"{name}: CPU µs"] / figures[f"{beside}: CPU µs"]


def _per_core(name: str, beside: str) -> _Of:
    """How many times as much a core carries."""
    return _cpu(beside, name)


def medians(rounds: Sequence[Round]) -> Figures:
    """The middle of each figure."""
    names = dict.fromkeys(name for figures in rounds for name in figures)
    return {name: statistics.median(figures[name] for figures in rounds if name in figures) for name in names}


def table(rounds: Sequence[Round], *, most: int) -> str:
    """Every target with its value, and every figure; Markdown."""
    lines = ["| | measured | least … most | must | aim |", "|---|---|---|---|---|"]
    for target in targets(most=most):
        values = _values(target, rounds)
        if values:
            lines.append(_row(target, values))
    lines += ["", "| figure | median |", "|---|---|"]
    lines += [f"| {name} | {_number(value)} |" for name, value in medians(rounds).items()]
    return "\n".join(lines)


def _values(target: Target, rounds: Sequence[Round]) -> list[float]:
    found = []
    for figures in rounds:
        try:
            found.append(target.of(figures))
        except KeyError:
            continue  # This step was not asked for.
    return found


def _row(target: Target, values: Sequence[float]) -> str:
    middle = statistics.median(values)
    sign = "≥" if target.least else "≤"
    marks = [f"{sign} {bound:g} {'✓' if target.reached(middle, bound) else '✗'}" for bound in (target.must, target.aim)]
    spread = f"{_number(min(values))} … {_number(max(values))}"
    return f"| {target.what} | **{_number(middle)}** | {spread} | {marks[0]} | {marks[1]} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def as_json(rounds: Sequence[Round], *, machine: Mapping[str, str]) -> str:
    """Everything, for other programs."""
    return json.dumps({"machine": machine, "median": medians(rounds), "rounds": list(rounds)}, indent=2)
