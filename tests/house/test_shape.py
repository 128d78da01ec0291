"""The shape that keeps the house readable, held by a test."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "middleware").rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_fits_in_the_head(file: Path) -> None:
    """A file above 300 lines is two things."""
    assert len(file.read_text().splitlines()) <= 300


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_function_fits_in_the_eye(file: Path) -> None:
    """A function above 40 lines is two things; `open_app` is the one visible list the design asks for."""
    long = [
        node.name
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 40
        and node.name != "open_app"
    ]
    assert [] == long


def test_nobody_is_called_utils() -> None:
    """A name that says nothing gathers everything."""
    vague = {"utils", "helpers", "common", "manager", "base"}
    assert [file.name for file in FILES if file.stem in vague] == []
