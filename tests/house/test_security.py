"""docs/security.md is under test: every fact has its row, every test it names exists, its numbers are the code's."""

import re
from dataclasses import fields
from pathlib import Path

from middleware.settings import Settings
from middleware.web.limits import Limits

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs/security.md").read_text()


def limits_table() -> str:
    """The table as the code knows it; the page holds exactly this."""
    rows = ["| limit | default | of what | why |", "|---|---:|---|---|"]
    for field in fields(Limits):
        default, unit, reason = field.default, field.metadata["unit"], field.metadata["reason"]
        rows.append(f"| `{field.name}` | {default:,g} | {unit} | {reason} |".replace("e+06", ",000,000"))
    return "\n".join(rows)


def test_every_test_named_on_the_page_exists() -> None:
    """A guard without a test is a hope."""
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)
    assert named
    missing = [f"{file}::{test}" for file, test in named if f"def {test}(" not in (TESTS / file).read_text()]
    assert [] == missing


def tables() -> list[list[str]]:
    """Every table of the page, by its rows; a row ends with its tests where the table's head says so."""
    found = re.findall(r"^\|.*\|\n\|[-:|]+\|\n(?:\|.*\|\n)+", PAGE, re.MULTILINE)
    return [table.splitlines() for table in found]


def test_every_guard_has_a_test() -> None:
    """Every row of every table of guards, and there are four: sockets, HTTP, facts, what is asked of such servers."""
    of_guards = [rows for rows in tables() if rows[0].endswith("| test |")]
    assert 4 == len(of_guards)
    assert [] == [row for rows in of_guards for row in rows[2:] if "::test_" not in row.split(" | ")[-1]]


def test_every_measured_fact_has_its_row() -> None:
    """M1 to M26, each once."""
    found = re.search(r"<!-- facts -->\n(.*?)\n<!-- /facts -->", PAGE, re.DOTALL)
    assert found is not None
    assert [f"M{number}" for number in range(1, 27)] == re.findall(r"^\| (M\d+) \|", found[1], re.MULTILINE)


def test_the_numbers_on_the_page_are_the_codes() -> None:
    """And each has its reason."""
    found = re.search(r"<!-- limits -->\n(.*?)\n<!-- /limits -->", PAGE, re.DOTALL)
    assert found is not None
    assert limits_table() == found[1]


def test_what_operators_can_set_has_the_same_default_in_both_places() -> None:
    """The settings know nothing of the wall, nor the wall of the settings."""
    for name in ("most_sockets", "sockets_per_address", "frames_per_second"):
        assert getattr(Limits(), name) == Settings.model_fields[name].default
    assert Limits().frames_at_once == Limits().frames_per_second * 10
