"""Settings: all problems told at once, each with its remedy."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.settings import BadSettings, Settings, read_settings

GOOD = {
    "PUBLIC_URL": "https://chat.example.com/",
    "TWILIO_ACCOUNT_SID": "AC" + "0a" * 16,
    "TWILIO_AUTH_TOKEN": "secret-token",
    "FLEX_FLOW_SID": "FO" + "0b" * 16,
    "FLEX_CHAT_SERVICE_SID": "IS" + "0c" * 16,
    "FLEX_WORKSPACE_SID": "WS" + "0d" * 16,
    "TOKEN_KEYS": "k" * 32,
}


def test_a_complete_environment_is_read() -> None:
    """Seven settings are enough."""
    settings = read_settings(GOOD)
    assert settings.public_url == "https://chat.example.com"
    assert ["https://chat.example.com"] == settings.origins


def test_every_problem_is_told_at_once() -> None:
    """Nobody wants to start a server seven times to learn seven things."""
    with pytest.raises(BadSettings) as refusal:
        read_settings({"PORT": "many"})
    for name in [*GOOD, "PORT"]:
        assert f"  {name} " in str(refusal.value)
    assert "8 settings are missing or wrong" in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("PUBLIC_URL", "chat.example.com", "must be a whole address"),
        ("PUBLIC_URL", "http://chat.example.com", "must begin with https://"),
        ("PUBLIC_URL", "https://u:p@chat.example.com", "must not hold a user name"),
        ("PUBLIC_URL", "https://chat.example.com/?a=b", "must not hold a user name, a query"),
        ("TWILIO_ACCOUNT_SID", "SK" + "0" * 32, "must be AC and 32 hexadecimal digits"),
        ("FLEX_FLOW_SID", "FO123", "must be FO and 32 hexadecimal digits"),
        ("TOKEN_KEYS", "short", "openssl rand -hex 32"),
        ("PORT", "70000", "less than or equal to 65535"),
        ("DATABASE_URL", "mysql://x", "must be sqlite:///path"),
        ("ALLOWED_ORIGINS", "https://a.example,nonsense", "must be a whole address"),
        ("ALLOWED_ORIGINS", "https://a.example/shop", "must be an origin, without a path"),
        ("BACKEND", "pigeon", "programmable_chat"),
        ("TRANSPORTS", "polling", "websocket,polling, or websocket alone"),
        ("TRANSPORTS", "websocket,pigeon", "websocket,polling, or websocket alone"),
        ("REDIS_URL", "memcached://x", "must be redis://"),
        ("DRAIN_SECONDS", "-1", "greater than or equal to 0"),
    ],
)
def test_a_wrong_value_is_told_with_its_remedy(name: str, value: str, problem: str) -> None:
    """The message names the setting and says what it should be."""
    with pytest.raises(BadSettings, match=problem) as refusal:
        read_settings({**GOOD, name: value})
    assert f"  {name} " in str(refusal.value)


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://Chat.Example.COM", "https://chat.example.com"),
        ("https://chat.example.com:443/", "https://chat.example.com"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(typed: str, origin: str) -> None:
    """It is compared letter by letter with what a browser sends."""
    assert ["https://chat.example.com", origin] == read_settings({**GOOD, "ALLOWED_ORIGINS": typed}).origins


def test_every_origin_is_taken_on_a_developers_machine_only() -> None:
    """Elsewhere any page on the internet could speak in the company's name."""
    with pytest.raises(BadSettings, match="DEVELOPMENT=true would take it"):
        read_settings({**GOOD, "ALLOWED_ORIGINS": "https://a.example,*"})
    assert "*" in read_settings({**GOOD, "ALLOWED_ORIGINS": "*", "DEVELOPMENT": "true"}).origins


CONVERSATIONS = {name: value for name, value in GOOD.items() if name != "FLEX_FLOW_SID"} | {"BACKEND": "conversations"}
ADDRESS, WORKFLOW = "IG" + "0e" * 16, "WW" + "0f" * 16


def test_conversations_needs_one_way_of_opening() -> None:
    """The flow's sid is of no use there."""
    settings = read_settings({**CONVERSATIONS, "FLEX_ADDRESS_SID": ADDRESS})
    assert (ADDRESS, None) == (settings.flex_address_sid, settings.flex_flow_sid)


