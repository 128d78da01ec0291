"""How commands look in a terminal: plans, tables and checks, aligned, readable without colour."""

import os
from collections.abc import Iterable, Iterator, Sequence

import click

from middleware.flex.setup import Change, Create, Found, Plan, Step, shown
from middleware.flex.setup_checks import Check, leads_to

_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "yellow")}


def say(*lines: str, err: bool = False) -> None:
    """Print; without colour where NO_COLOR asks for none (https://no-color.org)."""
    for line in lines:
        click.echo(line, err=err, color=False if os.environ.get("NO_COLOR") else None)


def plan_lines(plan: Plan) -> Iterator[str]:
    """What is right, then what will be done: `=` kept, `+` made, `~` changed."""
    for found in plan.kept:
        yield f"= {_title(found)}"
    for step in plan.steps:
        yield from step_lines(step)


def step_lines(step: Step) -> Iterator[str]:
    """One step as a small diff."""
    match step:
        case Create(kind, parameters):
            yield click.style(f'+ {kind} "{parameters.get("friendly_name", "")}"', fg="green")
            yield from aligned((f"    {name}", shown(value)) for name, value in parameters.items())
        case Change(found):
            yield click.style(f"~ {_title(found)}", fg="yellow")
            rows = [(f"    {name}", f"{shown(old)} → {shown(new)}") for name, old, new in step.differences]
            yield from aligned(rows)
            if step.because:
                yield f"    ({step.because})"


def table(*rows: Sequence[str]) -> list[str]:
    """Columns as wide as they need; the first row is the heading."""
    head, *rest = aligned(rows)
    return [click.style(head, bold=True), *rest]


def flow_table(flows: Iterable[Found], *, own: str | None) -> list[str]:
    """Flex Flows, the own one marked."""
    heading = ("", "FLOW", "NAME", "CHANNEL", "ENABLED", "BEGINS IN", "JANITOR", "LONG-LIVED", "CHAT SERVICE")
    after = ("janitor_enabled", "long_lived", "chat_service_sid")
    rows = [
        (*_marked(flow, own=own), *_values(flow, "channel_type", "enabled"), leads_to(flow), *_values(flow, *after))
        for flow in flows
    ]
    return table(heading, *rows)


def address_table(addresses: Iterable[Found], *, own: str | None) -> list[str]:
    """Addresses of Conversations, the own one marked."""
    heading = ("", "ADDRESS", "NAME", "TYPE", "AT", "ENABLED", "BEGINS IN", "SERVICE")
    before, after = ("type", "address", "auto_creation_enabled"), "auto_creation_conversation_service_sid"
    rows = [(*_marked(one, own=own), *_values(one, *before), leads_to(one), *_values(one, after)) for one in addresses]
    return table(heading, *rows)


def _marked(found: Found, *, own: str | None) -> tuple[str, ...]:
    return ("*" if found.sid == own else "", found.sid, found.name)


def _values(found: Found, *names: str) -> list[str]:
    return [shown(found.get(name)) for name in names]


def check_lines(checks: Sequence[Check]) -> Iterator[str]:
    """One line for each check; where something is wrong, the remedy below it."""
    width = max(len(check.name) for check in checks)
    for check in checks:
        mark, colour = _MARKS[check.ok]
        yield f"{click.style(mark, fg=colour)} {check.name:<{width}}  {check.told}"
        if check.ok is False and check.remedy:
            yield f"  {'':<{width}}  → {check.remedy}"


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """The rows' cells in columns, two spaces apart."""
    rows = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _title(found: Found) -> str:
    return " ".join(part for part in (found.kind, found.sid, f'"{found.name}"' if found.name else "") if part)
