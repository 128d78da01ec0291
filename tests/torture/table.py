"""One line for each run."""

from collections.abc import Iterator

from tests.torture.stage import Outcome

_COLUMNS = ("run", "faults", "messages", "failed", "lost", "doubled", "disordered", "leaked", "untold", "recovery s")


def head() -> str:
    """The head of the table, in Markdown."""
    return f"| {' | '.join(_COLUMNS)} |\n|---|{'---:|' * (len(_COLUMNS) - 1)}"


def line(outcome: Outcome) -> str:
    """The run's line. `untold` are messages whose visitor was not told what became of them."""
    verdict = outcome.verdict
    broken = (verdict.lost, verdict.doubled, verdict.disordered, verdict.leaked, verdict.pending)
    recovery = "never" if outcome.recovery is None else f"{outcome.recovery:.1f}"
    cells = [outcome.run, outcome.faults, verdict.messages, verdict.refused, *map(len, broken), recovery]
    return f"| {' | '.join(map(str, cells))} |"


def more(outcome: Outcome) -> Iterator[str]:
    """What the line has no room for: what was measured, what went wrong."""
    for problem in outcome.problems:
        yield f"    PROBLEM {problem}"
    for story in outcome.verdict.stories():
        yield f"    {story}"
    for note in outcome.notes:
        yield f"    {note}"
    if outcome.verdict.overlaps:
        yield f"    {outcome.verdict.overlaps} messages were told again in answers and catch-ups"