@pytest.mark.parametrize(
    ("ways", "problem"),
    [({}, "none is set"), ({"FLEX_ADDRESS_SID": ADDRESS, "FLEX_WORKFLOW_SID": WORKFLOW}, "2 are set")],
)
def test_none_or_two_ways_of_opening_are_refused(ways: dict[str, str], problem: str) -> None:
    """Which one counts would be a guess."""
    with pytest.raises(BadSettings, match=problem) as refusal:
        read_settings({**CONVERSATIONS, **ways})
    assert "One of FLEX_ADDRESS_SID, FLEX_WORKFLOW_SID, FLEX_STUDIO_FLOW_SID" in str(refusal.value)


def test_secrets_are_not_shown() -> None:
    """Settings end up in logs and tracebacks."""
    assert "secret-token" not in repr(read_settings(GOOD))
    assert "k" * 32 not in repr(read_settings(GOOD))


def test_a_secret_is_not_quoted_in_a_problem() -> None:
    """Neither when it is the problem."""
    with pytest.raises(BadSettings) as refusal:
        read_settings({**GOOD, "TOKEN_KEYS": "my-short-secret"})
    assert "my-short-secret" not in str(refusal.value)


HIDDEN = [name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
MARK = "#hush-hush"
"""At the end of whatever is secret."""
near = st.sampled_from(
    [*GOOD.values(), "*", ",", "https://[", "https://a:b@c", "http://x:99999", "1e400", "-0", "²", "true", "\ud800"]
)


@given(
    changed=st.dictionaries(
        st.sampled_from([name.upper() for name in Settings.model_fields]),
        near | st.text(st.characters(exclude_characters="\0"), max_size=20) | st.integers().map(str),
        max_size=6,
    ),
    whole=st.booleans(),
)
def test_any_environment_is_read_or_refused_with_words(changed: dict[str, str], whole: bool) -> None:
    """Whatever somebody has typed: never a traceback, which would show the rest of it."""
    typed = {name: value + MARK if name in HIDDEN else value for name, value in changed.items()}
    try:
        read_settings({**(GOOD if whole else {}), **typed})
    except BadSettings as refusal:
        told = str(refusal)
        assert "missing or wrong" in told
        assert MARK not in told


def test_what_is_hidden_is_what_opens_something() -> None:
    """A secret that is kept as a plain text would be shown by whoever prints the settings."""
    assert {"TWILIO_AUTH_TOKEN", "TOKEN_KEYS", "IDENTITY_KEYS", "DATABASE_URL", "TWILIO_API_KEY_SECRET"} <= set(HIDDEN)
    open_ones = {name for name in Settings.model_fields if name.upper() not in HIDDEN} - {"token_days"}
    assert [] == [name for name in open_ones if any(word in name.split("_") for word in ("token", "secret", "keys"))]


def test_serve_without_settings_ends_with_the_list_and_code_2() -> None:
    """A deployment that cannot work says so before it listens."""
    ended = subprocess.run(
        [sys.executable, "-m", "middleware", "serve"], env={"PATH": ""}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    for name in GOOD:
        assert name in ended.stderr
    assert "Traceback" not in ended.stderr


def test_every_setting_says_what_it_is() -> None:
    """README's table and the messages are made of these words."""
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("database", [{}, {"DATABASE_URL": "sqlite:///data/relay.db"}])
@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("REDIS_URL", "redis://:secret@redis:6379", "Set DATABASE_URL to the postgres://"),
        ("NODE", "one", "Set DATABASE_URL to postgres://"),
        ("DATABASE_CONNECTIONS", "4", "Set DATABASE_URL to postgres://"),
    ],
)
def test_several_nodes_on_one_file_are_refused(database: dict[str, str], name: str, value: str, remedy: str) -> None:
    """Each would tell its own visitors, and nobody the others'."""
    with pytest.raises(BadSettings, match=remedy) as refusal:
        read_settings({**GOOD, **database, name: value})
    assert f"  {name} " in str(refusal.value)
    assert "secret" not in str(refusal.value)
    assert (
        "postgres://x"
        in read_settings({**GOOD, "DATABASE_URL": "postgres://x/y", name: value}).database_url.get_secret_value()
    )
