"""The settings that the account's commands need: fewer than the server's, read by the server's own rules."""

import os
import re
import secrets
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError, create_model

from middleware.settings import Backend, BadSettings, Settings, problem

_NEEDED = ("twilio_account_sid", "twilio_auth_token")
_WELCOME = (
    "backend",
    "public_url",
    "flex_chat_service_sid",
    "flex_workspace_sid",
    "flex_flow_sid",
    "flex_address_sid",
    "flex_workflow_sid",
    "flex_studio_flow_sid",
    "token_keys",
    "twilio_api_url",
)
_LINE = re.compile(r"\s*(?P<export>export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=")


@dataclass(frozen=True, slots=True)
class Known:
    """The settings that are there, each of them well-formed."""

    values: Mapping[str, Any]

    @property
    def account_sid(self) -> str:
        """The account."""
        return str(self.values["twilio_account_sid"])

    @property
    def auth_token(self) -> SecretStr:
        """Its token."""
        token: SecretStr = self.values["twilio_auth_token"]
        return token

    @property
    def backend(self) -> Backend:
        """The chosen back end, or the server's default."""
        return Backend(self.values.get("backend", Settings.model_fields["backend"].default))

    def text(self, name: str) -> str | None:
        """One of the others, if it is there; secrets stay under seal."""
        value = self.values.get(name)
        return None if value is None else str(value)

    def must(self, name: str) -> str:
        """One that is there."""
        return str(self.values[name])


def read_known(environment: Mapping[str, str]) -> Known:
    """What this environment says of the account. Raises `BadSettings` with every problem."""
    given = {name: environment[name.upper()] for name in (*_NEEDED, *_WELCOME) if environment.get(name.upper())}
    fields: dict[str, Any] = {name: _field(name) for name in {*_NEEDED, *given}}
    try:
        read = create_model("Known", **fields).model_validate(given)
    except ValidationError as error:
        raise BadSettings(_explained(error)) from None
    return Known({name: getattr(read, name) for name in given})


def secret_lines(environment: Mapping[str, str], *, there: str) -> dict[str, str]:
    """The secrets for a file that was asked to hold them: keys are made where neither side has any."""
    lines = {"TWILIO_AUTH_TOKEN": environment["TWILIO_AUTH_TOKEN"]}
    if environment.get("TOKEN_KEYS"):
        lines["TOKEN_KEYS"] = environment["TOKEN_KEYS"]
    elif "TOKEN_KEYS" not in _names(there):
        lines["TOKEN_KEYS"] = secrets.token_hex(32)
    return lines


def merged(text: str, settings: Mapping[str, str]) -> str:
    """The file's text with these settings: their own lines are renewed, the missing are added, no other is touched."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        found = _LINE.match(line)
        if found and found["name"] in settings:
            ending = line[len(line.rstrip("\r\n")) :]
            lines[number] = f"{found['export'] or ''}{_assigned(found['name'], settings)}{ending}"
    added = [f"{_assigned(name, settings)}\n" for name in settings if name not in _names(text)]
    if added and lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += "\n"
    return "".join([*lines, *added])


def write_env(path: Path, settings: Mapping[str, str], *, private: bool = False) -> None:
    """Renew the file in one stroke; a new one, and a private one, is for its owner only."""
    path = path.resolve()
    mode = path.stat().st_mode & 0o777 if path.exists() and not private else 0o600
    text = merged(read_env(path), settings)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8", newline="") as new:
        try:
            new.write(text)
            new.close()
            os.chmod(new.name, mode)
            os.replace(new.name, path)
        except BaseException:
            os.unlink(new.name)
            raise


def read_env(path: Path) -> str:
    """The file's text, line ends as they are; none if it is not there."""
    return path.read_bytes().decode() if path.exists() else ""


def _names(text: str) -> set[str]:
    return {found["name"] for line in text.splitlines() if (found := _LINE.match(line))}


def _assigned(name: str, settings: Mapping[str, str]) -> str:
    return f"{name}={shlex.quote(settings[name])}"


def _field(name: str) -> Any:
    field = Settings.model_fields[name]
    return (field.annotation, field)


def _explained(error: ValidationError) -> str:
    problems = [problem(found) for found in error.errors(include_url=False, include_input=False)]
    return "\n".join(["The account's settings are not usable. Set them in the environment:", "", *problems])
