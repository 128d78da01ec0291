"""`python -m bench`: measure the relay beside its references, in one run, and print a table."""

import asyncio
import os
import platform
import sys
from pathlib import Path

import click
import uvloop

from bench.cores import LOAD_CORE, SERVER_CORE, take_load_core
from bench.picture import picture
from bench.report import Round, as_json, medians, table
from bench.steps import steps


@click.command()
@click.option("--rounds", default=3, show_default=True)
@click.option("--seconds", default=4.0, show_default=True, help="How long each step counts.")
@click.option("--most", default=10_000, show_default=True, help="How many connections are many.")
@click.option("--only", multiple=True, help="Only the steps whose names begin so; may be given several times.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Where to write every figure.")
@click.option("--picture", "picture_file", type=click.Path(path_type=Path), help="Where to draw it, as SVG.")
def main(
    rounds: int, seconds: float, most: int, only: tuple[str, ...], json_file: Path | None, picture_file: Path | None
) -> None:
    """Measure the relay beside python-socketio, Node's socket.io and the tutorial."""
    take_load_core()
    done = uvloop.run(_rounds(rounds, seconds=seconds, most=most, only=only))
    machine = {"cores": str(os.cpu_count()), "python": platform.python_version(), "system": platform.platform()}
    click.echo(table(done, most=most))
    if SERVER_CORE == LOAD_CORE:
        click.echo("\nOne core only: what makes the load and what is measured shared it. Trust no figure.", err=True)
    if json_file is not None:
        json_file.write_text(as_json(done, machine=machine) + "\n", encoding="utf-8")
    if picture_file is not None:
        picture_file.write_text(picture(medians(done)), encoding="utf-8")


async def _rounds(rounds: int, *, seconds: float, most: int, only: tuple[str, ...]) -> list[Round]:
    chosen = {name: step for name, step in steps(most=most).items() if not only or name.startswith(only)}
    if not chosen:
        raise click.UsageError(f"There is no such step. There are: {', '.join(steps(most=most))}.")
    done: list[Round] = []
    for number in range(rounds):
        figures: dict[str, float] = {}
        for name, step in chosen.items():
            click.echo(f"round {number + 1} of {rounds}: {name}", err=True)
            figures.update(await step(seconds))
            await asyncio.sleep(0.2)
        done.append(figures)
    return done


if __name__ == "__main__":
    sys.exit(main())
