"""`provision`, `doctor` and `flows`, as processes of their own against the simulator."""

import asyncio
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp.test_utils import unused_port
from hypothesis import given
from hypothesis import strategies as st

from middleware.cli_settings import merged, write_env
from tests.flex.twilio import SEED, open_twilio
from tests.journeys.town import KEY, open_town
from tests.waiting import DEADLINE

ROOT = Path(__file__).parents[2]
ACCOUNT = {"TWILIO_ACCOUNT_SID": SEED.account_sid, "TWILIO_AUTH_TOKEN": SEED.auth_token}
SERVER = {
    **ACCOUNT,
    "FLEX_FLOW_SID": SEED.flow_sid,
    "FLEX_CHAT_SERVICE_SID": SEED.chat_service_sid,
    "FLEX_WORKSPACE_SID": SEED.workspace_sid,
    "TOKEN_KEYS": KEY,
    "PUBLIC_URL": "http://127.0.0.1:9",
}
CONVERSATIONS = {"BACKEND": "conversations"}
BOT = "FW" + "ab" * 16


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed: no secret, whatever happened."""

    code: int
    told: str


async def run(*arguments: str, twilio: str = "", **environment: str) -> Ended:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "middleware", *arguments),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "TWILIO_API_URL": twilio, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await asyncio.wait_for(process.communicate(), DEADLINE)
    text = told.decode()
    for name in ("TWILIO_AUTH_TOKEN", "TOKEN_KEYS"):
        assert environment.get(name, "no such secret") not in text
    assert "Traceback" not in text, text
    return Ended(process.returncode or 0, text)


async def test_provision_shows_first_and_does_it_when_told() -> None:
    """Nobody's account is changed by looking."""
    async with open_twilio() as twilio:
        shown = await run("provision", "--studio-flow", BOT, twilio=twilio.url, **ACCOUNT)
        again = await run("provision", "--studio-flow", BOT, twilio=twilio.url, **ACCOUNT)
        assert (0, shown.told) == (again.code, again.told)
        assert f"integration_flow_sid  {SEED.studio_flow_sid} → {BOT}" in shown.told
        assert "Nothing was changed" in shown.told
        done = await run("provision", "--studio-flow", BOT, "--yes", twilio=twilio.url, **ACCOUNT)
        assert (0, True) == (done.code, f"✓ ~ flex flow {SEED.flow_sid}" in done.told)
        assert "Everything is as it should be" in (await run("provision", "--yes", twilio=twilio.url, **ACCOUNT)).told


async def test_provision_makes_a_flow_and_names_the_one_it_disables() -> None:
    """Two enabled flows for one channel type are one too many."""
    options = ("--name", "Shop", "--workflow", SEED.workflow_sid, "--yes")
    async with open_twilio() as twilio:
        done = await run("provision", *options, twilio=twilio.url, **ACCOUNT)
        listed = await run("flows", "list", twilio=twilio.url, **ACCOUNT)
    assert '+ flex flow "Shop"' in done.told
    assert f"to keep this one instead, set FLEX_FLOW_SID={SEED.flow_sid}" in done.told
    rows = [re.split(r"  +", line.strip()) for line in listed.told.partition("\n\n")[0].splitlines()[1:]]
    assert [("Website chat", "false"), ("Shop", "true")] == [(row[1], row[3]) for row in rows]


async def test_lists_mark_what_the_settings_name() -> None:
    """Of several flows and addresses, these are the server's."""
    async with open_twilio() as twilio:
        own = {"FLEX_FLOW_SID": SEED.flow_sid, "FLEX_ADDRESS_SID": SEED.address_sid}
        told = (await run("flows", "list", twilio=twilio.url, **ACCOUNT, **own)).told
    assert [SEED.flow_sid, SEED.address_sid] == re.findall(r"^\*  (\S+)", told, re.MULTILINE)


