"""`python -m tests.fuzz [--minutes N] [--programs N]`: frames, then visitors who claim to be one another."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.wall.mutations import RIGHT
from tests.wall.test_fuzz import Street
from tests.wall.test_visitors import EVERY_TIME
from tests.wall.visitors import visitors_on


def main() -> int:
    """As long as is asked for; 1 if there is a finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Look for what nobody thought of.")
    parser.add_argument("--minutes", type=float, default=30, help="for the frames")
    parser.add_argument("--programs", type=int, default=200, help="of 50 steps each, for the visitors")
    given = parser.parse_args()
    ended = _frames(seconds=round(given.minutes * 60))
    if given.programs:
        _visitors(programs=given.programs)
    return 1 if ended else 0


def _frames(*, seconds: int) -> int:
    """In a process of its own, for libFuzzer ends it."""
    with tempfile.TemporaryDirectory() as corpus:
        for number, frame in enumerate(RIGHT):
            (Path(corpus) / f"right-{number}").write_text(frame)
        command = [sys.executable, "-m", "tests.fuzz.frames", corpus, f"-max_total_time={seconds}", "-max_len=4096"]
        return subprocess.run([*command, "-print_final_stats=1"], check=False).returncode


def _visitors(*, programs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        street = Street(Path(folder))
        try:
            wanted = settings(EVERY_TIME, max_examples=programs, stateful_step_count=50)
            run_state_machine_as_test(visitors_on(street), settings=wanted)
        finally:
            street.close()


if __name__ == "__main__":
    sys.exit(main())
