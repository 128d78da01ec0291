"""Visitors are kept apart, whatever they claim to be."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import invariant, run_state_machine_as_test

from middleware.app import Seams
from tests.torture.broken import WrongBell
from tests.wall.test_fuzz import Street
from tests.wall.visitors import Visitors, visitors_on

EVERY_TIME = settings(
    max_examples=10, stateful_step_count=15, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
"""`make fuzz` plays very many more."""


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """One for all programs."""
    opened = Street(tmp_path_factory.mktemp("street"))
    yield opened
    opened.close()


def test_nobody_hears_a_foreign_word(street: Street) -> None:
    """With foreign tokens, chats, positions, ask ids, rooms and socket ids."""
    run_state_machine_as_test(visitors_on(street), settings=EVERY_TIME)


def test_a_house_that_rings_at_the_wrong_door_is_found_out(tmp_path: Path) -> None:
    """A machine that cannot fail proves nothing."""
    wrong = Street(tmp_path, Seams(bell=WrongBell))
    machine, found = noting(visitors_on(wrong))
    try:
        # Hypothesis tries it again, where a ring may go another way, or come sooner: that it tells in its own ways.
        with pytest.raises((AssertionError, ExceptionGroup, Flaky)):
            run_state_machine_as_test(
                machine,
                settings=settings(EVERY_TIME, max_examples=200, phases=[Phase.generate], report_multiple_bugs=False),
            )
    finally:
        wrong.close()
    assert found


def noting(machine: type[Visitors]) -> tuple[type[Visitors], list[AssertionError]]:
    """The machine, and the foreign words that it will have found."""
    found: list[AssertionError] = []

    class Noting(machine):  # type: ignore[misc, valid-type]
        @invariant()
        def nobody_hears_a_foreign_word(self) -> None:
            try:
                super().nobody_hears_a_foreign_word()
            except AssertionError as error:
                found.append(error)
                raise

    return Noting, found