async def test_provision_tells_the_settings_to_export() -> None:
    """The sids that took a tour of the Console to find; the secrets are named, not shown."""
    async with open_twilio() as twilio:
        told = (await run("provision", twilio=twilio.url, **ACCOUNT, PUBLIC_URL="https://chat.example.com")).told
    for name, value in SERVER.items():
        if name not in {"TWILIO_AUTH_TOKEN", "TOKEN_KEYS", "PUBLIC_URL"}:
            assert f"export {name}={value}\n" in told
    assert "export PUBLIC_URL=https://chat.example.com\n" in told
    assert "TWILIO_AUTH_TOKEN (never shown)" in told
    assert "openssl rand -hex 32" in told


async def test_provision_binds_an_address_for_conversations() -> None:
    """Address, Studio flow, service webhook; and the one setting that says how chats are opened."""
    given = {**ACCOUNT, **CONVERSATIONS, "PUBLIC_URL": "https://chat.example.com"}
    options = ("provision", "--address", "shop", "--studio-flow", BOT, "--service-webhook", "--yes")
    async with open_twilio() as twilio:
        done = await run(*options, twilio=twilio.url, **given)
        again = await run(*options, twilio=twilio.url, **given)
    assert 0 == done.code, done.told
    assert "post_webhook_url  none → https://chat.example.com/new-message" in done.told
    assert f"auto_creation_studio_flow_sid           {BOT}" in done.told
    assert "Everything is as it should be" in again.told
    ways = re.findall(r"^export FLEX_(ADDRESS|WORKFLOW|STUDIO_FLOW|FLOW)_SID=(..)", again.told, re.MULTILINE)
    assert [("ADDRESS", "IG")] == ways


async def test_a_workflow_needs_no_address_and_a_second_way_is_to_be_unset() -> None:
    """The server refuses two ways; so whoever changes the way is told which setting to drop."""
    given = {**ACCOUNT, **CONVERSATIONS, "FLEX_ADDRESS_SID": SEED.address_sid}
    async with open_twilio() as twilio:
        told = (await run("provision", "--workflow", SEED.workflow_sid, twilio=twilio.url, **given)).told
    assert (True, False, True) == (
        f"export FLEX_WORKFLOW_SID={SEED.workflow_sid}\n" in told,
        "export FLEX_ADDRESS_SID" in told,
        "Unset FLEX_ADDRESS_SID" in told,
    )


async def test_the_file_is_written_without_secrets_unless_it_was_asked_for_them(tmp_path: Path) -> None:
    """A file with the token in it is a decision."""
    file = tmp_path / ".env"
    file.write_text("# ours\nPORT=8080")
    async with open_twilio() as twilio:
        options = ("provision", "--yes", "--write-env", str(file))
        await run(*options, twilio=twilio.url, **ACCOUNT)
        plain = file.read_text()
        assert (True, True, False) == (
            plain.startswith("# ours\nPORT=8080\n"),
            f"FLEX_FLOW_SID={SEED.flow_sid}\n" in plain,
            "TOKEN" in plain,
        )
        told = (await run(*options, "--with-secrets", twilio=twilio.url, **ACCOUNT)).told
        secret = file.read_text()
        assert f"TWILIO_AUTH_TOKEN={SEED.auth_token}\n" in secret
        (key,) = [line.partition("=")[2] for line in secret.splitlines() if line.startswith("TOKEN_KEYS=")]
        assert (64, False) == (len(key), key in told)
        assert "holds them already" in (await run(*options, "--with-secrets", twilio=twilio.url, **ACCOUNT)).told


async def test_the_file_waits_for_the_plan(tmp_path: Path) -> None:
    """Settings for an account that is not so would start a server that does not work."""
    file = tmp_path / ".env"
    async with open_twilio() as twilio:
        told = (await run("provision", "--write-env", str(file), twilio=twilio.url, **ACCOUNT)).told
    assert (False, True) == (file.exists(), "was not written" in told)


