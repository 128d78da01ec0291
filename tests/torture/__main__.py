"""`python -m tests.torture [--short] [--seed N] [--only T4] [--backend B] [--keep FOLDER]`: all runs, one table."""

import argparse
import secrets
import sys
import time
from pathlib import Path

import uvloop

from tests.torture.keeper import BACK_ENDS
from tests.torture.order import Order
from tests.torture.runs import RUNS
from tests.torture.stage import Outcome
from tests.torture.table import head, line, more


def main() -> int:
    """Run what is asked for; 1 if a promise was broken."""
    given = _arguments()
    order = Order(seed=given.seed, short=given.short, keep=given.keep, backend=given.backend)
    runs = [run for run in RUNS if given.only is None or run.__name__.split("_")[0].upper() in given.only]
    if not runs:
        _say(f"There is no run {', '.join(given.only)}.")
        return 2
    _say(f"seed {order.seed}, {'short' if order.short else 'full'}\n")
    _say(head())
    started = time.monotonic()
    outcomes: list[Outcome] = []
    for run in runs:
        outcome: Outcome = uvloop.run(run(order))
        outcomes.append(outcome)
        _say(line(outcome))
        for told in more(outcome):
            print(told, file=sys.stderr, flush=True)  # noqa: T201
    _say(f"\n{len(outcomes)} runs in {time.monotonic() - started:.0f} s")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description="Prove the promise by torture.")
    parser.add_argument("--short", action="store_true", help="small figures, as in every test run")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="to repeat a run as far as possible")
    parser.add_argument("--only", type=str.upper, action="append", metavar="T4", help="this run; may be given again")
    parser.add_argument("--backend", choices=BACK_ENDS, default="programmable_chat")
    parser.add_argument("--keep", type=Path, help="a folder for the histories, as JSON lines")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
