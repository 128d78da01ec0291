"""The parts we lean on: no older than the newest advisory we know of, pinned with hashes, and none that we do not need.

`make audit` asks the advisories' own databases; this table is what was known when it was written.
"""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

MENDED = [
    ("python-socketio", "5.14.0", "CVE-2025-61765: pickled messages between servers run code"),
    ("python-socketio", "5.16.2", "CVE-2026-48804: binary attachments without end"),
    ("python-engineio", "4.13.2", "CVE-2026-48802: heartbeat tasks without end"),
    ("python-engineio", "4.13.2", "CVE-2026-48809: payloads of any size"),
    ("aiohttp", "3.13.4", "CVE-2026-22815: trailers without end; CVE-2026-34513 to 34525"),
    ("aiohttp", "3.14.1", "CVE-2026-34993, CVE-2026-47265, CVE-2026-54273 to 54280"),
    ("aiohttp", "3.14.2", "CVE-2026-69243: smuggling through an upgrade; CVE-2026-59881"),
    ("aiohttp", "3.14.3", "CVE-2026-69244: the parser reads beyond its memory"),
]
"""A part, the version that mends it, and what it mends."""

MENDED_IN_THE_BROWSER = [
    ("socket.io-parser", "4.2.6", "CVE-2026-33151: attachments without end"),
    ("engine.io", "6.6.7", "CVE-2026-59725: binary posts; only the benchmark's Node server has it"),
]
LOCKS = ("package-lock.json", "bench/servers/node/package-lock.json")


def _floor(part: str) -> Version:
    """The oldest version that pyproject.toml lets in."""
    asked = [one for one in map(Requirement, PROJECT["dependencies"]) if one.name == part]
    assert asked, f"pyproject.toml has no floor for {part}"
    return max(Version(spec.version) for spec in asked[0].specifier if spec.operator == ">=")


def _pinned(file: str) -> dict[str, Version]:
    found = re.findall(r"^([\w.-]+)==([\w.+!]+)", (ROOT / file).read_text(), re.MULTILINE)
    return {name: Version(version) for name, version in found}


def _in_lock(file: str, part: str) -> list[Version]:
    packages = json.loads((ROOT / file).read_text())["packages"]
    return [Version(what["version"]) for path, what in packages.items() if path.endswith(f"node_modules/{part}")]


@pytest.mark.parametrize(("part", "mended", "what"), MENDED)
def test_no_floor_lies_below_an_advisory(part: str, mended: str, what: str) -> None:
    """Whoever installs us without our lock must not get a part with a known hole."""
    assert _floor(part) >= Version(mended), what


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
@pytest.mark.parametrize(("part", "mended", "what"), MENDED)
def test_what_is_pinned_lies_above_every_advisory(part: str, mended: str, what: str, file: str) -> None:
    """Nor whoever installs with it."""
    assert _pinned(file)[part] >= Version(mended), what


@pytest.mark.parametrize(("part", "mended", "what"), MENDED_IN_THE_BROWSER)
def test_what_browsers_get_lies_above_every_advisory(part: str, mended: str, what: str) -> None:
    """Every copy that any of our lock files names."""
    found = [version for lock in LOCKS for version in _in_lock(lock, part)]
    assert found
    assert min(found) >= Version(mended), what


@pytest.mark.parametrize("file", sorted(path.name for path in ROOT.glob("requirements*.txt")))
def test_everything_is_pinned_with_hashes_and_without_an_address(file: str) -> None:
    """So that what was read is what is installed, wherever it comes from."""
    text = (ROOT / file).read_text()
    assert len(_pinned(file)) == len(re.findall(r"^[^#\s].*==", text, re.MULTILINE))
    unhashed = [line for line in text.splitlines() if "==" in line and not line.endswith("\\")]
    assert [] == [line for line in unhashed if not line.strip().startswith("#")]
    assert [] == re.findall(r"https?://|--index-url|--trusted-host|--find-links", text)


def test_every_pinned_part_can_be_asked_about() -> None:
    """`make audit`, of Python's parts and of npm's; it needs the network, so `make test` does not wait for it."""
    makefile = (ROOT / "Makefile").read_text()
    recipe = makefile.partition("\naudit:")[2].partition("\n\n")[0]
    assert "pip-audit --strict" in recipe
    assert "wildcard requirements*.txt" in recipe
    assert [] == [lock for lock in LOCKS if str(Path(lock).parent) not in recipe.partition("for folder in ")[2]]
    assert "npm audit" in recipe
    assert "audit" not in re.findall(r"^test:(.*?)(?:##|$)", makefile, re.MULTILINE)[0]


def test_nothing_is_told_by_pickle() -> None:
    """CVE-2025-61765: nodes tell one another numbers and ids, as text: who writes to Redis can make them look."""
    code = {path: path.read_text() for path in (ROOT / "middleware").rglob("*.py")}
    could_run = re.compile(r"\b(pickle|marshal|\w*(PubSub|Redis|Kombu|Kafka|Zmq|AioPika)Manager)\b")
    assert [] == [path for path, text in code.items() if could_run.search(text)]