async def test_all_that_is_missing_is_told_at_once() -> None:
    """With exit code 2, before anything is asked of Twilio."""
    ended = await run("provision", FLEX_FLOW_SID="FO1", PUBLIC_URL="chat.example.com")
    assert 2 == ended.code
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "FLEX_FLOW_SID", "PUBLIC_URL"):
        assert f"  {name} " in ended.told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--studio-flow", BOT, "--external-url", "https://bot.example.com"), "one place only"),
        (("--name", "New"), "give --studio-flow, --workflow or --external-url"),
        (("--studio-flow", "FW1"), "FW and 32 hexadecimal digits"),
        (("--with-secrets",), "--write-env"),
    ],
)
async def test_options_that_make_no_sense_are_told(options: tuple[str, ...], told: str) -> None:
    """With exit code 2 and what to give instead."""
    async with open_twilio() as twilio:
        ended = await run("provision", *options, twilio=twilio.url, **ACCOUNT)
    assert (2, True) == (ended.code, told in ended.told)


@pytest.mark.parametrize(
    ("options", "settings", "told"),
    [
        ((), {"FLEX_WORKFLOW_SID": SEED.workflow_sid, "FLEX_STUDIO_FLOW_SID": BOT}, "unset all but one"),
        (("--address", "new"), {}, "--workflow, which needs no address"),
        (("--service-webhook",), {}, "set PUBLIC_URL"),
        ((), {"FLEX_ADDRESS_SID": "IG" + "0" * 32}, "mend FLEX_ADDRESS_SID"),
        ((), {"FLEX_CHAT_SERVICE_SID": "IS" + "0" * 32}, "mend FLEX_CHAT_SERVICE_SID"),
    ],
)
async def test_conversations_that_cannot_be_set_up_are_told(
    options: tuple[str, ...], settings: dict[str, str], told: str
) -> None:
    """Before anything is changed, with what to give."""
    async with open_twilio() as twilio:
        ended = await run("provision", *options, "--yes", twilio=twilio.url, **ACCOUNT, **CONVERSATIONS, **settings)
        writes = [call for call in await twilio.calls() if call.startswith("POST")]
    assert (2, True, []) == (ended.code, told in ended.told, writes), ended.told


@pytest.mark.parametrize("command", [("provision",), ("flows", "list")])
async def test_wrong_credentials_are_told_in_a_sentence(command: tuple[str, ...]) -> None:
    """Without quoting them."""
    async with open_twilio() as twilio:
        ended = await run(*command, twilio=twilio.url, **{**ACCOUNT, "TWILIO_AUTH_TOKEN": "not-the-token"})
    assert (1, True) == (ended.code, "does not accept" in ended.told)


async def test_the_doctor_is_content_with_a_running_town(tmp_path: Path) -> None:
    """Every line begins with a tick, and the store that a node holds is no trouble."""
    async with open_town(tmp_path) as town:
        settings = {**SERVER, "PUBLIC_URL": town.url, "DATABASE_URL": f"sqlite:///{tmp_path / 'relay.db'}"}
        await run("provision", "--yes", twilio=town.twilio.url, **ACCOUNT)
        ended = await run("doctor", twilio=town.twilio.url, **settings)
    checks = ended.told.partition("\n\n")[0].splitlines()
    assert (0, {"✓"}) == (ended.code, {line[0] for line in checks}), ended.told
    assert "in use by a running node" in ended.told
    assert ["settings", "credentials", "clock", "chat", "flex", "workspace", "public", "webhook", "store", "disk"] == [
        line.split()[1] for line in checks
    ]


async def test_the_doctor_knows_conversations(tmp_path: Path) -> None:
    """Service, defaults and address instead of the flow."""
    settings = {**SERVER, **CONVERSATIONS, "FLEX_ADDRESS_SID": SEED.address_sid}
    async with open_town(tmp_path, backend="conversations", flex_address_sid=SEED.address_sid) as town:
        settings |= {"PUBLIC_URL": town.url, "DATABASE_URL": f"sqlite:///{tmp_path / 'relay.db'}"}
        ended = await run("doctor", twilio=town.twilio.url, **settings)
    assert 0 == ended.code, ended.told
    assert f"address      {SEED.address_sid}" in ended.told


