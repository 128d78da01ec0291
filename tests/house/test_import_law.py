"""The rooms keep to themselves: read from the imports, not from good intentions."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "middleware"
STANDARD = frozenset(sys.stdlib_module_names)

# What a room may import beside the standard library and itself. A dot ends a name at a whole module.
ALLOWED: dict[str, set[str]] = {
    "relay": set(),
    "settings": {"pydantic"},
    "settings_values": {"pydantic"},
    "alarm": set(),
    "clock": set(),
    "logs": {"middleware.relay.subject", "structlog"},
    "flex": {"middleware.alarm", "middleware.relay", "aiohttp", "httptools", "multidict", "orjson", "twilio", "jwt"},
    "store": {"middleware.relay", "asyncpg", "orjson"},
    "redis_bell": {"redis"},
    "engine": {"middleware.relay", "middleware.settings", "middleware.settings_values", "middleware.store"},
    "web": {
        "middleware.alarm",
        "middleware.relay",
        "aiohttp",
        "orjson",
        "socketio",
        "engineio",
        "pydantic",
        "jwt",
        "prometheus_client",
    },
    "simulator": {"aiohttp", "twilio"},
    "back_end": {"middleware.relay", "middleware.flex", "middleware.settings", "twilio"},
    "traces": {"middleware.relay", "opentelemetry"},
    "watching": {"middleware", "middleware.relay", "middleware.settings", "middleware.traces", "middleware.web"},
    "app": {
        "middleware.watching",
        "middleware.relay",
        "middleware.flex",
        "middleware.back_end",
        "middleware.engine",
        "middleware.store",
        "middleware.web",
        "middleware.settings",
        "middleware.clock",
        "aiohttp",
    },
    "cli": {
        "middleware",
        "middleware.settings",
        "middleware.app",
        "middleware.logs",
        "middleware.relay.errors",
        "middleware.simulator",
        "middleware.cli_account",
        "middleware.cli_doctor",
        "middleware.cli_revoke",
        "middleware.cli_store",
        "click",
        "uvloop",
    },
    "cli_account": {
        "middleware.cli_order",
        "middleware.cli_settings",
        "middleware.cli_words",
        "middleware.flex.setup",
        "middleware.flex.setup_account",
        "middleware.relay.errors",
        "middleware.settings",
        "click",
    },
    "cli_doctor": {
        "middleware.cli_order",
        "middleware.cli_words",
        "middleware.flex.setup_account",
        "middleware.flex.setup_checks",
        "middleware.relay.errors",
        "middleware.settings",
        "middleware.engine",
        "middleware.store.errors",
        "middleware.store.sqlite",
        "middleware.store.sqlite_file",
        "click",
    },
    "cli_order": {
        "middleware.cli_settings",
        "middleware.flex.setup",
        "middleware.flex.setup_account",
        "middleware.flex.setup_conversations",
        "middleware.flex.setup_wanted",
        "middleware.settings",
    },
    "cli_revoke": {
        "middleware.cli_words",
        "middleware.relay",
        "middleware.settings",
        "middleware.engine",
        "middleware.web.identity",
        "click",
    },
    "cli_store": {
        "middleware.cli_words",
        "middleware.engine",
        "middleware.relay.errors",
        "middleware.settings",
        "middleware.settings_values",
        "pydantic",
        "click",
    },
    "cli_settings": {"middleware.settings", "pydantic"},
    "cli_words": {"middleware.flex.setup", "middleware.flex.setup_checks", "click"},
    "__init__": set(),
    "__main__": {"middleware.cli"},
}

# Inside the heart, a module imports only from those before it; the last four never from one another.
HEART = (
    "turns",
    "subject",
    "values",
    "model",
    "badge",
    "errors",
    "meters",
    "inbox",
    "outbox",
    "ports",
    "units",
    "nodes",
    "badges",
    "changes",
    "applying",
    "in_order",
    "to_visitor",
    "decide",
    "hands",
    "saying",
    "deliver",
    "crew",
    "lanes",
    "lookout",
)
DIRECTIONS = ("from_visitor", "from_flex", "to_flex", "sweep")


def imports_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import: name the room"
            yield str(node.module)


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def allowed(name: str, *, room: str) -> bool:
    if name.partition(".")[0] in STANDARD or name.startswith(f"middleware.{room}"):
        return True
    return any(name == most or (most != "middleware" and name.startswith(most + ".")) for most in ALLOWED[room])


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_room_imports_only_what_the_law_allows(file: Path) -> None:
    """Twilio's words, SQL and HTTP each stay in their room because no other room can reach them."""
    forbidden = [name for name in imports_of(file) if not allowed(name, room=room_of(file))]
    assert [] == forbidden


@pytest.mark.parametrize("name", [*HEART, *DIRECTIONS])
def test_the_heart_is_built_in_layers(name: str) -> None:
    """The four directions never know of one another, so each can be read alone."""
    below = set(HEART) if name in DIRECTIONS else set(HEART[: HEART.index(name)])
    inside = {
        found.removeprefix("middleware.relay.")
        for found in imports_of(PACKAGE / "relay" / f"{name}.py")
        if found.startswith("middleware.relay")
    }
    assert set() == inside - below


def test_every_module_of_the_heart_has_its_place() -> None:
    """A new file in the heart must say which layer it is."""
    names = {file.stem for file in (PACKAGE / "relay").glob("*.py")}
    assert names == {"__init__", *HEART, *DIRECTIONS}
