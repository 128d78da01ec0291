"""Values are equal by what they hold, take nothing new, and are changed by nobody."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from middleware.relay.model import EventKey, Receipt


def test_a_value_is_what_it_holds() -> None:
    """Two that hold the same are the same, in a set too; a changed one is another."""
    one = Receipt(EventKey("a"), 1)
    assert Receipt(EventKey("a"), 1) == one
    assert {one} == {one, Receipt(EventKey("a"), 1)}
    assert Receipt(EventKey("a"), 2) == replace(one, index=2)
    assert 1 == one.index


def test_a_value_takes_nothing_that_it_has_no_place_for() -> None:
    """A slip of the pen is an error at once."""
    with pytest.raises(AttributeError):
        setattr(Receipt(EventKey("a"), 1), "indx", 2)  # noqa: B010 — mypy would not let it be written


def test_whoever_changes_a_value_is_found_before_it_runs() -> None:
    """At run time nothing stands in the way, so mypy must: it would call the ignored line's comment needless."""
    if TYPE_CHECKING:
        Receipt(EventKey("a"), 1).index = 2  # type: ignore[misc]