async def test_the_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    """And scripts learn it from the exit code."""
    url = f"http://127.0.0.1:{unused_port()}"
    async with open_twilio() as twilio:
        settings = {**SERVER, "PUBLIC_URL": url, "DATABASE_URL": f"sqlite:///{tmp_path / 'relay.db'}"}
        ended = await run("doctor", twilio=twilio.url, **settings)
    assert 1 == ended.code
    assert "✗ public url" in ended.told
    assert "→ start the server" in ended.told
    assert "– webhook" in ended.told
    assert not (tmp_path / "relay.db").exists()


async def test_the_doctor_opens_a_store_that_nobody_holds(tmp_path: Path) -> None:
    """And tells one that is no store."""
    async with open_town(tmp_path):
        pass
    (tmp_path / "broken.db").write_text("no database at all, but long enough to be taken for one" * 9)
    settled = {}
    for name in ("relay", "broken"):
        settings = {**SERVER, "DATABASE_URL": f"sqlite:///{tmp_path / name}.db"}
        told = (await run("doctor", twilio=f"http://127.0.0.1:{unused_port()}", **settings)).told
        settled[name] = next(line[0] for line in told.splitlines() if " store " in line)
    assert {"relay": "✓", "broken": "✗"} == settled


async def test_the_doctor_tells_bad_settings_with_code_2() -> None:
    """All at once, as serve does."""
    ended = await run("doctor", **ACCOUNT)
    assert (2, True, True) == (ended.code, "✗ settings" in ended.told, "TOKEN_KEYS is missing" in ended.told)


NAMES = st.sampled_from(["A", "B", "PORT"])
LINES = st.one_of(
    st.builds("{}={}".format, NAMES, st.text("xyz 'é#=", max_size=5)),
    st.builds("export {}={}".format, NAMES, st.text("xyz", max_size=3)),
    st.sampled_from(["", "# A=1", "nonsense", "  "]),
)
FILES = st.builds(lambda lines, end: "\n".join(lines) + end, st.lists(LINES), st.sampled_from(["", "\n"]))


@given(FILES, st.dictionaries(st.sampled_from(["A", "B"]), st.text("xyz ':/", min_size=1, max_size=5)))
def test_other_lines_of_the_file_are_left_as_they_are(text: str, settings: dict[str, str]) -> None:
    """It is somebody's file; and to write it twice changes nothing."""

    def others(text: str) -> list[str]:
        starts = tuple(f"{export}{name}=" for name in settings for export in ("", "export "))
        return [line for line in text.removesuffix("\n").split("\n") if not line.startswith(starts)]

    after = merged(text, settings)
    assert (others(text) if text else []) == (others(after) if after else [])
    assert after == merged(after, settings)


def test_the_file_keeps_its_mode_and_a_new_one_is_for_its_owner(tmp_path: Path) -> None:
    """It may hold secrets now or later."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"A=1\r\nexport B=2\r\n")
    old.chmod(0o640)
    write_env(old, {"B": "3"})
    write_env(new, {"B": "a b"})
    assert (b"A=1\r\nexport B=3\r\n", 0o640) == (old.read_bytes(), old.stat().st_mode & 0o777)
    assert (b"B='a b'\n", 0o600) == (new.read_bytes(), new.stat().st_mode & 0o777)
    write_env(old, {"TWILIO_AUTH_TOKEN": "t"}, private=True)
    assert 0o600 == old.stat().st_mode & 0o777
    assert {"old", "new"} == {file.name for file in tmp_path.iterdir()}


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals_that_want_it(environment: dict[str, str], coloured: bool) -> None:
    """https://no-color.org."""
    ours, theirs = os.openpty()
    subprocess.run(
        [sys.executable, "-m", "middleware", "doctor"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=theirs,
        check=False,
    )
    os.close(theirs)
    told = os.read(ours, 65536)
    os.close(ours)
    assert ("✗".encode() in told, coloured) == (True, b"\x1b[" in told)
